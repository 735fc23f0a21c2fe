import type { PairAnswer } from "../contract/pairs.ts";
import type { Pair } from "./kept-secrets.ts";

/** A header or body pair as callers see it: a secret one has no value. The only place where pairs are revealed to callers. */
export function pairAnswer({ key, value, secret }: Pair): PairAnswer {
  return secret ? { key, secret } : { key, value: value.reveal(), secret };
}
