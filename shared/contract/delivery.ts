import * as z from "zod";
import type { Answered } from "./answer.ts";
import { EVENT_TYPES } from "./event-types.ts";
import { faultSchema } from "./fault.ts";
import { pageOf, pageQuery } from "./page.ts";
import { timeSchema } from "./time.ts";

export const DELIVERY_STATES = ["pending", "delivered", "retrying", "waiting", "failed", "canceled"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Query of the list. */
export const deliveryQuery = z.strictObject({
  webhookId: z.string().optional(),
  state: z.enum(DELIVERY_STATES, `must be one of ${DELIVERY_STATES.join(", ")}.`).optional(),
  eventId: z.string().optional(),
  ...pageQuery.shape,
});

export type DeliveryListQuery = Readonly<z.output<typeof deliveryQuery>>;

const common = {
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  eventType: z.enum(EVENT_TYPES),
  state: z.enum(DELIVERY_STATES),
  createdAt: timeSchema,
  nextAttemptAt: timeSchema.nullable(),
  reason: faultSchema.nullable(),
};

const headers = z.array(z.strictObject({ key: z.string(), value: z.string() }));

/** One attempt: what was sent and what came back, secrets and tokens shown as `•••`. */
const attemptAnswer = z.strictObject({
  /** From 1. */
  number: z.int(),
  startedAt: timeSchema,
  durationMs: z.number(),
  outcome: z.enum(["delivered", "failed"]),
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
export const deliveryAnswer = z.strictObject({ ...common, attempts: z.array(attemptAnswer) });

export type DeliveryAnswer = Answered<z.output<typeof deliveryAnswer>>;

/** A delivery in a list. */
export const deliveryItem = z.strictObject({ ...common, attemptCount: z.int() });
export type DeliveryItem = Answered<z.output<typeof deliveryItem>>;

export const deliveryPage = pageOf(deliveryItem);
