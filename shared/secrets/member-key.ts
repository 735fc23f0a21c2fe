import { createSecretKey, hkdfSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Bytes; as long as the digest of its HMAC (RFC 2104 section 3). */
const LENGTH = 32;

/** Derived once for each data key as it was unwrapped: every event asks for it. */
const derived = new WeakMap<KeyObject, Map<string, KeyObject>>();

/**
 * The key that a client's members are hashed with in keys of tables, from the client's first data key: HKDF-SHA256 (RFC 5869). Purpose and
 * client are in `info`, so that it is good for nothing else, also where clients share a data key.
 */
export function memberKeyFrom(dataKey: KeyObject, client: string): KeyObject {
  const known = derived.get(dataKey) ?? new Map<string, KeyObject>();
  const key = known.get(client) ?? derive(dataKey, client);
  known.set(client, key);
  derived.set(dataKey, known);
  return key;
}

function derive(dataKey: KeyObject, client: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", dataKey, "", `kls-webhooks member v1\n${client}`, LENGTH)));
}
