import { deliveryId } from "../core/deliveries/delivery-id.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import type { KlsEvent } from "../core/events/event.ts";
import type { RetryMessage } from "../core/events/retry-message.ts";
import { claimEnd } from "../core/deliveries/claim.ts";
import { Trouble } from "../lib/errors.ts";
import type { Claimed } from "../core/ports/deliveries.ts";
import type { DeliveryDeps } from "./deps.ts";
import { resumeDelivery } from "./resume-delivery.ts";
import { runAttempt } from "./run-attempt.ts";
import type { Slot } from "./slots.ts";

/**
 * The first deliveries of an event, one to each webhook. They are opened together, claimed, before anything is sent: of several runs with
 * the same event, published twice or redelivered, one opens it and the others find what is there.
 *
 * A webhook without a free slot gets its delivery too, but without a claim, so that people see it and the next run can continue it.
 * @returns how each of them ends
 * @throws when they could not be opened; nothing has been sent then
 */
export async function startDeliveries(
  webhooks: readonly Webhook[],
  event: KlsEvent,
  deps: DeliveryDeps,
): Promise<Promise<void>[]> {
  if (webhooks.length === 0) return [];
  const { scope } = event;
  const begun = webhooks.map((webhook) => ({ webhook, slot: deps.slots.take(scope, webhook.id) }));
  try {
    const at = deps.clock();
    const deliveries = begun.map(({ webhook, slot }) => ({
      id: deliveryId(event, webhook.id),
      webhookId: webhook.id,
      claimedUntil: slot ? claimEnd(at, webhook.timeoutSeconds) : null,
    }));
    const opened = await deps.deliveries.open({ event, at, run: deps.newRun(), deliveries });
    // A delivery without its row would be lost without a word.
    if (opened.length !== begun.length)
      throw new Trouble("The tables opened other deliveries than they were asked to.");
    return begun.flatMap(({ webhook, slot }, index) => {
      const claimed = opened[index];
      return claimed ? [deliverOpened(claimed, webhook, slot, event, deps)] : [];
    });
  } catch (error) {
    for (const { slot } of begun) slot?.release();
    throw error;
  }
}

async function deliverOpened(
  { kind, row }: Claimed,
  webhook: Webhook,
  slot: Slot | undefined,
  event: KlsEvent,
  deps: DeliveryDeps,
): Promise<void> {
  try {
    if (slot && kind === "claimed") {
      await runAttempt(row, webhook, { event, trigger: "first", mayBeRepeat: false }, slot, deps);
      return;
    }
    slot?.release();
    await resumeDelivery(row, firstOf(row, event), deps);
  } finally {
    slot?.release();
  }
}

/** What a message for the first attempt of an opened delivery would say. */
export function firstOf({ id, webhookId }: Claimed["row"], event: KlsEvent): RetryMessage {
  const { scope } = event;
  return { scope, deliveryId: id, webhookId, attempt: 1, trigger: "first", rechecks: 0, deferrals: 0, event };
}
