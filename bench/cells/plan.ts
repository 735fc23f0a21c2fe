import * as z from "zod";

const deliverySchema = z.object({
  /** Whether a delivery writes its rows. */
  rows: z.boolean(),
  credential: z.boolean(),
  scopes: z.number(),
  /** Additional webhooks per scope that match no event. */
  idleWebhooks: z.number().default(0),
  /** Size of an attribute that the body includes; 0 for an ordinary body. */
  textBytes: z.number().default(0),
});
export type DeliveryPlan = z.input<typeof deliverySchema>;

const logSchema = z.object({
  /** Deliveries in the log already, and to be there. */
  from: z.number(),
  to: z.number(),
  filter: z.string(),
});

/** What one measured process does. */
export const planSchema = z.object({
  cell: z.enum(["raw", "delivery", "sample", "log", "bullmq"]),
  /** Port of the sink, and the path to POST to. */
  sinkPort: z.number(),
  path: z.string(),
  /** Connection string of the table service. */
  tables: z.string(),
  /** File of the key that seals secrets. */
  keyFile: z.string(),
  /** Calls open at any time (closed loop). */
  inFlight: z.number(),
  warmUpMs: z.number(),
  measureMs: z.number(),
  /** Where to write a CPU profile of the measured time. */
  profile: z.string().optional(),
  redisPort: z.number().optional(),
  delivery: deliverySchema.optional(),
  log: logSchema.optional(),
});
/** A plan as it is sent, defaults left out. */
export type PlanInput = z.input<typeof planSchema>;
export type Plan = z.infer<typeof planSchema>;

/** What a measured process reports, over the measured time. */
export const resultSchema = z.object({
  count: z.number(),
  /** Calls that ended without doing their work. */
  putOff: z.number(),
  seconds: z.number(),
  cpuMs: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Since the process started. */
  peakRssMb: z.number(),
});
export type Result = z.infer<typeof resultSchema>;

/** What a measured process does again and again. */
export interface Cell {
  /** One call of the given worker (from 0), resolved when it is entirely done. */
  readonly call: (worker: number) => Promise<void>;
  /** Calls so far that ended without doing their work. */
  readonly putOff?: () => number;
}
