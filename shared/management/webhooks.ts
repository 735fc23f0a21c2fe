import { notFound } from "../lib/errors.ts";
import { fieldError } from "../contract/field-errors.ts";
import { ID_RANDOM_BYTES, newId } from "../core/ids.ts";
import type { Clock } from "../lib/clock.ts";
import type { CredentialStore, WebhookStore, WrittenWebhook } from "../core/ports/configuration.ts";
import type { Page, PageRequest } from "../core/ports/pages.ts";
import type { Scope } from "../core/scope.ts";
import type { Webhook, WebhookConfig } from "../core/configuration/webhook.ts";
import { namedCredential } from "../contract/check-webhook.ts";
import { parseWebhook } from "./webhook-input.ts";
import { busNotEnabled, invalid, refuse, requireVersion } from "./outcomes.ts";

/** What the stories of webhooks need of the outside. */
export interface WebhookDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: Pick<CredentialStore, "get">;
  /** Whether the client's bus is turned on (rule W1). */
  readonly busEnabled: (client: string) => boolean;
  /** What header values may hold: the whole text must match. */
  readonly headerCharacters: RegExp;
  readonly now: Clock;
  /** This many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/** Newest first. @throws AppError `malformed-request` for a bad cursor */
export function listWebhooks(scope: Scope, page: PageRequest, deps: WebhookDeps): Promise<Page<Webhook>> {
  return deps.webhooks.list(scope, page);
}

/** @throws AppError `not-found` */
export async function readWebhook(scope: Scope, id: string, deps: WebhookDeps): Promise<Webhook> {
  const webhook = await deps.webhooks.get(scope, id);
  if (webhook === undefined) throw notFound();
  return webhook;
}

/**
 * Creates a webhook; it is enabled at once.
 * @throws AppError `service-bus-not-enabled` before anything of the body is looked at, then `invalid`, `name-taken`
 */
export async function createWebhook(scope: Scope, input: unknown, deps: WebhookDeps): Promise<Webhook> {
  if (!deps.busEnabled(scope.client)) throw busNotEnabled(scope.client);
  const config = await parseConfig(scope, input, undefined, deps);
  const at = deps.now();
  return webhookOf(await deps.webhooks.create(scope, newId("wh", at, deps.random(ID_RANDOM_BYTES)), config, at));
}

/**
 * Replaces the whole configuration; secret headers without a value keep theirs.
 * @param version as read, or `*`
 * @throws AppError `not-found`, `version-mismatch`, `invalid`, `name-taken`, in this order
 */
export async function replaceWebhook(
  scope: Scope,
  id: string,
  version: string,
  input: unknown,
  deps: WebhookDeps,
): Promise<Webhook> {
  const previous = await readWebhook(scope, id, deps);
  requireVersion(previous.version, version);
  const config = await parseConfig(scope, input, previous, deps);
  // Kept secrets come from this very version, so only this one is replaced; `*` begins anew.
  const written = await deps.webhooks.replace(scope, id, previous.version, config, deps.now());
  if (version === "*" && written.kind === "version-mismatch") return replaceWebhook(scope, id, version, input, deps);
  return webhookOf(written);
}

/** Deletes a webhook; its name is free again. @throws AppError `not-found`, `version-mismatch` */
export async function removeWebhook(scope: Scope, id: string, version: string, deps: WebhookDeps): Promise<void> {
  const written = await deps.webhooks.remove(scope, id, version);
  if (written.kind !== "written") refuse(written.kind);
}

/** Stops new deliveries until {@link resumeWebhook}; repeating it changes nothing but the version. */
export async function pauseWebhook(scope: Scope, id: string, version: string, deps: WebhookDeps): Promise<Webhook> {
  return webhookOf(await deps.webhooks.setPaused(scope, id, version, "Paused by a person.", deps.now()));
}

export async function resumeWebhook(scope: Scope, id: string, version: string, deps: WebhookDeps): Promise<Webhook> {
  return webhookOf(await deps.webhooks.setPaused(scope, id, version, null, deps.now()));
}

async function parseConfig(
  scope: Scope,
  input: unknown,
  previous: Webhook | undefined,
  deps: WebhookDeps,
): Promise<WebhookConfig> {
  const credentialId = namedCredential(input);
  const credentialFound = credentialId !== undefined && (await deps.credentials.get(scope, credentialId)) !== undefined;
  const read = parseWebhook(input, { previous, headerCharacters: deps.headerCharacters, credentialFound });
  if (!read.ok) throw invalid(read.errors);
  return read.value;
}

function webhookOf(written: WrittenWebhook): Webhook {
  if (written.kind === "written") return written.value;
  if (written.kind !== "credential-not-found") refuse(written.kind);
  throw invalid([fieldError(["credentialId"], "not-found", "The credential has just been deleted.")]);
}
