import * as z from "zod";
import type { CheckedPair } from "./check-pairs.ts";
import { checkPairs } from "./check-pairs.ts";
import type { CredentialRequest } from "./credential.ts";
import { CREDENTIAL_READ_ONLY, credentialRequest } from "./credential.ts";
import type { FieldError } from "./field-errors.ts";
import { fieldErrors } from "./field-errors.ts";
import { withoutFields } from "./without-fields.ts";

/** A request body after every check that needs nothing but the body. */
export interface CheckedCredential {
  /** All fields but the pairs, which are apart; undefined when a field has the wrong form. */
  readonly fields: Omit<CredentialRequest, "headers" | "body"> | undefined;
  readonly headers: readonly CheckedPair[];
  readonly body: readonly CheckedPair[];
  /** As it came; undefined when it is not a text. */
  readonly url: string | undefined;
  readonly errors: readonly FieldError[];
}

/**
 * Rules C1 and C2 over the body of POST or PUT, as far as they can be checked without what is stored. All errors at once; nothing is secret here,
 * values are plain texts.
 * @param headerCharacters what a header value may contain: the whole text must match
 * @param replaces true on PUT, which ignores the fields that only answers have
 */
export function checkCredential(input: unknown, headerCharacters: RegExp, replaces: boolean): CheckedCredential {
  const shape = credentialRequest.safeParse(replaces ? withoutFields(input, CREDENTIAL_READ_ONLY) : input, {
    reportInput: true,
  });
  const loose = z.looseObject({}).safeParse(input).data ?? {};
  const headers = checkPairs(loose["headers"], {
    field: "headers",
    headerCharacters,
    reserved: new Map([["content-type", "Set contentType instead."]]),
  });
  const body = checkPairs(loose["body"], { field: "body", headerCharacters: undefined });
  const errors = [...(shape.success ? [] : fieldErrors(shape.error)), ...headers.errors, ...body.errors];
  const url = typeof loose["url"] === "string" ? loose["url"] : undefined;
  return { fields: shape.data, headers: headers.pairs, body: body.pairs, url, errors };
}
