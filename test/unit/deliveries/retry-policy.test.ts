import { RETRY_WAITS_MS, retryWaitMs } from "../../../shared/core/deliveries/retry-policy.ts";

const HOUR_MS = 3_600_000;
const sum = (waits: readonly number[]): number => waits.reduce((all, wait) => all + wait, 0);

test("the standard policy has 12 waits, about 76 hours in total", () => {
  expect(RETRY_WAITS_MS.standard.map((wait) => wait / 1000)).toEqual([
    5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400,
  ]);
  expect(sum(RETRY_WAITS_MS.standard) / HOUR_MS).toBeCloseTo(75.7, 1);
});

test("fast lasts about 30 minutes and patient about 8 days", () => {
  expect(sum(RETRY_WAITS_MS.fast) / 60_000).toBeCloseTo(29.9, 1);
  expect(sum(RETRY_WAITS_MS.patient) / (24 * HOUR_MS)).toBeCloseTo(8.2, 1);
});

test.each([
  ["standard", 1, 0, 4_000],
  ["standard", 1, 0.5, 5_000],
  ["standard", 2, 0, 24_000],
  ["standard", 2, 0.999_999, 36_000],
  ["standard", 12, 0.5, 24 * HOUR_MS],
  ["standard", 13, 0.5, undefined],
  ["fast", 9, 0.5, 840_000],
  ["fast", 10, 0.5, undefined],
  ["patient", 17, 0.5, 24 * HOUR_MS],
  ["patient", 18, 0.5, undefined],
] as const)("%s after attempt %i with chance %d waits %p ms", (policy, attempt, random, expected) => {
  expect(retryWaitMs(policy, attempt, random)).toBe(expected);
});
