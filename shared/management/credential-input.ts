import { checkCredential } from "../contract/check-credential.ts";
import type { Parsed } from "../contract/field-errors.ts";
import { onePerField } from "../contract/field-errors.ts";
import { plainText } from "../contract/plain-text.ts";
import type { Credential, CredentialConfig } from "../core/configuration/credential.ts";
import { withKeptSecrets } from "./kept-secrets.ts";

export interface CredentialContext {
  /** The stored credential that a PUT replaces; undefined on POST. */
  readonly previous: Credential | undefined;
  /** What a header value may contain: the whole text must match. */
  readonly headerCharacters: RegExp;
}

/**
 * Rules C1, C2 and C5 over the body of POST or PUT. Pure.
 * @returns the configuration, or every bad field, one entry each
 */
export function parseCredential(input: unknown, context: CredentialContext): Parsed<CredentialConfig> {
  const { previous, headerCharacters } = context;
  const { fields, url, ...checked } = checkCredential(input, headerCharacters, previous !== undefined);
  const moved = previous !== undefined && url !== undefined && hostOf(url) !== hostOf(previous.url);
  const headers = withKeptSecrets(checked.headers, { field: "headers", pairs: previous?.headers ?? [], moved });
  const body = withKeptSecrets(checked.body, { field: "body", pairs: previous?.body ?? [], moved });
  const errors = [...checked.errors, ...headers.errors, ...body.errors];
  if (fields === undefined || errors.length > 0) return { ok: false, errors: onePerField(errors) };
  return { ok: true, value: { ...fields, headers: headers.pairs, body: body.pairs } };
}

/** Host and port that a token request goes to; the whole text where it is not a URL. */
function hostOf(url: string): string {
  return URL.parse(plainText(url))?.host ?? url;
}
