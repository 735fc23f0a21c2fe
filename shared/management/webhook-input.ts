import { checkWebhook, namedCredential } from "../contract/check-webhook.ts";
import type { Parsed } from "../contract/field-errors.ts";
import { fieldError, onePerField } from "../contract/field-errors.ts";
import { sameDestination } from "../core/configuration/destination.ts";
import type { Webhook, WebhookConfig } from "../core/configuration/webhook.ts";
import { withKeptSecrets } from "./kept-secrets.ts";

export interface WebhookContext {
  /** The stored webhook that a PUT replaces; undefined on POST. */
  readonly previous: Webhook | undefined;
  /** What a header value may contain: the whole text must match. */
  readonly headerCharacters: RegExp;
  /** Whether the credential that the input names is one of the scope's. */
  readonly credentialFound: boolean;
}

/**
 * Rules W2 to W12 and E1 over the body of POST or PUT. Pure.
 * @returns the configuration, or every bad field, one entry each
 */
export function parseWebhook(input: unknown, context: WebhookContext): Parsed<WebhookConfig> {
  const { previous, headerCharacters, credentialFound } = context;
  const { fields, destination, ...checked } = checkWebhook(input, headerCharacters, previous !== undefined);
  const headers = withKeptSecrets(checked.headers, {
    field: "headers",
    pairs: previous?.headers ?? [],
    // A URL that is refused is reported as such: nothing would be sent there.
    moved: previous !== undefined && destination !== undefined && !sameDestination(destination, previous),
  });
  const errors = [...checked.errors, ...headers.errors];
  if (namedCredential(input) !== undefined && !credentialFound) {
    errors.push(fieldError(["credentialId"], "not-found", "There is no such credential in this environment."));
  }
  if (fields === undefined || errors.length > 0) return { ok: false, errors: onePerField(errors) };
  return { ok: true, value: { ...fields, headers: headers.pairs } };
}
