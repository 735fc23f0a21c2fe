import type { KlsEvent } from "../events/event.ts";
import type { Webhook } from "../configuration/webhook.ts";

/** Whether a webhook of the event's scope takes the event: enabled, and of all event types or of this one (rules E1, E2). */
export function matches(webhook: Pick<Webhook, "enabled" | "eventTypes">, event: Pick<KlsEvent, "type">): boolean {
  return webhook.enabled && (webhook.eventTypes.length === 0 || webhook.eventTypes.includes(event.type));
}
