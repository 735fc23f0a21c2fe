/** What the third party can be told over its control API: how receivers and token endpoints answer. */
import * as z from "zod";

const pairs = z.array(z.tuple([z.string(), z.string()]));

/** How often a fault happens: `times` requests (for ever when absent); `perDelivery` counts for each `webhook-id` by itself. */
const often = { times: z.int().min(0).optional(), perDelivery: z.boolean().optional() };

const faultSchema = z.discriminatedUnion("kind", [
  /** Answers this status. `retryAfter`: the header's value, seconds or an HTTP date. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    retryAfter: z.union([z.string(), z.number()]).optional(),
    headers: pairs.default([]),
    body: z.string().default(""),
    ...often,
  }),
  /** Takes the request and never answers. */
  z.strictObject({ kind: z.literal("hang"), ...often }),
  /** Answers `status`, then `bytes` bytes of body, one every `everyMs` milliseconds. */
  z.strictObject({
    kind: z.literal("drip"),
    status: z.int().min(200).max(599).default(200),
    bytes: z.int().min(1).default(1000),
    everyMs: z.int().min(1).default(100),
    ...often,
  }),
  /** Resets the TCP connection, without reading the body (which then is not recorded) or after it. */
  z.strictObject({
    kind: z.literal("reset"),
    when: z.enum(["before-reading", "after-reading"]).default("after-reading"),
    ...often,
  }),
  /** Answers 429 to what is more than `perSecond` requests in any second; `retryAfter` in seconds. */
  z.strictObject({
    kind: z.literal("throttle"),
    perSecond: z.int().min(0),
    retryAfter: z.int().min(0).optional(),
    ...often,
  }),
  /** Answers 200 with the request's headers and body in a JSON body: what a careless third party does with secrets. */
  z.strictObject({ kind: z.literal("echo"), ...often }),
  /** Answers 200 and a body of `bytes` bytes. */
  z.strictObject({ kind: z.literal("huge"), bytes: z.int().min(1), ...often }),
  /** Answers 200 and a small gzip body that unpacks to `bytes` bytes (in steps of 10 MB). */
  z.strictObject({ kind: z.literal("gzip-bomb"), bytes: z.int().min(1), ...often }),
  /** Writes these bytes of an answer (Latin-1) as they are, each piece in a segment of its own, and then ends, resets or keeps the connection; one that was kept answers no more. */
  z.strictObject({
    kind: z.literal("raw"),
    pieces: z.array(z.string()).min(1),
    then: z.enum(["end", "reset", "keep"]).default("end"),
    ...often,
  }),
  /** Sends elsewhere. */
  z.strictObject({
    kind: z.literal("redirect"),
    status: z.int().min(300).max(399).default(302),
    location: z.string(),
    ...often,
  }),
]);

/** A receiver: `/in/<name>` and every path below. Without any setting it takes everything and answers 200. */
export const receiverSchema = z.strictObject({
  /** Token demanded: issued by the token endpoint of that name, in that header behind that prefix. */
  auth: z
    .strictObject({
      token: z.string(),
      header: z.string().default("Authorization"),
      prefix: z.string().default("Bearer "),
    })
    .optional(),
  /** The first fault whose turn it is answers; faults come before the token is looked at. */
  faults: z.array(faultSchema).default([]),
  /** The answer when nothing is wrong. */
  answer: z
    .strictObject({
      status: z.int().min(200).max(599).default(200),
      headers: pairs.default([]),
      body: z.string().default(""),
    })
    .prefault({}),
});

/** A token endpoint: `/oauth/token/<name>` (and `/oauth/token` for the name `default`). Without `expect` it takes every request. */
export const tokenSchema = z.strictObject({
  /** What the request must be; what is absent is not checked. */
  expect: z
    .strictObject({
      method: z.enum(["GET", "POST"]).optional(),
      /** Media type, without parameters. */
      contentType: z.string().optional(),
      /** Exactly these body pairs, in any order; a JSON body must be one object of texts. */
      body: pairs.optional(),
      /** Exactly these query pairs, in any order. */
      query: pairs.optional(),
      /** These headers, among others. */
      headers: pairs.default([]),
    })
    .prefault({}),
  answer: z
    .strictObject({
      /** A fixed token; a random one each time when absent. */
      token: z.string().optional(),
      /** Seconds until the token is refused, and what the answer says. */
      expiresIn: z.number().positive().default(3600),
      type: z.string().default("Bearer"),
      /** Dotted paths of the three in the answer; null leaves it out. */
      tokenPath: z.string().default("access_token"),
      expiresInPath: z.string().nullable().default("expires_in"),
      typePath: z.string().nullable().default("token_type"),
      /** `expires_in` as text, as some providers send it. */
      expiresInAsText: z.boolean().default(false),
    })
    .prefault({}),
  faults: z.array(faultSchema).default([]),
});

export type Pair = readonly [string, string];
export type Fault = z.output<typeof faultSchema>;
export type Receiver = z.output<typeof receiverSchema>;
export type TokenEndpoint = z.output<typeof tokenSchema>;
/** What a caller of the control API writes: everything that has a default may be left out. */
export type ReceiverSettings = z.input<typeof receiverSchema>;
export type TokenSettings = z.input<typeof tokenSchema>;
