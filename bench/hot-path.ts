import { join } from "node:path";
import type { BenchOptions } from "./support/bench.ts";
import { openCells } from "./support/cells.ts";
import type { Seen } from "./support/cells.ts";
import { DELIVERY_CASES, planOf } from "./support/delivery-cases.ts";
import type { DeliveryCase } from "./support/delivery-cases.ts";
import { tableLines } from "./support/print-table.ts";
import { interleaved } from "./support/rounds.ts";
import { median, ratios, verdict } from "./support/statistics.ts";
import { openSurroundings, peersOf } from "./support/surroundings.ts";

const IN_FLIGHT = 64;

interface Case extends DeliveryCase {
  readonly rounds: number;
}

/**
 * Deliveries a second and what each costs the processor, beside a bare POST: one process, 64 in flight, a receiver that answers at once over TLS.
 * With rows, a delivery counts once its rows are durable.
 */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const surroundings = await openSurroundings();
  try {
    const root = join(import.meta.dirname, "..");
    const cells = await openCells({ root, ca: surroundings.ca, patienceMs: quick ? 5_000 : 60_000 });
    const load = {
      path: "/in",
      inFlight: IN_FLIGHT,
      warmUpMs: quick ? 1_500 : 3_000,
      measureMs: quick ? 1_500 : 2_500,
    };
    const cases = DELIVERY_CASES.map((one): Case => ({ ...one, rounds: quick ? 1 : 5 }));
    const seen = await interleaved(cases, (one) => cells.run(planOf(one, load, surroundings), peersOf(surroundings)));
    print(...report(cases, seen));
  } finally {
    await surroundings.close();
  }
}

function report(cases: readonly Case[], seen: ReadonlyMap<string, readonly Seen[]>): string[] {
  const raw = seen.get("raw") ?? [];
  const rows = cases.map(({ name, rate, cpu }) => {
    const mine = seen.get(name) ?? [];
    const of = (pick: (one: Seen) => number): number => median(mine.map(pick));
    const rates = ratios(
      mine.map((one) => one.perSecond),
      raw.map((one) => one.perSecond),
    );
    const cpus = ratios(
      mine.map((one) => one.cpuMsEach),
      raw.map((one) => one.cpuMsEach),
    );
    return [
      name,
      of((one) => one.perSecond).toFixed(0),
      median(rates).toFixed(2),
      `${Math.min(...rates).toFixed(2)}–${Math.max(...rates).toFixed(2)}`,
      verdict(median(rates), rate),
      of((one) => one.cpuMsEach).toFixed(3),
      median(cpus).toFixed(1),
      verdict(median(cpus), cpu),
      of((one) => one.p50Ms).toFixed(1),
      of((one) => one.p99Ms).toFixed(1),
      of((one) => one.peakRssMb).toFixed(0),
      of((one) => one.peers.get("sink")?.cores ?? 0).toFixed(2),
      of((one) => one.peers.get("tables")?.cores ?? 0).toFixed(2),
      of((one) => one.peers.get("tables")?.each["batches"] ?? 0).toFixed(2),
      of((one) => one.peers.get("tables")?.each["rows"] ?? 0).toFixed(1),
      of((one) => one.foreignCores).toFixed(2),
    ];
  });
  const heading = [
    "64 in flight, 0 ms",
    "per s",
    "× raw",
    "rounds",
    "target",
    "CPU ms",
    "× raw",
    "target",
    "p50 ms",
    "p99 ms",
    "RSS MB",
    "sink",
    "tables",
    "$batch each",
    "rows each",
    "foreign",
  ];
  const putOff = [...seen].flatMap(([name, all]) => {
    const count = all.reduce((sum, one) => sum + one.putOff, 0);
    return count === 0 ? [] : [`${name}: ${String(count)} deliveries found no slot free, as the machine stalled.`];
  });
  return [...tableLines(heading, rows), ...putOff];
}
