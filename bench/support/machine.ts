import { cpus, freemem, totalmem } from "node:os";
import { setTimeout as pass } from "node:timers/promises";

/** CPU time the whole machine has used since boot, in milliseconds. */
export function machineBusyMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

const LOOK_MS = 400;
const QUIET_CORES = 0.2;

/** Waits until less than 0.2 cores are busy for 0.4 s, or `limitMs` have passed. */
export async function quietMachine(limitMs: number): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    const before = machineBusyMs();
    await pass(LOOK_MS);
    if ((machineBusyMs() - before) / LOOK_MS < QUIET_CORES || performance.now() > until) return;
  }
}

/** The machine, for the head of a report. */
export function machineLine(): string {
  const [{ model } = { model: "unknown" }, ...others] = cpus();
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  return `${String(others.length + 1)} × ${model.trim()}, ${gigabytes(totalmem())} GB of memory (${gigabytes(freemem())} free), ${process.platform} ${process.arch}, Node ${process.version}`;
}
