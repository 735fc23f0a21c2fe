import type { Credential, CredentialConfig } from "./credential.ts";
import type { MessageKey } from "./message-mac.ts";
import type { Scope } from "./scope.ts";
import type { Webhook, WebhookConfig } from "./webhook.ts";

/** The time now; tests pass their own. */
export type Clock = () => Date;

/**
 * Writes one JSON line: an event named `noun.past_verb` with its fields. Never a secret, never a body; URLs as origin only.
 */
export type Log = (
  level: "debug" | "info" | "warn" | "error",
  event: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

/** What locates a sealed value; it is the additional data of the seal, so a value moved elsewhere does not open. */
export interface SealPlace {
  readonly scope: Scope;
  /** Id of the row's resource, for example `wh_…`. */
  readonly row: string;
  /** Field within it, for example `headers/0`. */
  readonly field: string;
}

/** Seals secret texts for the tables and opens them again. */
export interface SecretBox {
  seal(plain: string, place: SealPlace): Promise<string>;
  /** @throws when the value was sealed for another place, was changed, or its key is gone. */
  open(sealed: string, place: SealPlace): Promise<string>;
  /** Resolves when the keys can be had now. @throws with the reason when they cannot */
  check(): Promise<void>;
}

/** Gives the keys that the app's messages to itself are authenticated with. */
export interface MessageKeys {
  /** The key for new messages; every instance of the app knows it. @throws when it cannot be had now */
  currentKey(client: string): Promise<MessageKey>;
  /**
   * The client's key of that id, also one that is not current any more; undefined when it has none. Ids that nobody has are told from
   * memory, so that made-up ones cost nothing.
   * @throws when it cannot be had now
   */
  keyNamed(client: string, id: string): Promise<MessageKey | undefined>;
}

/** A client's data key as it is kept: wrapped by the vault's key, useless without it. */
export interface WrappedDataKey {
  /** `k0001`, `k0002`, …; stands in every text sealed with the key. */
  readonly id: string;
  readonly wrapped: Uint8Array;
  /** Id of the vault's key that wrapped it, with its version: only that version unwraps it. */
  readonly wrappedBy: string;
  readonly createdAt: Date;
}

/** Keeps the wrapped data keys of clients. Whoever deletes a client's keys here makes all its secrets unreadable for ever. */
export interface DataKeyStore {
  /** All keys of a client, oldest first: few, one for each year. */
  all(client: string): Promise<readonly WrappedDataKey[]>;
  /** Keeps a new key; false when the client has one of that id already, which stays as it is. */
  add(client: string, key: WrappedDataKey): Promise<boolean>;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Opaque; null at the end. */
  readonly next: string | null;
}

export interface PageRequest {
  /** 1 to 100. */
  readonly limit: number;
  readonly cursor: string | null;
}

/** Outcome of a write that depends on a name being free or a version being current. */
export type Written<T> =
  { kind: "written"; value: T } | { kind: "name-taken" } | { kind: "version-mismatch" } | { kind: "not-found" };

/** A webhook that uses a credential. */
export interface CredentialUse {
  readonly id: string;
  readonly name: string;
}

/** Outcome of a write that also names a credential: it may have gone meanwhile. */
export type WrittenWebhook = Written<Webhook> | { kind: "credential-not-found" };

/** A stored webhook that cannot be read: its row is broken, or a secret of it does not open. */
export interface UnreadableWebhook extends Pick<Webhook, "id" | "enabled" | "eventTypes"> {
  /** Why, for operators; names the row, never a value. */
  readonly reason: string;
}

/** The webhooks of a scope; one that cannot be read never hides the others. */
export interface StoredWebhooks {
  readonly webhooks: readonly Webhook[];
  readonly unreadable: readonly UnreadableWebhook[];
}

export interface WebhookStore {
  create(scope: Scope, id: string, config: WebhookConfig, at: Date): Promise<WrittenWebhook>;
  get(scope: Scope, id: string): Promise<Webhook | undefined>;
  /** Newest first. @throws AppError `malformed-request` for a cursor that is not one of ours. */
  list(scope: Scope, page: PageRequest): Promise<Page<Webhook>>;
  /** Changes with every write to a webhook of the scope; cheap to read. Read before {@link all}, it tells whether that is still current. */
  stamp(scope: Scope): Promise<string>;
  /** Every webhook of the scope, for matching. @throws when the tables or the keys cannot be had now */
  all(scope: Scope): Promise<StoredWebhooks>;
  /** Replaces the configuration if `version` is current; `*` matches any. */
  replace(scope: Scope, id: string, version: string, config: WebhookConfig, at: Date): Promise<WrittenWebhook>;
  /** Pauses with a reason, or resumes with null. */
  setPaused(scope: Scope, id: string, version: string, reason: string | null, at: Date): Promise<Written<Webhook>>;
  remove(scope: Scope, id: string, version: string): Promise<Written<undefined>>;
}

export interface CredentialStore {
  create(scope: Scope, id: string, config: CredentialConfig, at: Date): Promise<Written<Credential>>;
  get(scope: Scope, id: string): Promise<Credential | undefined>;
  /** Newest first. @throws AppError `malformed-request` for a cursor that is not one of ours. */
  list(scope: Scope, page: PageRequest): Promise<Page<Credential>>;
  /** Webhooks that use each of these credentials; no entry for one that nothing uses. */
  uses(scope: Scope, ids: readonly string[]): Promise<ReadonlyMap<string, readonly CredentialUse[]>>;
  replace(scope: Scope, id: string, version: string, config: CredentialConfig, at: Date): Promise<Written<Credential>>;
  /** Refused while a webhook uses it, also against a webhook that begins to at the same moment (rule C4). */
  remove(
    scope: Scope,
    id: string,
    version: string,
  ): Promise<Written<undefined> | { kind: "in-use"; webhooks: readonly CredentialUse[] }>;
}
