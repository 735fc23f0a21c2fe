import * as z from "zod";
import type { Answered } from "./answer.ts";
import { EVENT_TYPES } from "./event-types.ts";
import { FAULT_KINDS, faultSchema } from "./fault.ts";
import { orUnknown } from "./unknown.ts";
import { pageOf, pageQuery } from "./page.ts";
import { parseTime } from "./rfc3339.ts";
import { timeSchema } from "./time.ts";

export const DELIVERY_STATES = ["pending", "delivered", "retrying", "waiting", "failed", "canceled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/**
 * Why an attempt was made: its event came (`first`), the schedule says so (`retry`), a person asked for it (`manual`), it is one of many
 * that are sent again (`replay`), what kept it waiting has ended (`release`), or it is to find out whether a receiver answers again (`probe`).
 */
export const TRIGGERS = ["first", "retry", "manual", "replay", "release", "probe"] as const;
export type Trigger = (typeof TRIGGERS)[number];

/** Query of the list; of several values of a filter any one will do. */
export const deliveryQuery = z.strictObject({
  webhookId: z.string().optional(),
  state: someOf(DELIVERY_STATES).optional(),
  eventType: someOf(EVENT_TYPES).optional(),
  /** Kinds of the present reason. */
  fault: someOf(FAULT_KINDS).optional(),
  eventId: z.string().optional(),
  /** A `memberId`, by its digits if it is a number, or a `memberEmail` in any letter case. */
  member: z.string().optional(),
  /** Created at this time or later. */
  from: queryTime().optional(),
  /** Created before this time. */
  to: queryTime().optional(),
  ...pageQuery.shape,
});

export type DeliveryListQuery = Readonly<z.output<typeof deliveryQuery>>;

/** A comma-separated list of words. */
function someOf<const Word extends string>(
  words: readonly Word[],
): z.ZodPipe<z.ZodString, z.ZodTransform<Word[], string>> {
  return z.string().transform((text, context) =>
    text.split(",").flatMap((name) => {
      const word = words.find((one) => one === name);
      if (word !== undefined) return [word];
      context.addIssue(`must be one or more of ${words.join(", ")}, separated by commas.`);
      return [];
    }),
  );
}

function queryTime(): z.ZodPipe<z.ZodString, z.ZodTransform<Date, string>> {
  return z.string().transform((text, context) => {
    const at = parseTime(text);
    if (at === undefined) context.addIssue("must be a time as in RFC 3339, with its zone.");
    return at ?? new Date(Number.NaN);
  });
}

const common = {
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  eventType: orUnknown(EVENT_TYPES),
  eventTime: timeSchema,
  state: orUnknown(DELIVERY_STATES),
  createdAt: timeSchema,
  nextAttemptAt: timeSchema.nullable(),
  reason: faultSchema.nullable(),
};

const headers = z.array(z.strictObject({ key: z.string(), value: z.string() }));

/** One attempt: what was sent and what came back, secrets and tokens shown as `•••`. */
const attemptAnswer = z.strictObject({
  /** From 1. */
  number: z.int(),
  trigger: orUnknown(TRIGGERS),
  startedAt: timeSchema,
  durationMs: z.number(),
  outcome: orUnknown(["delivered", "failed"]),
  /** An earlier run of this attempt may have reached the receiver before it crashed. */
  mayBeRepeat: z.boolean(),
  fault: faultSchema.exactOptional(),
  /** Absent when the template gave no request. */
  request: z.strictObject({ method: z.string(), url: z.string(), headers, body: z.string() }).exactOptional(),
  response: z.strictObject({ status: z.int(), headers, body: z.string(), truncated: z.boolean() }).exactOptional(),
  timings: z.strictObject({
    tokenMs: z.number().exactOptional(),
    connectMs: z.number().exactOptional(),
    firstByteMs: z.number().exactOptional(),
  }),
});

export type AttemptAnswer = Answered<z.output<typeof attemptAnswer>>;

/** A delivery with its attempts, in order of number. */
export const deliveryAnswer = z.strictObject({
  ...common,
  attempts: z.array(attemptAnswer),
  /** The event as it came, numbers with their digits; null when it is not kept any more. */
  event: z.unknown(),
});

export type DeliveryAnswer = Answered<z.output<typeof deliveryAnswer>>;

/** A delivery in a list. */
export const deliveryItem = z.strictObject({
  ...common,
  attemptCount: z.int(),
  lastStatus: z.int().nullable(),
  lastDurationMs: z.number().nullable(),
});
export type DeliveryItem = Answered<z.output<typeof deliveryItem>>;

export const deliveryPage = pageOf(deliveryItem);
