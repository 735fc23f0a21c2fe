import { createHmac, timingSafeEqual } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A client's key for the messages that the app sends to itself over the client's bus; used for nothing else. */
export interface MessageKey {
  /** Part of the message, so that the key is found when a newer one is current. */
  readonly id: string;
  readonly key: KeyObject;
}

/** What a message claims about its authenticity; nothing of it is proven yet. */
export interface ClaimedMac {
  readonly keyId: string;
  /** HMAC-SHA256 in base64url. */
  readonly mac: string;
  /** The bytes after the member `mac`. */
  readonly rest: Uint8Array;
}

/** The form of a key id, wherever it comes from. */
export const KEY_ID = /^[A-Za-z0-9_-]{1,64}$/;

const FORM = /^\{"mac":"v1\.([A-Za-z0-9_-]{1,64})\.([A-Za-z0-9_-]{43})",/;
/** Longest text that {@link FORM} matches, in bytes. */
const LONGEST_FORM = 128;

/**
 * The message with its MAC as the first member: `{"mac":"v1.<key id>.<HMAC-SHA256>",…`. The MAC covers the exact bytes of `body`, so verifying it
 * takes no canonical form of JSON.
 * @param body JSON text of an object with at least one member, without white space at its beginning
 */
export function withMac(body: string, { id, key }: MessageKey): Buffer {
  const rest = Buffer.from(body.slice(1), "utf8");
  return Buffer.concat([Buffer.from(`{"mac":"v1.${id}.${macOver(rest, key)}",`, "latin1"), rest]);
}

/** The MAC at the beginning of a message; undefined unless it begins exactly as {@link withMac} writes it. */
export function claimedMac(bytes: Uint8Array): ClaimedMac | undefined {
  const [form, keyId, mac] = FORM.exec(Buffer.from(bytes.subarray(0, LONGEST_FORM)).toString("latin1")) ?? [];
  if (form === undefined || keyId === undefined || mac === undefined) return undefined;
  return { keyId, mac, rest: bytes.subarray(form.length) };
}

/** Whether the MAC was made with this key over exactly these bytes; in constant time. */
export function isAuthentic({ mac, rest }: ClaimedMac, key: KeyObject): boolean {
  return timingSafeEqual(Buffer.from(mac, "latin1"), Buffer.from(macOver(rest, key), "latin1"));
}

/** Over the message without its member `mac`. */
function macOver(rest: Uint8Array, key: KeyObject): string {
  return createHmac("sha256", key).update("{").update(rest).digest("base64url");
}
