import type { Secret } from "../../shared/core/secret.ts";

/** A header or body pair as callers see it: what is marked secret has no value. The only place where pairs are revealed to callers. */
export function pairAnswer(pair: { key: string; value: Secret; secret: boolean }): {
  key: string;
  value?: string;
  secret: boolean;
} {
  const { key, secret } = pair;
  return secret ? { key, secret } : { key, value: pair.value.reveal(), secret };
}
