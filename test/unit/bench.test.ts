import type { Seen } from "../../bench/support/cells.ts";
import { groupLines } from "../../bench/support/group-lines.ts";
import { tableLines } from "../../bench/support/print-table.ts";
import { interleaved } from "../../bench/support/rounds.ts";
import { atLeast, atMost, median, percentile, ratios, verdict } from "../../bench/support/statistics.ts";

it("takes medians and percentiles whatever the order, and says that there is none of nothing", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(percentile([4, 1, 3, 2], 0)).toBe(1);
  expect(percentile([4, 1, 3, 2], 0.99)).toBe(4);
  expect(median([])).toBeNaN();
});

it("compares each round with the yardstick of the same round", () => {
  expect(median(ratios([50, 20, 30], [100, 80, 50]))).toBe(0.5);
});

it.each([
  [0.33, { is: "at-least", value: 0.33 }, "≥ 0.33: ok"],
  [0.32, { is: "at-least", value: 0.33 }, "≥ 0.33: short"],
  [4.5, { is: "at-most", value: 4.5 }, "≤ 4.5: ok"],
  [4.6, { is: "at-most", value: 4.5 }, "≤ 4.5: short"],
  [1, undefined, ""],
] as const)("says of %d whether it meets its target", (value, target, text) => {
  expect(verdict(value, target)).toBe(text);
});

it("prints columns under their headings", () => {
  expect(
    tableLines(
      ["cell", "× raw"],
      [
        ["raw", "1.00"],
        ["rows, 1 scope", "0.25"],
      ],
    ),
  ).toEqual(["cell           × raw", "raw             1.00", "rows, 1 scope   0.25"]);
});

it("runs cases in turn, every second round in reverse, and those with fewer rounds no more than that", async () => {
  const order: string[] = [];
  const cases = [
    { name: "a", rounds: 3 },
    { name: "b", rounds: 1 },
    { name: "c", rounds: 2 },
  ];
  const seen = await interleaved(cases, ({ name }, round) => {
    order.push(name);
    return Promise.resolve(round);
  });
  expect(order.join("")).toBe("abc" + "ca" + "a");
  expect(seen.get("a")).toEqual([0, 1, 2]);
  expect(seen.get("b")).toEqual([0]);
});

it("reports each case beside the yardstick, with what was promised of it and what stood around it", () => {
  const seen = (perSecond: number, more: Partial<Seen> = {}): Seen => ({
    count: perSecond,
    putOff: 0,
    seconds: 1,
    cpuMs: 1_000,
    p50Ms: 1,
    p99Ms: 2,
    peakRssMb: 200,
    perSecond,
    cpuMsEach: 1_000 / perSecond,
    peers: new Map([["tables", { cores: 0.25, each: { batches: 0.5, rows: 5 } }]]),
    foreignCores: 0.125,
    ...more,
  });
  const cases = [
    { name: "raw", cell: "raw" },
    { name: "rows", cell: "delivery", rate: atLeast(0.25), cpu: atMost(4.5), p99: atMost(1.4), rss: atMost(280) },
    { name: "not here", cell: "bullmq" },
  ] as const;
  const lines = groupLines(
    { title: "at once", path: "/in", inFlight: 64, cases },
    new Map([
      ["raw", [seen(10_000), seen(20_000), seen(10_000)]],
      ["rows", [seen(2_000), seen(8_000, { p99Ms: 3, putOff: 2 }), seen(3_000, { p99Ms: 5 })]],
    ]),
  );
  const row = lines.filter((line) => line.startsWith("rows")).map((line) => line.replaceAll(/ {2,}/g, " | "));
  expect(row).toEqual([
    "rows | 3000 | 0.30 | 0.20–0.40 | ≥ 0.25: ok | 0.333 | 3.3 | ≤ 4.5: ok",
    "rows | 1.0 | 3.0 | 1.50 | ≤ 1.4: short | 200 | ≤ 280: ok",
    "rows | 1.00 | 0.00 | 0.25 | 0.13 | 0.50 | 5.00 | 0.00 | 0.00",
    "rows: 2 deliveries found no slot free, as the machine stalled.",
  ]);
  expect(lines.join("\n")).not.toContain("not here");
});
