import { Trouble } from "../lib/errors.ts";
import { prepareSecrets } from "../core/masking/mask.ts";
import type { PreparedSecrets } from "../core/masking/mask.ts";
import type { Hidden } from "../core/masking/parts.ts";
import type { StoredWebhooks, UnreadableWebhook, WebhookStore } from "../core/ports/configuration.ts";
import { compileWebhook } from "../core/requests/render-request.ts";
import type { CompiledWebhook } from "../core/requests/render-request.ts";
import type { Scope } from "../core/scope.ts";
import { scopeKey } from "../core/scope.ts";
import { sharedRead } from "../lib/shared-read.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import { lru, type Lru } from "../lib/lru.ts";
import type { WebhookCache } from "./deps.ts";

/**
 * How much is kept of webhooks as stored, webhooks as compiled, and the prepared secrets of their attempts, in bytes. An ordinary webhook takes
 * about 2 KB, 20 KB and 10 KB; one with as many secrets as possible 10 MB.
 */
const MAX_STORED_BYTES = 268_435_456;
const MAX_COMPILED_BYTES = 134_217_728;
const MAX_PREPARED_BYTES = 134_217_728;
/** How many scopes' reads are shared among those who ask at the same time. */
const MAX_SCOPES = 1_000;

/**
 * Webhooks as they are when asked for: an event that was published after a change sees the change. Each time only the configuration's version is
 * read, once for all events that ask at the same time; the webhooks themselves are read, opened and compiled when it has changed.
 */
export function webhookCache(store: Pick<WebhookStore, "all" | "configurationVersion">): WebhookCache {
  const held = lru<Held>(MAX_STORED_BYTES, ({ stored }) => bytesOf(stored.webhooks));
  const compiled = lru<CompiledWebhook>(MAX_COMPILED_BYTES, ({ bytes }) => bytes);
  const prepared = lru<Prepared>(MAX_PREPARED_BYTES, bytesOfPrepared);
  const reads = lru<() => Promise<StoredWebhooks>>(MAX_SCOPES);
  const all = (scope: Scope): Promise<StoredWebhooks> => {
    const key = scopeKey(scope);
    const read = reads.get(key) ?? sharedRead(() => currentWebhooks(scope, store, held));
    reads.set(key, read);
    return read();
  };
  return {
    all,
    get: async (scope, id) => {
      const { webhooks, unreadable } = await all(scope);
      const broken = unreadable.find((webhook) => webhook.id === id);
      if (broken) throw cannotBeRead(broken);
      return webhooks.find((webhook) => webhook.id === id);
    },
    compiled: (webhook) => {
      const key = `${webhook.id}|${webhook.version}`;
      const known = compiled.get(key);
      if (known !== undefined) return known;
      const made = compileWebhook(webhook);
      compiled.set(key, made);
      return made;
    },
    *prepared({ id, version }, secrets) {
      const key = `${id}|${version}`;
      const known = prepared.get(key);
      if (known && isSame(known.secrets, secrets)) return known.ready;
      const ready = yield* prepareSecrets(secrets);
      prepared.set(key, { secrets, ready });
      return ready;
    },
  };
}

/** What people read about a stored webhook that cannot be used. */
export function cannotBeRead({ id, reason }: UnreadableWebhook): Trouble {
  return new Trouble(`The webhook ${id} cannot be read: ${reason}`);
}

/** The secrets of an attempt. The next one may have others: tokens expire, and headers can contain values of the event. */
interface Prepared {
  readonly secrets: readonly Hidden[];
  readonly ready: PreparedSecrets;
}

function isSame(some: readonly Hidden[], others: readonly Hidden[]): boolean {
  return some.length === others.length && some.every((secret, index) => isSameSecret(secret, others[index]));
}

function isSameSecret(one: Hidden, other: Hidden | undefined): boolean {
  if (typeof one === "string" || typeof other !== "object") return one === other;
  return one.text === other.text && one.publicStart === other.publicStart;
}

function textOf(secret: Hidden): string {
  return typeof secret === "string" ? secret : secret.text;
}

function bytesOfPrepared({ secrets, ready }: Prepared): number {
  return secrets.reduce((sum, secret) => sum + 2 * textOf(secret).length, BYTES_PER_WEBHOOK + ready.bytes);
}

/** A scope's webhooks, with the version of its configuration. */
interface Held {
  readonly version: string;
  readonly stored: StoredWebhooks;
}

async function currentWebhooks(
  scope: Scope,
  store: Pick<WebhookStore, "all" | "configurationVersion">,
  held: Lru<Held>,
): Promise<StoredWebhooks> {
  const key = scopeKey(scope);
  // The version first: webhooks newer than their version are merely read once more, while the other order would miss a change.
  const version = await store.configurationVersion(scope);
  const known = held.get(key);
  if (known?.version === version) return known.stored;
  const stored = await store.all(scope);
  // An unreadable one can be mended without a change of a webhook, for example when a key is restored.
  if (stored.unreadable.length === 0) held.set(key, { version, stored });
  return stored;
}

const BYTES_PER_WEBHOOK = 1_024;

/** Roughly how much memory webhooks take at most, in bytes: two for each character. */
function bytesOf(webhooks: readonly Webhook[]): number {
  return webhooks.reduce((sum, { url, body, headers, attributes, description }) => {
    const values = headers.reduce((all, { key, value }) => all + key.length + value.reveal().length, 0);
    const fallbacks = attributes.reduce((all, { name, fallback = "" }) => all + name.length + fallback.length, 0);
    return sum + BYTES_PER_WEBHOOK + 2 * (url.length + body.length + description.length + values + fallbacks);
  }, BYTES_PER_WEBHOOK);
}
