import type { DeliveryRow, Outcome } from "../core/delivery-ports.ts";
import type { KlsEvent } from "../core/event.ts";
import { decide } from "../core/retry-policy.ts";
import type { Decision } from "../core/retry-policy.ts";
import type { Webhook } from "../core/webhook.ts";
import { attemptWebhook } from "./attempt-webhook.ts";
import type { Made } from "./attempt-webhook.ts";
import type { DeliveryDeps } from "./deps.ts";
import type { Slot } from "./slots.ts";

/**
 * One attempt of a claimed delivery: send, decide, schedule the come-back if there is to be one, record.
 *
 * The successor is scheduled before the attempt is recorded: a crash between the two costs a come-back too many, which finds its
 * attempt recorded or makes it, while the other order could lose the delivery. The slot is given back as soon as the request is over.
 * @throws when scheduling or recording fails; the claim is given up then, so that the redelivered message can go on at once.
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
  try {
    const made = await attemptWebhook({ deliveryId: row.id, webhook, event, number, mayBeRepeat }, deps);
    slot.release();
    const now = deps.clock();
    const decision = decide(made.reply, number, webhook.retryPolicy, deps.random, now);
    let outcome = outcomeOf(decision, made, now);
    if (outcome.nextAttemptAt) {
      const next = {
        scope: event.scope,
        deliveryId: row.id,
        webhookId: webhook.id,
        attempt: number + 1,
        look: 0,
        deferrals: 0,
        event,
      };
      const scheduled = await deps.redelivery.schedule(next, outcome.nextAttemptAt);
      if (scheduled === "too-large") outcome = withoutComeBack(outcome);
    }
    if (decision.kind === "given-up" && decision.pause) {
      await deps.webhooks.setPaused(event.scope, webhook.id, "*", decision.fault.message, now);
    }
    const recorded = await deps.deliveries.record(event.scope, row, outcome);
    logAttempt(webhook, event, made, outcome, row.id, deps);
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
    await giveUpClaim(row, event, deps);
    throw error;
  }
}

function outcomeOf(decision: Decision, { attempt }: Made, now: Date): Outcome {
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

/** The end of a delivery whose event is so close to the bus's limit that it cannot be sent back with what a come-back needs. */
function withoutComeBack(outcome: Outcome): Outcome {
  const kind = outcome.reason?.kind ?? "status";
  const message = `${outcome.reason?.message ?? ""} The event is too large to be put on the bus again, so it is not tried again.`;
  return { ...outcome, state: "failed", nextAttemptAt: null, reason: { kind, message } };
}

/** As far as it goes: when this fails too, the claim runs out by itself. */
async function giveUpClaim(row: DeliveryRow, event: KlsEvent, deps: DeliveryDeps): Promise<void> {
  try {
    await deps.deliveries.release(event.scope, row, deps.clock());
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    deps.log("warn", "delivery.claim_kept", { ...event.scope, deliveryId: row.id, webhookId: row.webhookId, why });
  }
}

/** One wide line per attempt; never a URL's path, a body or a secret. */
function logAttempt(
  webhook: Webhook,
  event: KlsEvent,
  made: Made,
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
