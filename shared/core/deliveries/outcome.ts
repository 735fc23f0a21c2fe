import type { Webhook } from "../configuration/webhook.ts";
import type { Outcome } from "../ports/deliveries.ts";
import type { Decision } from "./decide.ts";
import type { Attempt } from "./delivery.ts";

/** What an attempt makes of its delivery, as decided. */
export function outcomeOf(decision: Decision, attempt: Attempt): Outcome {
  switch (decision.kind) {
    case "delivered":
      return { state: "delivered", nextAttemptAt: null, reason: null, attempt };
    case "retry":
      return { state: "retrying", nextAttemptAt: decision.at, reason: decision.fault, attempt };
    case "give-up":
      return { state: "failed", nextAttemptAt: null, reason: decision.fault, attempt };
  }
}

/** The end of a delivery whose webhook may not be called any more. It stays visible, with its reason (rule E4). */
export function outcomeWithoutAttempt(webhook: Pick<Webhook, "enabled" | "pausedReason"> | undefined): Outcome {
  if (!webhook) return ended("canceled", "The webhook was deleted before this was delivered.");
  if (webhook.enabled) return ended("failed", "The webhook no longer takes events of this type, so it was not sent.");
  const why = webhook.pausedReason === null ? "" : ` The reason given: ${webhook.pausedReason}`;
  return ended("failed", `The webhook was paused when this was due, so it was not sent.${why}`);
}

/** The end of a delivery that failed on our side for good. @param message why, in words */
export function failedOutcome(message: string): Outcome {
  return ended("failed", message);
}

/** The same outcome when no retry can be scheduled; `why` is added to its reason. */
export function withoutRetry(outcome: Outcome, why: string): Outcome {
  const { kind, message } = outcome.reason ?? { kind: "webhook", message: "" };
  return {
    ...outcome,
    state: "failed",
    nextAttemptAt: null,
    reason: { kind, message: `${message} ${why}`.trimStart() },
  };
}

function ended(state: "canceled" | "failed", message: string): Outcome {
  return { state, nextAttemptAt: null, reason: { kind: "webhook", message } };
}
