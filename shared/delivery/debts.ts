import type { DeliveryRow } from "../core/ports/deliveries.ts";
import type { RetryMessage } from "../core/events/retry-message.ts";
import { withoutRetry } from "../core/deliveries/outcome.ts";
import type { DeliveryDeps } from "./deps.ts";

/** Why a delivery ends whose event is so large that a retry message with it would exceed the bus's limit. */
export const TOO_LARGE = "The event is too large to be put on the bus again, so it is not tried again.";

/**
 * Does what a recorded attempt still owes: its retry message, when the bus could not be reached, or the pause of its webhook. The attempt's message
 * is redelivered for it. First it is done and then noted, so that a crash in between repeats it, which is harmless.
 * @throws when it still cannot be done
 */
export async function payDebt(row: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<void> {
  const { scope, webhookId } = due;
  if (row.owed === "pause") {
    await deps.webhooks.setPaused(
      scope,
      webhookId,
      "*",
      row.reason?.message ?? "The receiver answered 410.",
      deps.clock(),
    );
  } else if (row.nextAttemptAt) {
    const next = { ...due, attempt: row.attemptCount + 1, trigger: "retry", rechecks: 0, deferrals: 0 } as const;
    if ((await deps.retryScheduler.schedule(next, row.nextAttemptAt)) === "too-large") {
      const { nextAttemptAt, reason } = row;
      await deps.deliveries.record(scope, row, withoutRetry({ state: "retrying", nextAttemptAt, reason }, TOO_LARGE));
      return;
    }
  }
  await deps.deliveries.paid(scope, row);
}
