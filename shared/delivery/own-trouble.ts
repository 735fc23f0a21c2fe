import { failedOutcome } from "../core/deliveries/outcome.ts";
import type { DeliveryRow, Outcome } from "../core/ports/deliveries.ts";
import { isPassing } from "../lib/passing-trouble.ts";
import { lastingReason } from "../lib/lasting-reason.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import type { Scope } from "../core/scope.ts";
import type { DeliveryDeps } from "./deps.ts";

/** Waits between tries to record, in milliseconds, in addition to those of the tables' client. Short, since the claim expires meanwhile. */
const RECORD_WAITS_MS = [250, 1_000] as const;

/** What people read, on a delivery or a dead-lettered message, about a failure on our side that trying again would not fix. */
export function lastingTrouble(error: unknown): string {
  return `This could not be handled, for a reason that trying again does not mend: ${lastingReason(error)}`;
}

/**
 * Records an outcome, whatever it takes: a failure that can pass is tried again a few times, and an attempt that the tables refuse is recorded
 * without what was sent and answered. False when another run has taken over the row.
 * @throws the tables' error when none of that helped
 */
export async function recordSurely(
  scope: Scope,
  row: DeliveryRow,
  outcome: Outcome,
  deps: Pick<DeliveryDeps, "deliveries" | "sleep" | "log">,
): Promise<boolean> {
  for (const waitMs of RECORD_WAITS_MS) {
    try {
      return await deps.deliveries.record(scope, row, outcome);
    } catch (error) {
      if (!isPassing(error)) return recordLess(error, scope, row, outcome, deps);
      await deps.sleep(waitMs);
    }
  }
  return deps.deliveries.record(scope, row, outcome);
}

async function recordLess(
  refusal: unknown,
  scope: Scope,
  row: DeliveryRow,
  outcome: Outcome,
  deps: Pick<DeliveryDeps, "deliveries" | "log">,
): Promise<boolean> {
  if (outcome.attempt === undefined) throw refusal;
  deps.log("error", "delivery.recorded_less", {
    ...scope,
    deliveryId: row.id,
    why: readableReason(refusal),
    at: placeOf(refusal),
  });
  const { number, trigger, startedAt, durationMs, mayBeRepeat, fault, timings } = outcome.attempt;
  const attempt = { number, trigger, startedAt, durationMs, outcome: outcome.attempt.outcome, mayBeRepeat, timings };
  return deps.deliveries.record(scope, row, { ...outcome, attempt: fault ? { ...attempt, fault } : attempt });
}

/**
 * What becomes of a claimed delivery that a failure on our side stopped. If that can pass, the claim is released, so that the redelivered message
 * can continue at once. Otherwise the delivery ends as `failed`, visible, with the reason, since nothing would come back to it (rule E4).
 * Never throws. Best effort: if the tables take neither, the claim expires by itself, and the caller throws its own error.
 */
export async function stopDelivery(error: unknown, row: DeliveryRow, scope: Scope, deps: DeliveryDeps): Promise<void> {
  const lasting = !isPassing(error);
  const about = { ...scope, deliveryId: row.id, webhookId: row.webhookId };
  if (lasting) deps.log("error", "delivery.stopped", { ...about, why: readableReason(error), at: placeOf(error) });
  try {
    if (!lasting) await deps.deliveries.release(scope, row, deps.clock());
    else await recordSurely(scope, row, failedOutcome(lastingTrouble(error)), deps);
  } catch (again) {
    deps.log("warn", "delivery.claim_kept", { ...about, why: readableReason(again) });
  }
}
