import type { Seen } from "./cells.ts";
import type { DeliveryCase, DeliveryGroup } from "./delivery-cases.ts";
import { tableLines } from "./print-table.ts";
import { median, ratios, verdict } from "./statistics.ts";

/** Report of a group: first what has targets, then what explains it. */
export function groupLines(group: DeliveryGroup, all: ReadonlyMap<string, readonly Seen[]>): string[] {
  const [yardstick] = group.cases;
  const raw = all.get(yardstick?.name ?? "") ?? [];
  const measured = group.cases.flatMap((one) => {
    const seen = all.get(one.name);
    return seen ? [{ one, seen }] : [];
  });
  return [
    "",
    ...tableLines(
      [group.title, "per s", "× raw", "rounds", "target", "CPU ms", "× raw", "target"],
      measured.map(({ one, seen }) => rateRow(one, seen, raw)),
    ),
    "",
    ...tableLines(
      ["", "p50 ms", "p99 ms", "× raw", "target", "peak RSS MB", "target"],
      measured.map(({ one, seen }) => latencyRow(one, seen, raw)),
    ),
    "",
    ...tableLines(
      ["cores, and table requests a delivery", "own", "sink", "tables", "foreign", "$batch", "rows", "gets", "other"],
      measured.map(({ one, seen }) => aroundRow(one, seen)),
    ),
    ...measured.flatMap(({ one, seen }) => putOffLine(one, seen)),
  ];
}

function rateRow({ name, rate, cpu }: DeliveryCase, seen: readonly Seen[], raw: readonly Seen[]): string[] {
  const perSecond = seen.map((one) => one.perSecond);
  const cpuEach = seen.map((one) => one.cpuMsEach);
  const rates = ratios(
    perSecond,
    raw.map((one) => one.perSecond),
  );
  const cpus = ratios(
    cpuEach,
    raw.map((one) => one.cpuMsEach),
  );
  return [
    name,
    median(perSecond).toFixed(0),
    median(rates).toFixed(2),
    `${Math.min(...rates).toFixed(2)}–${Math.max(...rates).toFixed(2)}`,
    verdict(median(rates), rate),
    median(cpuEach).toFixed(3),
    median(cpus).toFixed(1),
    verdict(median(cpus), cpu),
  ];
}

function latencyRow({ name, p99, rss }: DeliveryCase, seen: readonly Seen[], raw: readonly Seen[]): string[] {
  const late = seen.map((one) => one.p99Ms);
  const later = median(
    ratios(
      late,
      raw.map((one) => one.p99Ms),
    ),
  );
  const peak = median(seen.map((one) => one.peakRssMb));
  return [
    name,
    median(seen.map((one) => one.p50Ms)).toFixed(1),
    median(late).toFixed(1),
    later.toFixed(2),
    verdict(later, p99),
    peak.toFixed(0),
    verdict(peak, rss),
  ];
}

function aroundRow({ name }: DeliveryCase, seen: readonly Seen[]): string[] {
  const of = (pick: (one: Seen) => number): string => median(seen.map(pick)).toFixed(2);
  const count = (what: string): string => of((one) => one.peers.get("tables")?.each[what] ?? 0);
  return [
    name,
    of((one) => one.cpuMs / 1_000 / one.seconds),
    of((one) => one.peers.get("sink")?.cores ?? 0),
    of((one) => (one.peers.get("tables") ?? one.peers.get("redis"))?.cores ?? 0),
    of((one) => one.foreignCores),
    count("batches"),
    count("rows"),
    count("gets"),
    of((one) => (one.peers.get("tables")?.each["queries"] ?? 0) + (one.peers.get("tables")?.each["singles"] ?? 0)),
  ];
}

function putOffLine({ name }: DeliveryCase, seen: readonly Seen[]): string[] {
  const count = seen.reduce((sum, one) => sum + one.putOff, 0);
  return count === 0 ? [] : [`${name}: ${String(count)} deliveries found no slot free, as the machine stalled.`];
}
