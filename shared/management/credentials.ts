import type { CredentialAnswer } from "../contract/credential.ts";
import type { PageQuery } from "../contract/page.ts";
import type { Credential, CredentialConfig } from "../core/configuration/credential.ts";
import { ID_RANDOM_BYTES, newId } from "../core/ids.ts";
import type { CredentialStore } from "../core/ports/configuration.ts";
import type { Page } from "../core/ports/pages.ts";
import type { Scope } from "../core/scope.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { credentialAnswer } from "./credential-answer.ts";
import { parseCredential } from "./credential-input.ts";
import { invalid, refuse, requireVersion } from "./outcomes.ts";
import type { Resource } from "./resource.ts";

/** What the stories of credentials need. */
export interface CredentialDeps {
  readonly credentials: CredentialStore;
  /** What header values may contain: the whole text must match. */
  readonly headerCharacters: RegExp;
  readonly clock: Clock;
  /** This many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/** Newest first. @throws AppError `malformed-request` for a bad cursor */
export async function listCredentials(
  scope: Scope,
  { limit, cursor }: PageQuery,
  deps: CredentialDeps,
): Promise<Page<CredentialAnswer>> {
  const { items, next } = await deps.credentials.list(scope, { limit, cursor: cursor ?? null });
  const ids = items.map(({ id }) => id);
  const uses = await deps.credentials.uses(scope, ids);
  return { items: items.map((credential) => credentialAnswer(credential, uses.get(credential.id)?.length ?? 0)), next };
}

/** @throws AppError `not-found` */
export async function readCredential(
  scope: Scope,
  id: string,
  deps: CredentialDeps,
): Promise<Resource<CredentialAnswer>> {
  return resourceOf(scope, await find(scope, id, deps), deps);
}

/** @throws AppError `invalid`, `name-taken` */
export async function createCredential(
  scope: Scope,
  input: unknown,
  deps: CredentialDeps,
): Promise<Resource<CredentialAnswer>> {
  const config = parse(input, undefined, deps);
  const at = deps.clock();
  const written = await deps.credentials.create(scope, newId("cr", at, deps.random(ID_RANDOM_BYTES)), config, at);
  if (written.kind !== "written") refuse(written.kind);
  return { body: credentialAnswer(written.value, 0), version: written.value.version };
}

/**
 * Replaces the whole configuration; secrets without a value keep theirs, unless the URL's host changes (rule C5).
 * @param version as read, or `*`
 * @throws AppError `not-found`, `version-mismatch`, `invalid`, `name-taken`, in this order
 */
export async function replaceCredential(
  scope: Scope,
  id: string,
  version: string,
  input: unknown,
  deps: CredentialDeps,
): Promise<Resource<CredentialAnswer>> {
  const previous = await find(scope, id, deps);
  requireVersion(previous.version, version);
  const config = parse(input, previous, deps);
  // Only this very version is replaced, since kept secrets come from it; `*` starts over.
  const written = await deps.credentials.replace(scope, id, previous.version, config, deps.clock());
  if (version === "*" && written.kind === "version-mismatch") return replaceCredential(scope, id, version, input, deps);
  if (written.kind !== "written") refuse(written.kind);
  return resourceOf(scope, written.value, deps);
}

/** Deletes a credential that no webhook uses (rule C4). @throws AppError `not-found`, `version-mismatch`, `credential-in-use` */
export async function removeCredential(scope: Scope, id: string, version: string, deps: CredentialDeps): Promise<void> {
  const written = await deps.credentials.remove(scope, id, version);
  if (written.kind === "in-use") {
    const names = written.webhooks.map((webhook) => `"${webhook.name}"`).join(", ");
    const detail = `The credential is in use by ${names}. Remove it from these webhooks first.`;
    throw new AppError("credential-in-use", detail, { extensions: { webhooks: written.webhooks } });
  }
  if (written.kind !== "written") refuse(written.kind);
}

async function find(scope: Scope, id: string, deps: CredentialDeps): Promise<Credential> {
  const credential = await deps.credentials.get(scope, id);
  if (credential === undefined) throw notFound();
  return credential;
}

async function resourceOf(
  scope: Scope,
  credential: Credential,
  deps: CredentialDeps,
): Promise<Resource<CredentialAnswer>> {
  const uses = await deps.credentials.uses(scope, [credential.id]);
  return { body: credentialAnswer(credential, uses.get(credential.id)?.length ?? 0), version: credential.version };
}

function parse(input: unknown, previous: Credential | undefined, deps: CredentialDeps): CredentialConfig {
  const parsed = parseCredential(input, { previous, headerCharacters: deps.headerCharacters });
  if (!parsed.ok) throw invalid(parsed.errors);
  return parsed.value;
}
