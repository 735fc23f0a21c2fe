import { createSecretKey, hkdfSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Derived keys by data key and client: every message asks for one. They go with the data key. */
const derived = new WeakMap<KeyObject, Map<string, KeyObject>>();

/** Bytes; as long as the digest of its HMAC (RFC 2104 section 3). */
const LENGTH = 32;

/**
 * The key that authenticates a client's own messages, derived from a key that seals its secrets: HKDF-SHA256 (RFC 5869). Purpose and client are
 * in `info`, so that it can make neither a sealed secret nor another client's message, even where clients share a key.
 */
export function messageKeyFrom(dataKey: KeyObject, client: string): KeyObject {
  const ofKey = derived.get(dataKey) ?? new Map<string, KeyObject>();
  derived.set(dataKey, ofKey);
  const known = ofKey.get(client);
  if (known !== undefined) return known;
  const made = createSecretKey(
    Buffer.from(hkdfSync("sha256", dataKey, "", `kls-webhooks message-mac v1\n${client}`, LENGTH)),
  );
  ofKey.set(client, made);
  return made;
}
