import { claimDecision, claimEnd } from "../core/deliveries/claim.ts";
import type { DeliveryRow } from "../core/ports/deliveries.ts";
import type { RetryMessage } from "../core/events/retry-message.ts";
import { LONG } from "../lib/fair-share.ts";
import { outcomeWithoutAttempt } from "../core/deliveries/outcome.ts";
import { matches } from "../core/deliveries/matching.ts";
import { isPassing, PassingTrouble } from "../lib/passing-trouble.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import { deferDelivery } from "./deferrals.ts";
import type { DeliveryDeps } from "./deps.ts";
import { payDebt } from "./debts.ts";
import { stopDelivery } from "./own-trouble.ts";
import { runAttempt } from "./run-attempt.ts";
import type { Slot } from "./slots.ts";

/** How often a row that others keep writing is read again before the message goes back to the bus. */
const MOST_ROUNDS = 5;

/** What one round of deciding and claiming led to. */
type Step =
  | { readonly kind: "done" }
  /** Another run wrote the row first; this is the row as it is now. */
  | { readonly kind: "again"; readonly row: DeliveryRow }
  | {
      readonly kind: "run";
      readonly row: DeliveryRow;
      readonly webhook: Webhook;
      readonly mayBeRepeat: boolean;
      readonly slot: Slot;
    };

const DONE: Step = { kind: "done" };

/**
 * Resumes a delivery whose row exists. Nothing is done when the attempt is recorded; another retry message is scheduled when it is too early, a
 * living run holds it, or its webhook has too many requests in flight; otherwise the delivery is claimed and attempted.
 * @throws when our own tables, bus or vault failed; if that will not pass, the row says so and has ended
 */
export async function resumeDelivery(found: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<void> {
  const next = await stepOrStop(found, due, deps);
  if (next.kind !== "run") return;
  try {
    const { event, trigger } = due;
    await runAttempt(next.row, next.webhook, { event, trigger, mayBeRepeat: next.mayBeRepeat }, next.slot, deps);
  } finally {
    next.slot.release();
  }
}

async function stepOrStop(found: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<Step> {
  let row = found;
  try {
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const next = await step(row, due, deps);
      if (next.kind !== "again") return next;
      row = next.row;
    }
  } catch (error) {
    if (!isPassing(error)) await stopDelivery(error, row, due.scope, deps);
    throw error;
  }
  throw new PassingTrouble(
    `${due.deliveryId} was written by others ${String(MOST_ROUNDS)} times before it could be claimed; the bus redelivers it.`,
  );
}

async function step(row: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<Step> {
  const decision = claimDecision(row, due, deps.clock());
  if (decision.kind === "done") return DONE;
  if (decision.kind === "owed") {
    await payDebt(row, due, deps);
    return DONE;
  }
  if (decision.kind === "later") {
    const scheduled = await deps.retryScheduler.schedule({ ...due, rechecks: due.rechecks + 1 }, decision.at);
    if (scheduled === "too-large")
      throw new PassingTrouble(`${due.deliveryId} is held by another run; the bus redelivers it.`);
    return DONE;
  }
  const webhook = await deps.webhookCache.get(due.scope, due.webhookId);
  if (!webhook || !matches(webhook, due.event)) {
    if (await deps.deliveries.record(due.scope, row, outcomeWithoutAttempt(webhook))) return DONE;
    const written = await deps.deliveries.get(due.scope, due.deliveryId);
    return written ? { kind: "again", row: written } : DONE;
  }
  const slot = (await deps.slots.wait(due.scope, due.webhookId)) ?? (await deferOrWait(row, due, deps));
  if (!slot) return DONE;
  return claimWith(slot, row, webhook, decision.mayBeRepeat, due, deps);
}

/** Only with a slot: a claim would expire while waiting for one. The slot is released unless the attempt is to be run. */
async function claimWith(
  slot: Slot,
  row: DeliveryRow,
  webhook: Webhook,
  mayBeRepeat: boolean,
  { scope }: RetryMessage,
  deps: DeliveryDeps,
): Promise<Step> {
  try {
    const until = claimEnd(deps.clock(), webhook.timeoutSeconds);
    const claimed = await deps.deliveries.claim(scope, row, until, deps.newRun());
    if (claimed.kind === "claimed") return { kind: "run", row: claimed.row, webhook, mayBeRepeat, slot };
    slot.release();
    return { kind: "again", row: claimed.row };
  } catch (error) {
    slot.release();
    throw error;
  }
}

/** Undefined when the delivery was deferred; one that is too large for that waits here for its slot. */
async function deferOrWait(row: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<Slot | undefined> {
  if (await deferDelivery(row, due, deps)) return undefined;
  const slot = await deps.slots.wait(due.scope, due.webhookId, LONG);
  if (slot) return slot;
  throw new PassingTrouble(
    `${due.deliveryId} waits for its webhook's other requests, and its event is too large to wait on the bus; the bus redelivers it.`,
  );
}
