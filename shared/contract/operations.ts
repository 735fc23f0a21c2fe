import * as z from "zod";
import type { Answered } from "./answer.ts";
import { timeSchema } from "./time.ts";

/** `GET /api/health`. */
export const healthAnswer = z.strictObject({ status: z.literal("alive"), version: z.string() });

/** How one check ended. */
const check = {
  ok: z.boolean(),
  /** How long it took, in milliseconds. */
  ms: z.number(),
  /** Why it failed; absent when it did not. */
  reason: z.string().exactOptional(),
};

/** Query of `GET /api/health/ready`: `client` narrows it to one client. */
export const readinessQuery = z.strictObject({ client: z.string().optional() });

/** `GET /api/health/ready`: whether the app could do its work just now. */
export const readinessAnswer = z.strictObject({
  status: z.enum(["ready", "not-ready"]),
  version: z.string(),
  checkedAt: timeSchema,
  checks: z.array(z.strictObject({ name: z.enum(["tables", "key"]), ...check })),
  clients: z.array(
    z.strictObject({
      client: z.string(),
      /** Name of the function that delivers its events. */
      function: z.string(),
      bus: z.strictObject(check),
      /** When that function last handled a message; null when it never did, or when the tables cannot be read. */
      lastRanAt: timeSchema.nullable(),
    }),
  ),
});

export type ReadinessAnswer = Answered<z.output<typeof readinessAnswer>>;

/** `POST …/canaries`: an event of no member on its way. Its delivery is found by the event's id. */
export const canaryAnswer = z.strictObject({ eventId: z.string(), publishedAt: timeSchema });

export type CanaryAnswer = Answered<z.output<typeof canaryAnswer>>;
