import type { FaultKind } from "../../../shared/contract/fault.ts";
import { askedWait, decide, RETRY_WAITS_MS } from "../../../shared/core/deliveries/retry-policy.ts";
import type { Decision, Reply } from "../../../shared/core/deliveries/retry-policy.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");
const HOUR = 3_600_000;
const middle = (): number => 0.5;

function answered(status: number, retryAfter?: string): Reply {
  return { kind: "answered", status, retryAfter };
}

function after(reply: Reply, attempt = 1, random = middle): Decision {
  return decide(reply, attempt, { retryPolicy: "standard", success: { alsoStatuses: [] } }, random, NOW);
}

test.each([200, 201, 202, 204, 206, 299])("%i is a success", (status) => {
  expect(after(answered(status))).toEqual({ kind: "delivered" });
});

test.each([
  [409, { kind: "delivered" }],
  [410, { kind: "delivered" }],
  [422, { kind: "delivered" }],
  [404, { kind: "retry" }],
  [500, { kind: "retry" }],
])("beside 409, 410 and 422 as success, %i is %p", (status, expected) => {
  const webhook = { retryPolicy: "standard", success: { alsoStatuses: [409, 410, 422] } } as const;
  expect(decide(answered(status), 1, webhook, middle, NOW)).toMatchObject(expected);
});

test.each([400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505])("%i is given up at once", (status) => {
  expect(after(answered(status))).toMatchObject({
    kind: "given-up",
    pause: false,
    fault: { kind: "status", message: `The receiver answered ${String(status)}.` },
  });
});

test.each([
  300, 301, 302, 304, 307, 308, 401, 402, 403, 404, 407, 408, 409, 412, 418, 421, 423, 425, 429, 451, 500, 502, 503,
  504, 507, 599,
])("%i is tried again", (status) => {
  expect(after(answered(status))).toMatchObject({ kind: "retry", afterMs: 5_000 });
});

test("410 is given up and pauses the webhook", () => {
  expect(after(answered(410))).toMatchObject({ kind: "given-up", pause: true });
});

test.each<[FaultKind, Decision["kind"]]>([
  ["template", "given-up"],
  ["address-refused", "given-up"],
  ["credential", "retry"],
  ["dns", "retry"],
  ["connect", "retry"],
  ["tls", "retry"],
  ["timeout", "retry"],
  ["response-too-large", "retry"],
])("a %s fault: %s", (kind, expected) => {
  expect(after({ kind: "failed", fault: { kind, message: "x" } }).kind).toBe(expected);
});

test("the standard policy has 12 waits, about 76 hours in all", () => {
  expect(RETRY_WAITS_MS.standard).toHaveLength(12);
  expect(RETRY_WAITS_MS.standard.map((wait) => wait / 1000)).toEqual([
    5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 43_200, 86_400, 86_400,
  ]);
  expect(RETRY_WAITS_MS.standard.reduce((sum, wait) => sum + wait, 0) / HOUR).toBeCloseTo(75.7, 1);
});

test("fast lasts about 30 minutes and patient about 8 days", () => {
  expect(RETRY_WAITS_MS.fast.reduce((sum, wait) => sum + wait, 0) / 60_000).toBeCloseTo(29.9, 1);
  expect(RETRY_WAITS_MS.patient.reduce((sum, wait) => sum + wait, 0) / (24 * HOUR)).toBeCloseTo(8.2, 1);
});

test("the attempt after the last wait gives up and says after how many", () => {
  expect(after(answered(500), 12)).toMatchObject({ kind: "retry", afterMs: 24 * HOUR });
  expect(after(answered(500), 13)).toMatchObject({
    kind: "given-up",
    pause: false,
    fault: { message: "The receiver answered 500. Given up after 13 attempts." },
  });
});

test("jitter stays within 20 % of the wait", () => {
  expect(after(answered(500), 2, () => 0)).toMatchObject({ afterMs: 24_000 });
  expect(after(answered(500), 2, () => 0.999_999)).toMatchObject({ afterMs: 36_000 });
});

test.each([
  [429, "120", 120_000],
  [503, "120", 120_000],
  [503, "Mon, 23 Nov 2026 11:00:00 GMT", HOUR],
  [503, "999999999999999999999", 24 * HOUR],
  [503, "1", 4_000],
  [503, "Sun, 22 Nov 2026 11:00:00 GMT", 4_000],
  [503, "soon", 4_000],
  [500, "120", 4_000],
  [301, "120", 4_000],
])("%i with Retry-After %p waits %i ms even with the shortest jitter", (status, retryAfter, expected) => {
  expect(after(answered(status, retryAfter), 1, () => 0)).toMatchObject({ kind: "retry", afterMs: expected });
});

test.each(["", "-1", "1.5", "abc", "2026-11-23T11:00:00Z", "Mon, nonsense"])(
  "Retry-After %p asks for nothing",
  (text) => {
    expect(askedWait(text, NOW)).toBeUndefined();
  },
);
