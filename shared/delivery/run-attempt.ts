import { attemptWebhook } from "../attempt/attempt-webhook.ts";
import type { AttemptedWebhook, AttemptResult } from "../attempt/attempt.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import type { Decision } from "../core/deliveries/decide.ts";
import { outcomeOf, withoutRetry } from "../core/deliveries/outcome.ts";
import type { KlsEvent } from "../core/events/event.ts";
import type { DeliveryRow, Outcome } from "../core/ports/deliveries.ts";
import { Trouble } from "../lib/errors.ts";
import type { Trigger } from "../contract/delivery.ts";
import { isPassing } from "../lib/passing-trouble.ts";
import { readableReason } from "../lib/readable-reason.ts";
import { TOO_LARGE } from "./debts.ts";
import type { DeliveryDeps } from "./deps.ts";
import { lastingTrouble, recordSurely, stopDelivery } from "./own-trouble.ts";
import type { Slot } from "./slots.ts";

/** What is sent, and why. */
interface AttemptCause {
  readonly event: KlsEvent;
  readonly trigger: Trigger;
  /** An earlier run may have reached the receiver before it died. */
  readonly mayBeRepeat: boolean;
}

/**
 * One attempt of a claimed delivery: send, do what was decided, log, record.
 *
 * Once a request has left, nothing prevents its log line and its record: whatever else fails is recorded as owed, and thrown only then. The retry is
 * scheduled before the attempt is recorded: a crash in between costs a retry message too many, which finds its attempt recorded or makes it, while
 * the other order could lose the delivery. The slot is released as soon as the request has ended.
 * @throws when something could not be done; what is owed is done when the message is redelivered, and without a record the claim is released
 */
export async function runAttempt(
  row: DeliveryRow,
  webhook: Webhook,
  cause: AttemptCause,
  slot: Slot,
  deps: DeliveryDeps,
): Promise<void> {
  const { event, trigger, mayBeRepeat } = cause;
  const number = row.attemptCount + 1;
  let after: Followed;
  try {
    const attempted: AttemptedWebhook = {
      settings: webhook,
      compiled: () => deps.webhookCache.compiled(webhook),
      prepared: (secrets) => deps.webhookCache.prepared(webhook, secrets),
    };
    const input = { deliveryId: row.id, webhook: attempted, event, number, trigger, mayBeRepeat };
    const made = await attemptWebhook(input, deps);
    slot.ended();
    after = await follow(made.decision, outcomeOf(made.decision, made.attempt), row, event, deps);
    // Before the record: what was sent has its line, whatever the tables do.
    logAttempt(webhook, event, made, after.outcome, row.id, deps);
    if (!(await recordSurely(event.scope, row, after.outcome, deps))) logClaimLost(row, event, number, deps);
  } catch (error) {
    await stopDelivery(error, row, event.scope, deps);
    throw error;
  }
  if (after.trouble !== undefined) throw after.trouble;
}

/** An outcome once everything but its record is done; `trouble` when something of that is owed or could not be done at all. */
interface Followed {
  readonly outcome: Outcome;
  readonly trouble?: Error;
}

/** Schedules the retry, or pauses the webhook, as decided. Never throws. */
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
    if (decision.kind === "retry") {
      const next = { scope, deliveryId, webhookId, attempt: row.attemptCount + 2, trigger: "retry" } as const;
      const scheduled = await deps.retryScheduler.schedule({ ...next, rechecks: 0, deferrals: 0, event }, decision.at);
      return { outcome: scheduled === "too-large" ? withoutRetry(outcome, TOO_LARGE) : outcome };
    }
    if (decision.kind === "give-up" && decision.effects.includes("pause-webhook"))
      await deps.webhooks.setPaused(scope, webhookId, "*", decision.fault.message, deps.clock());
    return { outcome };
  } catch (error) {
    const trouble = error instanceof Error ? error : new Trouble(readableReason(error));
    const isRetry = decision.kind === "retry";
    if (isPassing(error)) return { outcome: { ...outcome, owed: isRetry ? "retry-message" : "pause" }, trouble };
    const why = `It is not tried again. ${lastingTrouble(error)}`;
    return { outcome: isRetry ? withoutRetry(outcome, why) : outcome, trouble };
  }
}

/** One wide line per attempt; never a URL's path, a body or a secret. */
function logAttempt(
  webhook: Webhook,
  event: KlsEvent,
  { attempt, origin }: AttemptResult,
  outcome: Outcome,
  id: string,
  deps: DeliveryDeps,
): void {
  deps.log(outcome.state === "delivered" ? "info" : "warn", "delivery.attempted", {
    ...event.scope,
    deliveryId: id,
    webhookId: webhook.id,
    eventType: event.type,
    attempt: attempt.number,
    trigger: attempt.trigger,
    mayBeRepeat: attempt.mayBeRepeat,
    outcome: attempt.outcome,
    state: outcome.state,
    fault: outcome.reason?.kind,
    status: attempt.response?.status,
    tookMs: attempt.durationMs,
    ...attempt.timings,
    host: origin,
  });
}

/** Our claim expired and another run took over; its record is kept, and says that it may be a repeat. */
function logClaimLost(row: DeliveryRow, { scope }: KlsEvent, attempt: number, deps: DeliveryDeps): void {
  deps.log("warn", "delivery.claim_lost", { ...scope, deliveryId: row.id, webhookId: row.webhookId, attempt });
}
