import { claimEnd } from "../core/come-back.ts";
import { deliveryId } from "../core/delivery-id.ts";
import type { KlsEvent } from "../core/event.ts";
import type { Webhook } from "../core/webhook.ts";
import type { DeliveryDeps } from "./deps.ts";
import { pursue } from "./pursue.ts";
import { runAttempt } from "./run-attempt.ts";

/**
 * The first delivery of an event to a webhook. Its row is inserted, claimed, before anything is sent: of several runs with the same
 * event, published twice or redelivered, one gets the insert and the others find its row.
 */
export async function deliverFirst(webhook: Webhook, event: KlsEvent, deps: DeliveryDeps): Promise<void> {
  const { scope } = event;
  const id = deliveryId(event, webhook.id);
  const at = deps.clock();
  const claimedUntil = claimEnd(at, webhook.timeoutSeconds);
  const opened = await deps.deliveries.open({
    scope,
    id,
    webhookId: webhook.id,
    event,
    at,
    claimedUntil,
    run: deps.newRun(),
  });
  if (opened.kind === "claimed") await runAttempt(opened.row, webhook, event, false, deps);
  else await pursue(opened.row, { scope, deliveryId: id, webhookId: webhook.id, attempt: 1, look: 0, event }, deps);
}
