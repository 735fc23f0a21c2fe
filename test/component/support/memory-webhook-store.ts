import type { UnreadableWebhook, WebhookStore } from "../../../shared/core/ports/configuration.ts";
import type { Webhook } from "../../../shared/core/configuration/webhook.ts";

/**
 * The webhooks of one scope, as far as a delivery goes, in maps that tests fill. It is here because tests of deliveries want webhooks that the API
 * would refuse; the conformance suite holds it to what the tables do.
 */
export interface MemoryWebhookStore extends Pick<WebhookStore, "all" | "configurationVersion" | "setPaused"> {
  readonly webhooks: Map<string, Webhook>;
  /** Webhooks that cannot be read. */
  readonly unreadable: Map<string, UnreadableWebhook>;
}

export function memoryWebhookStore(): MemoryWebhookStore {
  const webhooks = new Map<string, Webhook>();
  const unreadable = new Map<string, UnreadableWebhook>();
  return {
    webhooks,
    unreadable,
    all: () => Promise.resolve({ webhooks: [...webhooks.values()], unreadable: [...unreadable.values()] }),
    configurationVersion: () => Promise.resolve(JSON.stringify([...webhooks.values(), ...unreadable.values()])),
    setPaused: (_scope, id, version, pausedReason, updatedAt) => {
      const webhook = webhooks.get(id);
      if (!webhook) return Promise.resolve({ kind: "not-found" });
      if (version !== "*" && version !== webhook.version) return Promise.resolve({ kind: "version-mismatch" });
      const next = String(Number(webhook.version) + 1);
      const value = { ...webhook, enabled: pausedReason === null, pausedReason, updatedAt, version: next };
      webhooks.set(id, value);
      return Promise.resolve({ kind: "written", value });
    },
  };
}
