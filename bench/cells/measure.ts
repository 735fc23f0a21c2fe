import { percentile } from "../support/statistics.ts";
import type { Cell, Plan, Result } from "./plan.ts";
import { startProfile } from "./profile.ts";

/**
 * Keeps `inFlight` calls open, first to warm up, then to count. Tells the parent when counting begins and ends, so that it can read the other
 * processes' usage over the same time.
 */
export async function measure(
  cell: Cell,
  { inFlight, warmUpMs, measureMs, profile }: Pick<Plan, "inFlight" | "warmUpMs" | "measureMs" | "profile">,
): Promise<Result> {
  const putOff = cell.putOff ?? (() => 0);
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
  // Rejects as soon as a worker fails.
  await Promise.race([workers, after(warmUpMs)]);
  const counted: number[] = [];
  latencies = counted;
  const stopProfile = profile === undefined ? undefined : startProfile(profile);
  const start = performance.now();
  const putOffBefore = putOff();
  const cpu = process.cpuUsage();
  process.send?.({ kind: "begin" });
  do await Promise.race([workers, after(measureMs)]);
  while (counted.length === 0);
  const { user, system } = process.cpuUsage(cpu);
  process.send?.({ kind: "end" });
  const seconds = (performance.now() - start) / 1_000;
  latencies = undefined;
  await stopProfile?.();
  const result = {
    count: counted.length,
    putOff: putOff() - putOffBefore,
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
