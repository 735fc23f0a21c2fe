/**
 * A measured process: gets its plan as a message, keeps so many calls open, first to warm up and then while it counts, says when it begins to count
 * and what it counted.
 */
import { percentile } from "../support/statistics.ts";
import { deliveryCall } from "./delivery.ts";
import { planSchema } from "./plan.ts";
import type { Cell, Plan, Result } from "./plan.ts";
import { startProfile } from "./profile.ts";
import { rawCall } from "./raw.ts";

const KINDS: Readonly<Record<Plan["cell"], (plan: Plan) => Promise<Cell>>> = { raw: rawCall, delivery: deliveryCall };

process.once("message", (message) => {
  const plan = planSchema.parse(message);
  KINDS[plan.cell](plan)
    .then((cell) => measure(cell, plan))
    .then((result) => process.send?.({ kind: "result", result }, () => process.exit(0)))
    .catch((error: unknown) => {
      console.error(error);
      process.exit(1);
    });
});

async function measure(cell: Cell, { inFlight, warmUpMs, measureMs, profile }: Plan): Promise<Result> {
  let latencies: number[] | undefined;
  let over = false;
  const work = async (worker: number): Promise<void> => {
    while (!over) {
      const start = performance.now();
      await cell.call(worker);
      latencies?.push(performance.now() - start);
    }
  };
  const workers = Promise.all(Array.from({ length: inFlight }, (_, worker) => work(worker)));
  // A worker that fails ends the cell at once, also while it is waited for the time to pass.
  await Promise.race([workers, after(warmUpMs)]);
  const counted: number[] = [];
  latencies = counted;
  const stopProfile = profile === undefined ? undefined : startProfile(profile);
  const start = performance.now();
  const putOff = cell.putOff();
  const cpu = process.cpuUsage();
  process.send?.({ kind: "begin" });
  await Promise.race([workers, after(measureMs)]);
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ kind: "end" });
  const seconds = (performance.now() - start) / 1_000;
  latencies = undefined;
  await stopProfile?.();
  const result = {
    count: counted.length,
    putOff: cell.putOff() - putOff,
    seconds,
    cpuMs: (user + system) / 1_000,
    p50Ms: percentile(counted, 0.5),
    p99Ms: percentile(counted, 0.99),
    peakRssMb: process.resourceUsage().maxRSS / 1_024,
  };
  over = true;
  await workers;
  return result;
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
