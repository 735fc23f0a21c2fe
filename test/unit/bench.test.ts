import { tableLines } from "../../bench/support/print-table.ts";
import { interleaved } from "../../bench/support/rounds.ts";
import { median, percentile, ratios, verdict } from "../../bench/support/statistics.ts";

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
