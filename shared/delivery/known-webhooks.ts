import { Trouble } from "../core/errors.ts";
import type { StoredWebhooks, UnreadableWebhook, WebhookStore } from "../core/ports.ts";
import { compileWebhook } from "../core/render-request.ts";
import type { CompiledWebhook } from "../core/render-request.ts";
import type { Scope } from "../core/scope.ts";
import { scopeKey } from "../core/scope.ts";
import { sharedRead } from "../core/shared-read.ts";
import type { KnownWebhooks } from "./deps.ts";

/** How many scopes' webhooks and how many compiled webhooks are kept (about 7 KB each). */
const MAX_SCOPES = 1_000;
const MAX_COMPILED = 5_000;

/**
 * Webhooks as they are when asked for: an event that was put on the bus after a change sees the change. What is read each time is the
 * scope's stamp only, shared by all events that ask at the same time; the webhooks themselves are read, opened and compiled when it changed.
 */
export function knownWebhooks(store: Pick<WebhookStore, "all" | "stamp">): KnownWebhooks {
  const scopes = new Map<string, () => Promise<StoredWebhooks>>();
  const compiled = new Map<string, CompiledWebhook>();
  const all = (scope: Scope): Promise<StoredWebhooks> =>
    keep(scopes, scopeKey(scope), MAX_SCOPES, () => currentWebhooks(scope, store))();
  return {
    all,
    get: async (scope, id) => {
      const { webhooks, unreadable } = await all(scope);
      const broken = unreadable.find((webhook) => webhook.id === id);
      if (broken) throw cannotBeRead(broken);
      return webhooks.find((webhook) => webhook.id === id);
    },
    compiled: (webhook) =>
      keep(compiled, `${webhook.id}|${webhook.version}`, MAX_COMPILED, () => compileWebhook(webhook)),
  };
}

/** What people read about a webhook that is stored and cannot be used. */
export function cannotBeRead({ id, reason }: UnreadableWebhook): Trouble {
  return new Trouble(`The webhook ${id} cannot be read: ${reason}`);
}

function currentWebhooks(scope: Scope, store: Pick<WebhookStore, "all" | "stamp">): () => Promise<StoredWebhooks> {
  let held: { readonly stamp: string; readonly stored: StoredWebhooks } | undefined;
  return sharedRead(async () => {
    // The stamp first: webhooks that are newer than their stamp are read once more, the other way round a change would be missed.
    const stamp = await store.stamp(scope);
    if (held?.stamp === stamp) return held.stored;
    const stored = await store.all(scope);
    // What is wrong can be mended without a change of a webhook, for example by a key that is put back.
    held = stored.unreadable.length === 0 ? { stamp, stored } : undefined;
    return stored;
  });
}

/** The value of a key, made when it is missing; the one that was used longest ago makes room. */
function keep<T>(map: Map<string, T>, key: string, max: number, make: () => T): T {
  const value = map.get(key) ?? make();
  map.delete(key);
  map.set(key, value);
  if (map.size > max) {
    const oldest = map.keys().next();
    if (!oldest.done) map.delete(oldest.value);
  }
  return value;
}
