import { join } from "node:path";
import type { DeliveryPlan, PlanInput } from "./cells/plan.ts";
import type { BenchOptions } from "./support/bench.ts";
import { openCells } from "./support/cells.ts";
import type { Cells, Seen } from "./support/cells.ts";
import { LOG_FILTERS } from "./support/log-filters.ts";
import { tableLines } from "./support/print-table.ts";
import { interleaved } from "./support/rounds.ts";
import { median, ratios } from "./support/statistics.ts";
import { openSurroundings } from "./support/surroundings.ts";
import type { Surroundings } from "./support/surroundings.ts";

const ROUNDS = 3;
const TIMES = { warmUpMs: 1_200, measureMs: 1_000 };
const QUICK_TIMES = { warmUpMs: 500, measureMs: 500 };
const PAGE_TIMES = { warmUpMs: 200, measureMs: 400 };
const LOG_SIZES = [1_000, 10_000, 100_000];

const alone: DeliveryPlan = { rows: true, credential: true, scopes: 1 };
const LADDERS = [
  {
    title: "webhooks in the scope, of which 4 take events",
    inFlight: 16,
    steps: [4, 50, 500].map((count) => ({ name: String(count), delivery: { ...alone, idleWebhooks: count - 4 } })),
  },
  {
    title: "body",
    inFlight: 4,
    steps: [1, 20, 200].map((kilobytes) => ({
      name: `${String(kilobytes)} KB`,
      delivery: { ...alone, textBytes: kilobytes * 1_024 },
    })),
  },
];

/** How cost grows with the webhooks of a scope, the size of a body and the length of the log; each step next to the first. */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const surroundings = await openSurroundings();
  try {
    const root = join(import.meta.dirname, "..");
    const cells = await openCells({ root, ca: surroundings.ca, patienceMs: quick ? 0 : 5_000 });
    for (const { title, inFlight, steps } of LADDERS) {
      const rounds = quick ? 1 : ROUNDS;
      const seen = await interleaved(
        steps.map((step) => ({ ...step, rounds })),
        ({ delivery }) => {
          const plan = { ...planFor("delivery", surroundings), ...(quick ? QUICK_TIMES : TIMES), inFlight, delivery };
          return cells.run(plan, peersOf(surroundings));
        },
      );
      print("", ...ladderLines(title, [...seen]));
    }
    print("", ...(await logLines(quick ? LOG_SIZES.slice(0, 1) : LOG_SIZES, cells, surroundings)));
  } finally {
    await surroundings.close();
  }
}

function planFor(
  cell: "delivery" | "log",
  { sink, tables, keyFile }: Surroundings,
): Omit<PlanInput, "inFlight" | "warmUpMs" | "measureMs"> {
  return { cell, sinkPort: sink.port, path: "/in", tables: tables.connectionString, keyFile };
}

function peersOf({ sink, tables }: Surroundings): Parameters<Cells["run"]>[1] {
  return new Map([
    ["sink", sink],
    ["tables", tables],
  ]);
}

function ladderLines(title: string, steps: readonly (readonly [string, readonly Seen[]])[]): string[] {
  const first = steps[0]?.[1] ?? [];
  const rows = steps.map(([name, seen]) => {
    const cpus = seen.map((one) => one.cpuMsEach);
    const growth = ratios(
      cpus,
      first.map((one) => one.cpuMsEach),
    );
    return [
      name,
      median(seen.map((one) => one.perSecond)).toFixed(0),
      median(cpus).toFixed(3),
      median(growth).toFixed(2),
    ];
  });
  return tableLines([title, "per s", "CPU ms", "× first"], rows);
}

/** Table requests and time for the first page of 50, as the log grows. */
async function logLines(sizes: readonly number[], cells: Cells, surroundings: Surroundings): Promise<string[]> {
  await surroundings.tables.reset();
  const rows: string[][] = [];
  let from = 0;
  for (const to of sizes) {
    for (const filter of Object.values(LOG_FILTERS)) {
      const plan = { ...planFor("log", surroundings), ...PAGE_TIMES, inFlight: 1, log: { from, to, filter } };
      const { p50Ms, peers } = await cells.run(plan, peersOf(surroundings), true);
      const each = peers.get("tables")?.each ?? {};
      rows.push([
        `${String(to)}, ${filter}`,
        each["queries"]?.toFixed(2) ?? "",
        each["gets"]?.toFixed(2) ?? "",
        p50Ms.toFixed(1),
      ]);
      from = to;
    }
  }
  return tableLines(["deliveries in the log, first page of", "queries", "gets", "ms"], rows);
}
