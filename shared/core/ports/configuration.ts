import type { Credential, CredentialConfig } from "../configuration/credential.ts";
import type { Page, PageRequest } from "./pages.ts";
import type { Scope } from "../scope.ts";
import type { Webhook, WebhookConfig } from "../configuration/webhook.ts";

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
  /** Changes with every write to a webhook of the scope; cheap to read. Read before {@link all}, it shows whether that is still current. */
  configurationVersion(scope: Scope): Promise<string>;
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
