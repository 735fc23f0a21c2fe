import type { Clock, WebhookStore } from "../core/ports.ts";
import { compileWebhook } from "../core/render-request.ts";
import type { CompiledWebhook } from "../core/render-request.ts";
import { scopeKey } from "../core/scope.ts";
import { shortCache } from "../core/short-cache.ts";
import type { Webhook } from "../core/webhook.ts";
import type { KnownWebhooks } from "./deps.ts";

/** How long webhooks are used as they were read, in milliseconds; a change must be seen within 5 s. */
const WEBHOOKS_TTL = 2_000;

/** How many scopes' webhooks and how many compiled webhooks are kept (about 7 KB each). */
const MAX_SCOPES = 1_000;
const MAX_COMPILED = 5_000;

/** Webhooks from the store, read once per scope and {@link WEBHOOKS_TTL}, however many events come meanwhile. */
export function knownWebhooks(store: Pick<WebhookStore, "all" | "get">, clock: Clock): KnownWebhooks {
  const scopes = shortCache<readonly Webhook[]>({ clock, ttlMs: WEBHOOKS_TTL, max: MAX_SCOPES });
  const compiled = new Map<string, CompiledWebhook>();
  const known: KnownWebhooks = {
    all: (scope) => scopes(scopeKey(scope), () => store.all(scope)),
    // One that is not among them may have been created a moment ago, so absence is asked for and not believed.
    get: async (scope, id) => (await known.all(scope)).find((webhook) => webhook.id === id) ?? store.get(scope, id),
    compiled: (webhook) => {
      const key = `${webhook.id}|${webhook.version}`;
      const kept = compiled.get(key);
      const ready = kept ?? compileWebhook(webhook);
      // Last used last: the map's order is what is thrown away first.
      compiled.delete(key);
      compiled.set(key, ready);
      if (compiled.size > MAX_COMPILED) {
        const oldest = compiled.keys().next();
        if (!oldest.done) compiled.delete(oldest.value);
      }
      return ready;
    },
  };
  return known;
}
