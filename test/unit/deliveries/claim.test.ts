import { deferralWait, claimDecision } from "../../../shared/core/deliveries/claim.ts";
import type { Claimable } from "../../../shared/core/deliveries/claim.ts";
import { matches } from "../../../shared/core/deliveries/matching.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");
const at = (ms: number): Date => new Date(NOW.getTime() + ms);
const row = (more: Partial<Claimable>): Claimable => ({
  state: "retrying",
  attemptCount: 1,
  nextAttemptAt: NOW,
  claimedUntil: null,
  owed: null,
  ...more,
});

test.each(["delivered", "failed", "canceled"] as const)("a delivery that is %s has nothing left to do", (state) => {
  expect(claimDecision(row({ state, attemptCount: 0 }), 1, NOW)).toEqual({ kind: "done" });
});

test("a message for an attempt that is recorded has nothing left to do", () => {
  expect(claimDecision(row({ attemptCount: 2 }), 2, NOW)).toEqual({ kind: "done" });
});

test("what a recorded attempt still owes is done by a message for it, also when the delivery has ended", () => {
  expect(claimDecision(row({ attemptCount: 2, owed: "retry-message" }), 2, NOW)).toEqual({ kind: "owed" });
  expect(claimDecision(row({ state: "failed", owed: "pause" }), 1, NOW)).toEqual({ kind: "owed" });
  expect(claimDecision(row({ owed: "retry-message" }), 2, NOW).kind).toBe("claim");
});

test("the next attempt of a free delivery is claimed", () => {
  expect(claimDecision(row({}), 2, NOW)).toEqual({ kind: "claim", mayBeRepeat: false });
});

test("a delivery that a live run has claimed is checked again when that claim expires", () => {
  expect(claimDecision(row({ claimedUntil: at(10_000) }), 2, NOW)).toEqual({ kind: "later", at: at(11_000) });
});

test("an expired claim is taken over, and may be a repeat", () => {
  expect(claimDecision(row({ claimedUntil: NOW }), 2, NOW)).toEqual({ kind: "claim", mayBeRepeat: true });
});

test("a retry message that is too early is rescheduled for its time, not dropped", () => {
  expect(claimDecision(row({ nextAttemptAt: at(30_000) }), 2, NOW)).toEqual({ kind: "later", at: at(30_000) });
});

test("clocks that differ a little do not reschedule a retry message", () => {
  expect(claimDecision(row({ nextAttemptAt: at(1_500) }), 2, NOW).kind).toBe("claim");
});

test("a delivery that finds no slot is deferred for 1 s, 2 s, 4 s … 30 s, however often, and ±20 %", () => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 5_000].map((deferrals) => deferralWait(deferrals, () => 0.5));
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect([deferralWait(1, () => 0), deferralWait(6, () => 0.999_999)]).toEqual([800, 36_000]);
});

test.each([
  [true, [], true],
  [true, ["reward.issued"], true],
  [true, ["reward.redeemed"], false],
  [false, [], false],
] as const)(
  "a webhook with enabled %p and event types %j matches reward.issued: %p",
  (enabled, eventTypes, expected) => {
    expect(matches({ ...WEBHOOK, enabled, eventTypes }, { type: "reward.issued" })).toBe(expected);
  },
);

const WEBHOOK = {
  id: "wh_a",
  name: "a",
  description: "",
  eventGroup: "member-rewards",
  eventTypes: [],
  method: "POST",
  url: "https://example.com/",
  credentialId: null,
  headers: [],
  body: "",
  attributes: [],
  retryPolicy: "standard",
  timeoutSeconds: 30,
  success: { alsoStatuses: [] },
  enabled: true,
  pausedReason: null,
  createdAt: NOW,
  updatedAt: NOW,
  version: "1",
} as const;
