import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Trouble } from "../lib/errors.ts";
import type { SealPlace } from "../core/ports/secrets.ts";
import { scopeKey } from "../core/scope.ts";

const ALGORITHM = "aes-256-gcm";
/** Bytes; 96 bits is what NIST SP 800-38D section 8.2 recommends for GCM. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Length of an AES-256 key, in bytes. */
export const KEY_BYTES = 32;

/** The parts of a sealed text: `<format>.<key id>.<nonce>.<ciphertext and tag>`. */
export interface SealedParts {
  readonly keyId: string;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
  readonly tag: Buffer;
}

/**
 * Seals a text: AES-256-GCM, a fresh nonce for each seal, the place (scope, row, field) as additional data.
 * @param format which kind of box sealed it, and so can find the key by its id
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export function sealText(plain: string, place: SealPlace, format: string, keyId: string, key: KeyObject): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  cipher.setAAD(additionalData(place));
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return [format, keyId, nonce.toString("base64url"), sealed.toString("base64url")].join(".");
}

/** The parts of a sealed text. @throws when it does not have that form; the message names the place, never the text */
export function readSealed(text: string, place: SealPlace, format: string): SealedParts {
  const [found, keyId, nonce, sealed] = text.split(".");
  if (found !== format || keyId === undefined || nonce === undefined || sealed === undefined) {
    throw new Trouble(
      `The sealed value of ${place.row} ${place.field} has an unknown form; here it begins with ${format}.`,
    );
  }
  const bytes = Buffer.from(sealed, "base64url");
  const end = Math.max(bytes.length - TAG_BYTES, 0);
  return {
    keyId,
    nonce: Buffer.from(nonce, "base64url"),
    ciphertext: bytes.subarray(0, end),
    tag: bytes.subarray(end),
  };
}

/** The text that was sealed. @throws when it was changed, or sealed for another place or with another key */
export function openText({ nonce, ciphertext, tag }: SealedParts, place: SealPlace, key: KeyObject): string {
  try {
    const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(additionalData(place));
    decipher.setAuthTag(tag);
    return decipher.update(ciphertext).toString("utf8") + decipher.final("utf8");
  } catch {
    throw new Trouble(
      `The sealed value of ${place.row} ${place.field} does not open: it was changed or sealed for another place.`,
    );
  }
}

/** The place as bytes, unique to it: parts are joined by a character that none of them may contain. */
function additionalData(place: SealPlace): Buffer {
  return Buffer.from([scopeKey(place.scope), place.row, place.field].join("\n"), "utf8");
}
