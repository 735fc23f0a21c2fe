import type { Attempt } from "../../../shared/core/deliveries/delivery.ts";
import {
  failedOutcome,
  outcomeOf,
  outcomeWithoutAttempt,
  withoutRetry,
} from "../../../shared/core/deliveries/outcome.ts";

const AT = new Date("2026-11-23T10:00:00.000Z");
const FAULT = { kind: "status", message: "The receiver answered 500." } as const;
const ATTEMPT: Attempt = {
  number: 1,
  startedAt: AT,
  durationMs: 5,
  outcome: "failed",
  mayBeRepeat: false,
  fault: FAULT,
  timings: {},
};

test("a decision determines the state, the time of the next attempt and the reason", () => {
  const reason = FAULT;
  expect(outcomeOf({ kind: "delivered", effects: [] }, ATTEMPT)).toEqual({
    state: "delivered",
    nextAttemptAt: null,
    reason: null,
    attempt: ATTEMPT,
  });
  expect(outcomeOf({ kind: "retry", at: AT, fault: FAULT, effects: ["drop-token"] }, ATTEMPT)).toEqual({
    state: "retrying",
    nextAttemptAt: AT,
    reason,
    attempt: ATTEMPT,
  });
  expect(outcomeOf({ kind: "give-up", fault: FAULT, effects: ["pause-webhook"] }, ATTEMPT)).toEqual({
    state: "failed",
    nextAttemptAt: null,
    reason,
    attempt: ATTEMPT,
  });
});

test.each([
  [undefined, "canceled", "The webhook was deleted before this was delivered."],
  [
    { enabled: true, pausedReason: null },
    "failed",
    "The webhook no longer takes events of this type, so it was not sent.",
  ],
  [{ enabled: false, pausedReason: null }, "failed", "The webhook was paused when this was due, so it was not sent."],
  [
    { enabled: false, pausedReason: "It answered 410." },
    "failed",
    "The webhook was paused when this was due, so it was not sent. The reason given: It answered 410.",
  ],
] as const)("without an attempt, because the webhook is %j: %s", (webhook, state, message) => {
  expect(outcomeWithoutAttempt(webhook)).toEqual({ state, nextAttemptAt: null, reason: { kind: "webhook", message } });
});

test("an outcome whose retry cannot be scheduled fails, keeps its attempt and says why", () => {
  const outcome = outcomeOf({ kind: "retry", at: AT, fault: FAULT, effects: [] }, ATTEMPT);
  expect(withoutRetry(outcome, "It is too large.")).toEqual({
    state: "failed",
    nextAttemptAt: null,
    reason: { kind: "status", message: "The receiver answered 500. It is too large." },
    attempt: ATTEMPT,
  });
  expect(withoutRetry(failedOutcome("Broken."), "Really.")).toEqual(failedOutcome("Broken. Really."));
});
