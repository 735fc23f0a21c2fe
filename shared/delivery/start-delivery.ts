import { claimEnd } from "../core/deliveries/claim.ts";
import { deliveryId } from "../core/deliveries/delivery-id.ts";
import type { KlsEvent } from "../core/events/event.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import type { DeliveryDeps } from "./deps.ts";
import { resumeDelivery } from "./resume-delivery.ts";
import { runAttempt } from "./run-attempt.ts";

/**
 * The first delivery of an event to a webhook. Its row is inserted, claimed, before anything is sent: of several runs with the same
 * event, published twice or redelivered, one gets the insert and the others find its row.
 *
 * When the webhook has no slot free the row is inserted all the same, without a claim, so that people see the delivery and whoever comes
 * next can go on with it.
 */
export async function startDelivery(webhook: Webhook, event: KlsEvent, deps: DeliveryDeps): Promise<void> {
  const { scope } = event;
  const id = deliveryId(event, webhook.id);
  const slot = deps.slots.take(scope, webhook.id);
  try {
    const at = deps.clock();
    const claimedUntil = slot ? claimEnd(at, webhook.timeoutSeconds) : null;
    const run = deps.newRun();
    const opened = await deps.deliveries.open({ scope, id, webhookId: webhook.id, event, at, claimedUntil, run });
    if (slot && opened.kind === "claimed") {
      await runAttempt(opened.row, webhook, event, false, slot, deps);
      return;
    }
    slot?.release();
    const due = { scope, deliveryId: id, webhookId: webhook.id, attempt: 1, rechecks: 0, deferrals: 0, event };
    await resumeDelivery(opened.row, due, deps);
  } finally {
    slot?.release();
  }
}
