import { deferralWait } from "../core/deliveries/claim.ts";
import type { DeliveryRow } from "../core/ports/deliveries.ts";
import type { RetryMessage } from "../core/events/event.ts";
import type { DeliveryDeps } from "./deps.ts";

/**
 * Defers a delivery whose webhook has no free slot: it goes back to the bus for a short, growing time and keeps its attempt number. Its row says
 * when it is due. False when its event is too large to be put on the bus again.
 */
export async function deferDelivery(row: DeliveryRow, due: RetryMessage, deps: DeliveryDeps): Promise<boolean> {
  const { scope, webhookId } = due;
  const deferrals = due.deferrals + 1;
  const { at, report } = deps.slots.turn(scope, webhookId, deferralWait(deferrals, deps.random));
  if (report) deps.log("warn", "delivery.deferred", { ...scope, webhookId, ...report, nextAttemptAt: at });
  const scheduled = await deps.retryScheduler.schedule({ ...due, deferrals }, at);
  if (scheduled === "too-large") return false;
  await deps.deliveries.putOff(scope, row, at);
  return true;
}
