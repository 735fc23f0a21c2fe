/** The settings that the control API takes: how receivers and token endpoints answer. */
import * as z from "zod";

const pairs = z.array(z.tuple([z.string(), z.string()]));

/** How often a fault plays: on `times` requests (always when absent); `perDelivery` counts each `webhook-id` separately. */
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
  /** Accepts the request and never answers. */
  z.strictObject({ kind: z.literal("hang"), ...often }),
  /** Answers `status`, then `bytes` bytes of body, one every `everyMs` milliseconds. */
  z.strictObject({
    kind: z.literal("drip"),
    status: z.int().min(200).max(599).default(200),
    bytes: z.int().min(1).default(1000),
    everyMs: z.int().min(1).default(100),
    ...often,
  }),
  /** Resets the TCP connection, before the body is read (it is not recorded then) or after. */
  z.strictObject({
    kind: z.literal("reset"),
    when: z.enum(["before-reading", "after-reading"]).default("after-reading"),
    ...often,
  }),
  /** Answers 429 beyond `perSecond` requests in any second; `retryAfter` in seconds. */
  z.strictObject({
    kind: z.literal("throttle"),
    perSecond: z.int().min(0),
    retryAfter: z.int().min(0).optional(),
    ...often,
  }),
  /** Answers 200 and echoes the request's headers and body as JSON, as a careless third party does with secrets. */
  z.strictObject({ kind: z.literal("echo"), ...often }),
  /** Answers 200 and a body of `bytes` bytes. */
  z.strictObject({ kind: z.literal("huge"), bytes: z.int().min(1), ...often }),
  /** Answers 200 and a small gzip body that unpacks to `bytes` bytes (in steps of 10 MB). */
  z.strictObject({ kind: z.literal("gzip-bomb"), bytes: z.int().min(1), ...often }),
  /** Writes raw bytes (Latin-1), each piece in its own segment, then ends, resets or keeps the connection; one that was kept answers nothing further. */
  z.strictObject({
    kind: z.literal("raw"),
    pieces: z.array(z.string()).min(1),
    then: z.enum(["end", "reset", "keep"]).default("end"),
    ...often,
  }),
  /** Redirects. */
  z.strictObject({
    kind: z.literal("redirect"),
    status: z.int().min(300).max(399).default(302),
    location: z.string(),
    ...often,
  }),
]);

/** A receiver: `/in/<name>` and every path below. By default it accepts everything and answers 200. */
export const receiverSchema = z.strictObject({
  /** Requires a token issued by the token endpoint of that name, in that header, after that prefix. */
  auth: z
    .strictObject({
      token: z.string(),
      header: z.string().default("Authorization"),
      prefix: z.string().default("Bearer "),
    })
    .optional(),
  /** The first that applies answers, before the token is checked. */
  faults: z.array(faultSchema).default([]),
  /** The answer to an accepted request. */
  answer: z
    .strictObject({
      status: z.int().min(200).max(599).default(200),
      headers: pairs.default([]),
      body: z.string().default(""),
    })
    .prefault({}),
});

/** A token endpoint: `/oauth/token/<name>` (and `/oauth/token` for the name `default`). Without `expect` it accepts every request. */
export const tokenSchema = z.strictObject({
  /** What the request must have; what is absent is not checked. */
  expect: z
    .strictObject({
      method: z.enum(["GET", "POST"]).optional(),
      /** Media type, without parameters. */
      contentType: z.string().optional(),
      /** Exactly these body pairs, in any order; a JSON body must be an object of strings. */
      body: pairs.optional(),
      /** Exactly these query pairs, in any order. */
      query: pairs.optional(),
      /** These headers, among others. */
      headers: pairs.default([]),
    })
    .prefault({}),
  answer: z
    .strictObject({
      /** A fixed token; by default a random one each time. */
      token: z.string().optional(),
      /** Lifetime of the token in seconds, which is also what the answer says. */
      expiresIn: z.number().positive().default(3600),
      type: z.string().default("Bearer"),
      /** Dotted paths in the answer; null leaves the field out. */
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
/** As written by a caller of the control API: fields with defaults are optional. */
export type ReceiverSettings = z.input<typeof receiverSchema>;
export type TokenSettings = z.input<typeof tokenSchema>;
