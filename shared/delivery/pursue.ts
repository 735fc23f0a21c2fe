import { claimEnd, lookAt } from "../core/come-back.ts";
import type { DeliveryRow, Outcome } from "../core/delivery-ports.ts";
import type { ComeBack } from "../core/event.ts";
import { LONG } from "../core/fair-share.ts";
import { wants } from "../core/matching.ts";
import type { Webhook } from "../core/webhook.ts";
import { defer } from "./defer.ts";
import type { DeliveryDeps } from "./deps.ts";
import { runAttempt } from "./run-attempt.ts";
import type { Slot } from "./slots.ts";

/** How often a row that others keep writing is looked at anew before the message goes back to the bus. */
const MOST_LOOKS = 5;

/**
 * Goes on with a delivery whose row exists: nothing when the attempt is recorded, another come-back when it is not its time or a
 * living run holds it or its webhook has too many requests in flight, else claim and try.
 */
export async function pursue(found: DeliveryRow, due: ComeBack, deps: DeliveryDeps): Promise<void> {
  let row = found;
  for (let look = 0; look < MOST_LOOKS; look += 1) {
    const next = await step(row, due, deps);
    if (!next) return;
    row = next;
  }
  throw new Error(
    `${due.deliveryId} was written by others ${String(MOST_LOOKS)} times while it was looked at; the bus gives it back.`,
  );
}

/** One look; the row as it is now when another run was faster. */
async function step(row: DeliveryRow, due: ComeBack, deps: DeliveryDeps): Promise<DeliveryRow | undefined> {
  const finding = lookAt(row, due.attempt, deps.clock());
  if (finding.kind === "done") return undefined;
  if (finding.kind === "later") {
    const looking = await deps.redelivery.schedule({ ...due, look: due.look + 1 }, finding.at);
    if (looking === "too-large") throw new Error(`${due.deliveryId} is held by another run; the bus gives it back.`);
    return undefined;
  }
  const webhook = await deps.known.get(due.scope, due.webhookId);
  if (!webhook || !wants(webhook, due.event)) {
    const recorded = await deps.deliveries.record(due.scope, row, withoutAttempt(webhook));
    return recorded ? undefined : deps.deliveries.get(due.scope, due.deliveryId);
  }
  const slot = (await deps.slots.wait(due.scope, due.webhookId)) ?? (await deferOrWait(row, due, deps));
  if (!slot) return undefined;
  try {
    // Only now, with a slot: a claim would run out while it waits for one.
    const until = claimEnd(deps.clock(), webhook.timeoutSeconds);
    const claimed = await deps.deliveries.claim(due.scope, row, until, deps.newRun());
    if (claimed.kind === "taken") return claimed.row;
    await runAttempt(claimed.row, webhook, due.event, finding.mayBeRepeat, slot, deps);
    return undefined;
  } finally {
    slot.release();
  }
}

/** Nothing when the delivery was put off; what is too large for that stays here until it has its slot. */
async function deferOrWait(row: DeliveryRow, due: ComeBack, deps: DeliveryDeps): Promise<Slot | undefined> {
  if (await defer(row, due, deps)) return undefined;
  const slot = await deps.slots.wait(due.scope, due.webhookId, LONG);
  if (slot) return slot;
  throw new Error(
    `${due.deliveryId} waits for its webhook's other requests, and its event is too large to wait on the bus; the bus gives it back.`,
  );
}

/** How a delivery ends whose webhook cannot be called any more. It stays visible, with its reason (rule E4). */
function withoutAttempt(webhook: Webhook | undefined): Outcome {
  if (!webhook) {
    const message = "The webhook was deleted before this was delivered.";
    return { state: "canceled", nextAttemptAt: null, reason: { kind: "webhook", message } };
  }
  if (webhook.enabled) {
    const message = "The webhook no longer takes events of this type, so it was not sent.";
    return { state: "failed", nextAttemptAt: null, reason: { kind: "webhook", message } };
  }
  const why = webhook.pausedReason === null ? "" : ` The reason given: ${webhook.pausedReason}`;
  const message = `The webhook was paused when this was due, so it was not sent.${why}`;
  return { state: "failed", nextAttemptAt: null, reason: { kind: "webhook", message } };
}
