import * as z from "zod";

/** What one measured process does. */
export const planSchema = z.object({
  cell: z.enum(["raw", "delivery"]),
  /** Port of the sink and the path that is posted to. */
  sinkPort: z.number(),
  path: z.string(),
  /** Calls that are open at any time; each is followed by the next. */
  inFlight: z.number(),
  warmUpMs: z.number(),
  measureMs: z.number(),
  /** File for a profile of the measured time; none by default. */
  profile: z.string().optional(),
  /** Only where deliveries are measured. */
  delivery: z
    .object({
      rows: z.boolean(),
      credential: z.boolean(),
      scopes: z.number(),
      tables: z.string(),
      keyFile: z.string(),
    })
    .optional(),
});
export type Plan = z.infer<typeof planSchema>;

/** What a measured process says of itself, all of it over the measured time. */
export const resultSchema = z.object({
  count: z.number(),
  /** Calls that ended without doing their work. */
  putOff: z.number(),
  seconds: z.number(),
  cpuMs: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  /** Since the process began. */
  peakRssMb: z.number(),
});
export type Result = z.infer<typeof resultSchema>;

/** What a measured process does again and again. */
export interface Cell {
  /** One call of a worker, counted from 0, from its beginning to its very end. */
  readonly call: (worker: number) => Promise<void>;
  /** How many calls have ended so far without doing their work. */
  readonly putOff: () => number;
}
