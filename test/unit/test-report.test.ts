import { countBySuite, readReport, slowestTests } from "../../scripts/test-report.ts";

const file = (name: string, status: string, ...tests: readonly [status: string, duration: number | null][]) => ({
  name: `/project/test/${name}`,
  status,
  startTime: 1_000,
  endTime: 3_500,
  assertionResults: tests.map(([one, duration], index) => ({
    status: one,
    duration,
    fullName: `${name} ${String(index)}`,
  })),
});
const report = {
  testResults: [
    file("unit/events/event.test.ts", "passed", ["passed", 20], ["passed", null]),
    file("unit/scope.test.ts", "failed", ["passed", 5], ["failed", 900], ["pending", null]),
    file("stand-ins/partner/partner.test.ts", "passed", ["passed", 30]),
    file("stand-ins/host/http.test.ts", "passed", ["passed", 1_200]),
    file("e2e/api.test.ts", "failed"),
  ],
};
const below = (path: string): string => path.replace("/project/test/", "");

test("tests are counted by suite; what was skipped or could not be loaded has failed", () => {
  expect(countBySuite(report, below)).toEqual([
    { suite: "e2e", passed: 0, failed: 1, seconds: 2.5 },
    { suite: "host", passed: 1, failed: 0, seconds: 2.5 },
    { suite: "stand-ins", passed: 1, failed: 0, seconds: 2.5 },
    { suite: "unit", passed: 3, failed: 2, seconds: 5 },
  ]);
});

test("the slowest tests come first, with their file", () => {
  const slowest = slowestTests(report, 2).map(({ file: from, seconds }) => [below(from), seconds]);
  expect(slowest).toEqual([
    ["stand-ins/host/http.test.ts", 1.2],
    ["unit/scope.test.ts", 0.9],
  ]);
});

test("a run without a report, or with one that is cut off, has no results", () => {
  const missing = (): string => {
    throw new Error("ENOENT");
  };
  expect(readReport(missing)).toEqual({ testResults: [] });
  expect(readReport(() => JSON.stringify(report).slice(0, -5))).toEqual({ testResults: [] });
  expect(readReport(() => JSON.stringify(report))).toEqual(report);
});
