import type { DeliveryRow, Outcome } from "../core/ports/deliveries.ts";
import { Trouble } from "../lib/errors.ts";
import type { KlsEvent } from "../core/events/event.ts";
import { isPassing } from "../lib/passing-trouble.ts";
import { readableReason } from "../lib/readable-reason.ts";
import { decide } from "../core/deliveries/retry-policy.ts";
import type { Decision } from "../core/deliveries/retry-policy.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import { attemptWebhook } from "./attempt-webhook.ts";
import type { AttemptResult } from "./attempt-webhook.ts";
import { withoutRetry } from "./debts.ts";
import type { DeliveryDeps } from "./deps.ts";
import { lastingTrouble, recordSurely, stopDelivery } from "./own-trouble.ts";
import type { Slot } from "./slots.ts";

/**
 * One attempt of a claimed delivery: send, decide, schedule the retry message if there is to be one, record.
 *
 * Once a request has left nothing stands between it and its record: whatever else fails is noted there as owed, and only then thrown. The
 * successor is scheduled before the attempt is recorded: a crash between the two costs a retry message too many, which finds its
 * attempt recorded or makes it, while the other order could lose the delivery. The slot is given back as soon as the request is over.
 * @throws when something could not be done; what is owed is done when the message comes again, and without a record the claim is given up
 */
export async function runAttempt(
  row: DeliveryRow,
  webhook: Webhook,
  event: KlsEvent,
  mayBeRepeat: boolean,
  slot: Slot,
  deps: DeliveryDeps,
): Promise<void> {
  const number = row.attemptCount + 1;
  let after: Followed;
  try {
    const made = await attemptWebhook({ deliveryId: row.id, webhook, event, number, mayBeRepeat }, deps);
    slot.ended();
    const now = deps.clock();
    const decision = decide(made.reply, number, webhook, deps.random, now);
    after = await follow(decision, outcomeOf(decision, made, now), row, event, deps);
    const recorded = await recordSurely(event.scope, row, after.outcome, deps);
    logAttempt(webhook, event, made, after.outcome, row.id, deps);
    if (!recorded) {
      // We were slower than our claim and another run took over; its record stands, and tells that it may be a repeat.
      deps.log("warn", "delivery.claim_lost", {
        ...event.scope,
        deliveryId: row.id,
        webhookId: webhook.id,
        attempt: number,
      });
    }
  } catch (error) {
    await stopDelivery(error, row, event.scope, deps);
    throw error;
  }
  if (after.trouble !== undefined) throw after.trouble;
}

/** An outcome after all that follows from it but its record; `trouble` when something of that is owed or could not be done at all. */
interface Followed {
  readonly outcome: Outcome;
  readonly trouble?: Error;
}

/** Schedules the retry message, or pauses the webhook, as decided. Never throws. */
async function follow(
  decision: Decision,
  outcome: Outcome,
  row: DeliveryRow,
  event: KlsEvent,
  deps: DeliveryDeps,
): Promise<Followed> {
  const { scope } = event;
  const { id: deliveryId, webhookId } = row;
  try {
    if (outcome.nextAttemptAt) {
      const next = { scope, deliveryId, webhookId, attempt: row.attemptCount + 2, rechecks: 0, deferrals: 0, event };
      const scheduled = await deps.retryScheduler.schedule(next, outcome.nextAttemptAt);
      return { outcome: scheduled === "too-large" ? withoutRetry(outcome) : outcome };
    }
    if (decision.kind === "given-up" && decision.pause)
      await deps.webhooks.setPaused(scope, webhookId, "*", decision.fault.message, deps.clock());
    return { outcome };
  } catch (error) {
    const trouble = error instanceof Error ? error : new Trouble(readableReason(error));
    if (isPassing(error))
      return { outcome: { ...outcome, owed: outcome.nextAttemptAt ? "retry-message" : "pause" }, trouble };
    return { outcome: outcome.nextAttemptAt ? notTriedAgain(outcome, error) : outcome, trouble };
  }
}

function notTriedAgain(outcome: Outcome, error: unknown): Outcome {
  const { kind, message } = outcome.reason ?? { kind: "webhook", message: "" };
  const why = `${message} It is not tried again. ${lastingTrouble(error)}`;
  return { ...outcome, state: "failed", nextAttemptAt: null, reason: { kind, message: why } };
}

function outcomeOf(decision: Decision, { attempt }: AttemptResult, now: Date): Outcome {
  switch (decision.kind) {
    case "delivered":
      return { state: "delivered", nextAttemptAt: null, reason: null, attempt };
    case "retry": {
      const nextAttemptAt = new Date(now.getTime() + decision.afterMs);
      return {
        state: "retrying",
        nextAttemptAt,
        reason: decision.fault,
        attempt: { ...attempt, fault: decision.fault },
      };
    }
    case "given-up":
      return {
        state: "failed",
        nextAttemptAt: null,
        reason: decision.fault,
        attempt: { ...attempt, fault: decision.fault },
      };
  }
}

/** One wide line per attempt; never a URL's path, a body or a secret. */
function logAttempt(
  webhook: Webhook,
  event: KlsEvent,
  made: AttemptResult,
  outcome: Outcome,
  id: string,
  deps: DeliveryDeps,
): void {
  const { attempt } = made;
  deps.log(outcome.state === "delivered" ? "info" : "warn", "delivery.attempted", {
    ...event.scope,
    deliveryId: id,
    webhookId: webhook.id,
    eventType: event.type,
    attempt: attempt.number,
    mayBeRepeat: attempt.mayBeRepeat,
    outcome: attempt.outcome,
    state: outcome.state,
    fault: outcome.reason?.kind,
    status: attempt.response?.status,
    tookMs: attempt.durationMs,
    ...attempt.timings,
    host: made.origin,
  });
}
