import { namedCredential } from "../contract/check-webhook.ts";
import { fieldError } from "../contract/field-errors.ts";
import type { PageQuery } from "../contract/page.ts";
import type { WebhookAnswer } from "../contract/webhook.ts";
import type { Webhook, WebhookConfig } from "../core/configuration/webhook.ts";
import { ID_RANDOM_BYTES, newId } from "../core/ids.ts";
import type { CredentialStore, WebhookStore, WrittenWebhook } from "../core/ports/configuration.ts";
import type { Page } from "../core/ports/pages.ts";
import type { Scope } from "../core/scope.ts";
import type { Clock } from "../lib/clock.ts";
import { notFound } from "../lib/errors.ts";
import { busNotEnabled, invalid, refuse, requireVersion } from "./outcomes.ts";
import type { Resource } from "./resource.ts";
import { webhookAnswer, webhookResource } from "./webhook-answer.ts";
import { parseWebhook } from "./webhook-input.ts";

/** What the stories of webhooks need. */
export interface WebhookDeps {
  readonly webhooks: WebhookStore;
  readonly credentials: Pick<CredentialStore, "get">;
  /** Whether the client has a bus (rule W1). */
  readonly busEnabled: (client: string) => boolean;
  /** What header values may contain: the whole text must match. */
  readonly headerCharacters: RegExp;
  readonly clock: Clock;
  /** This many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/** Newest first. @throws AppError `malformed-request` for a bad cursor */
export async function listWebhooks(
  scope: Scope,
  { limit, cursor }: PageQuery,
  deps: WebhookDeps,
): Promise<Page<WebhookAnswer>> {
  const { items, next } = await deps.webhooks.list(scope, { limit, cursor: cursor ?? null });
  return { items: items.map(webhookAnswer), next };
}

/** @throws AppError `not-found` */
export async function readWebhook(scope: Scope, id: string, deps: WebhookDeps): Promise<Resource<WebhookAnswer>> {
  return webhookResource(await find(scope, id, deps));
}

/**
 * Creates a webhook, enabled.
 * @throws AppError `service-bus-not-enabled` before it looks at the body, then `invalid`, `name-taken`
 */
export async function createWebhook(scope: Scope, input: unknown, deps: WebhookDeps): Promise<Resource<WebhookAnswer>> {
  if (!deps.busEnabled(scope.client)) throw busNotEnabled(scope.client);
  const config = await parse(scope, input, undefined, deps);
  const at = deps.clock();
  return resourceOf(await deps.webhooks.create(scope, newId("wh", at, deps.random(ID_RANDOM_BYTES)), config, at));
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
): Promise<Resource<WebhookAnswer>> {
  const previous = await find(scope, id, deps);
  requireVersion(previous.version, version);
  const config = await parse(scope, input, previous, deps);
  // Only this very version is replaced, since kept secrets come from it; `*` starts over.
  const written = await deps.webhooks.replace(scope, id, previous.version, config, deps.clock());
  if (version === "*" && written.kind === "version-mismatch") return replaceWebhook(scope, id, version, input, deps);
  return resourceOf(written);
}

/** Deletes a webhook and frees its name. @throws AppError `not-found`, `version-mismatch` */
export async function removeWebhook(scope: Scope, id: string, version: string, deps: WebhookDeps): Promise<void> {
  const written = await deps.webhooks.remove(scope, id, version);
  if (written.kind !== "written") refuse(written.kind);
}

/** Stops deliveries until {@link resumeWebhook}. Pausing twice only changes the version. @throws AppError `not-found`, `version-mismatch` */
export async function pauseWebhook(
  scope: Scope,
  id: string,
  version: string,
  deps: WebhookDeps,
): Promise<Resource<WebhookAnswer>> {
  return resourceOf(await deps.webhooks.setPaused(scope, id, version, "Paused by a person.", deps.clock()));
}

/** @throws AppError `not-found`, `version-mismatch` */
export async function resumeWebhook(
  scope: Scope,
  id: string,
  version: string,
  deps: WebhookDeps,
): Promise<Resource<WebhookAnswer>> {
  return resourceOf(await deps.webhooks.setPaused(scope, id, version, null, deps.clock()));
}

async function find(scope: Scope, id: string, deps: WebhookDeps): Promise<Webhook> {
  const webhook = await deps.webhooks.get(scope, id);
  if (webhook === undefined) throw notFound();
  return webhook;
}

async function parse(
  scope: Scope,
  input: unknown,
  previous: Webhook | undefined,
  deps: WebhookDeps,
): Promise<WebhookConfig> {
  const credentialId = namedCredential(input);
  const credentialFound = credentialId !== undefined && (await deps.credentials.get(scope, credentialId)) !== undefined;
  const parsed = parseWebhook(input, { previous, headerCharacters: deps.headerCharacters, credentialFound });
  if (!parsed.ok) throw invalid(parsed.errors);
  return parsed.value;
}

function resourceOf(written: WrittenWebhook): Resource<WebhookAnswer> {
  if (written.kind === "written") return webhookResource(written.value);
  if (written.kind !== "credential-not-found") refuse(written.kind);
  throw invalid([fieldError(["credentialId"], "not-found", "The credential has just been deleted.")]);
}
