import { createSecretKey, hkdfSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** Bytes; as long as the digest of its HMAC (RFC 2104 section 3). */
const LENGTH = 32;

/**
 * The key that a client's own messages are authenticated with, from a key that seals its secrets: HKDF-SHA256 (RFC 5869). Purpose and
 * client stand in `info`, so that neither a sealed secret nor another client's message can be made with it, also where clients share a key.
 */
export function messageKeyFrom(dataKey: KeyObject, client: string): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync("sha256", dataKey, "", `kls-webhooks message-mac v1\n${client}`, LENGTH)),
  );
}
