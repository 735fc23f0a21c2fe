import type { CheckedPair } from "../contract/check-pairs.ts";
import type { FieldError } from "../contract/field-errors.ts";
import { fieldError } from "../contract/field-errors.ts";
import { carriesSecret } from "../contract/header-rules.ts";
import { Secret } from "../core/secret.ts";

/** A pair as it is stored. */
export interface Pair {
  readonly key: string;
  readonly value: Secret;
  readonly secret: boolean;
}

/** What is stored now for the same field. */
export interface Stored {
  /** Field name, the first step of every pointer. */
  readonly field: "headers" | "body";
  /** None on create. */
  readonly pairs: readonly Pair[];
  /** True: the URL leads to another host or port than the stored one did, so secrets must be given again (rules C5 and W12). */
  readonly moved: boolean;
}

/**
 * Pairs with their values as secrets: a value that the request gives, or, of a secret that it leaves out, the stored one. A pair is secret if the
 * request says so; else as it is stored; else if its key looks like one.
 */
export function withKeptSecrets(
  pairs: readonly CheckedPair[],
  stored: Stored,
): { readonly pairs: Pair[]; readonly errors: FieldError[] } {
  const read = pairs.map((pair) => withValue(pair, stored));
  return {
    pairs: read.filter((one): one is Pair => !("pointer" in one)),
    errors: read.filter((one) => "pointer" in one),
  };
}

function withValue(pair: CheckedPair, { field, pairs, moved }: Stored): Pair | FieldError {
  const { index, key } = pair;
  const stored = pairs.find((one) => nameOf(one.key, field) === nameOf(key, field));
  const secret = pair.secret ?? stored?.secret ?? carriesSecret(key);
  if (pair.value !== undefined || stored?.secret !== true) return { key, value: new Secret(pair.value ?? ""), secret };
  const at = [field, index, "value"];
  if (!secret) return fieldError(at, "required", "To make a secret readable, give its value again.");
  if (moved) {
    return fieldError(
      at,
      "required",
      "The URL leads to another host or port, or to an unknown one: give the secret again.",
    );
  }
  return { key, value: stored.value, secret };
}

/** Header names are case-insensitive (RFC 9110, section 5.1); form and JSON names are not. */
function nameOf(key: string, field: Stored["field"]): string {
  return field === "headers" ? key.toLowerCase() : key;
}
