import type { Credential, CredentialConfig } from "../core/configuration/credential.ts";
import { parseCredential } from "./credential-input.ts";
import { AppError, notFound } from "../lib/errors.ts";
import { ID_RANDOM_BYTES, newId } from "../core/ids.ts";
import type { Clock } from "../lib/clock.ts";
import type { CredentialStore } from "../core/ports/configuration.ts";
import type { Page, PageRequest } from "../core/ports/pages.ts";
import type { Scope } from "../core/scope.ts";
import { invalid, refuse, requireVersion } from "./outcomes.ts";

/** What the stories of credentials need of the outside. */
export interface CredentialDeps {
  readonly credentials: CredentialStore;
  /** What header values may hold: the whole text must match. */
  readonly headerCharacters: RegExp;
  readonly now: Clock;
  /** This many random bytes. */
  readonly random: (bytes: number) => Uint8Array;
}

/** A credential and how many webhooks use it. */
export interface CountedCredential {
  readonly credential: Credential;
  readonly webhookCount: number;
}

/** Newest first. @throws AppError `malformed-request` for a bad cursor */
export async function listCredentials(
  scope: Scope,
  page: PageRequest,
  deps: CredentialDeps,
): Promise<Page<CountedCredential>> {
  const { items, next } = await deps.credentials.list(scope, page);
  const uses = await deps.credentials.uses(
    scope,
    items.map((credential) => credential.id),
  );
  return {
    items: items.map((credential) => ({ credential, webhookCount: uses.get(credential.id)?.length ?? 0 })),
    next,
  };
}

/** @throws AppError `not-found` */
export async function readCredential(scope: Scope, id: string, deps: CredentialDeps): Promise<CountedCredential> {
  const credential = await deps.credentials.get(scope, id);
  if (credential === undefined) throw notFound();
  return counted(scope, credential, deps);
}

/** @throws AppError `invalid`, `name-taken` */
export async function createCredential(scope: Scope, input: unknown, deps: CredentialDeps): Promise<CountedCredential> {
  const config = parseConfig(input, undefined, deps);
  const at = deps.now();
  const written = await deps.credentials.create(scope, newId("cr", at, deps.random(ID_RANDOM_BYTES)), config, at);
  if (written.kind !== "written") refuse(written.kind);
  return { credential: written.value, webhookCount: 0 };
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
): Promise<CountedCredential> {
  const { credential: previous } = await readCredential(scope, id, deps);
  requireVersion(previous.version, version);
  const config = parseConfig(input, previous, deps);
  // Kept secrets come from this very version, so only this one is replaced; `*` begins anew.
  const written = await deps.credentials.replace(scope, id, previous.version, config, deps.now());
  if (version === "*" && written.kind === "version-mismatch") return replaceCredential(scope, id, version, input, deps);
  if (written.kind !== "written") refuse(written.kind);
  return counted(scope, written.value, deps);
}

/** Deletes a credential that no webhook uses (rule C4). @throws AppError `not-found`, `version-mismatch`, `credential-in-use` */
export async function removeCredential(scope: Scope, id: string, version: string, deps: CredentialDeps): Promise<void> {
  const written = await deps.credentials.remove(scope, id, version);
  if (written.kind === "in-use") {
    const names = written.webhooks.map((webhook) => `"${webhook.name}"`).join(", ");
    throw new AppError(
      "credential-in-use",
      `The credential is in use by ${names}. Take it out of these webhooks first.`,
      {
        extensions: { webhooks: written.webhooks },
      },
    );
  }
  if (written.kind !== "written") refuse(written.kind);
}

async function counted(scope: Scope, credential: Credential, deps: CredentialDeps): Promise<CountedCredential> {
  const uses = await deps.credentials.uses(scope, [credential.id]);
  return { credential, webhookCount: uses.get(credential.id)?.length ?? 0 };
}

function parseConfig(input: unknown, previous: Credential | undefined, deps: CredentialDeps): CredentialConfig {
  const read = parseCredential(input, { previous, headerCharacters: deps.headerCharacters });
  if (!read.ok) throw invalid(read.errors);
  return read.value;
}
