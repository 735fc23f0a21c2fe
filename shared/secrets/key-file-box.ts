import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import type { SealPlace, SecretBox } from "../core/ports.ts";
import { scopeKey } from "../core/scope.ts";

const ALGORITHM = "aes-256-gcm";
/** Bytes; 96 bits is what NIST SP 800-38D section 8.2 recommends for GCM. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const FORMAT = "s1";

const keyFile = z
  .object({ current: z.string().min(1), keys: z.record(z.string(), z.string()) })
  .refine((file) => file.current in file.keys, { message: "`current` names a key that is not in `keys`" });

/**
 * Seals secret texts with the keys of a file, for local development: AES-256-GCM, a fresh nonce for each seal, the place (scope, row,
 * field) as additional data, the key's id in the sealed text so that keys can rotate: `s1.<key id>.<nonce>.<ciphertext and tag>`.
 *
 * @param path a JSON file `{ "current": "k1", "keys": { "k1": "<base64 of 32 bytes>" } }`, read once
 * @throws when the file is missing or is not of that form; the message names the file, never a key
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 */
export function keyFileBox(path: string): SecretBox {
  const { current, keys } = readKeys(path);

  return {
    seal: (plain, place) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, keyNamed(keys, current), nonce);
      cipher.setAAD(additionalData(place));
      const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return Promise.resolve([FORMAT, current, nonce.toString("base64url"), sealed.toString("base64url")].join("."));
    },
    open: (text, place) => Promise.try(() => openSealed(keys, text, place)),
    check: () => Promise.resolve(), // The file was read at the start.
  };
}

function openSealed(keys: ReadonlyMap<string, KeyObject>, text: string, place: SealPlace): string {
  const [format, keyId, nonce, sealed] = text.split(".");
  if (format !== FORMAT || keyId === undefined || nonce === undefined || sealed === undefined) {
    throw new Error(`The sealed value of ${place.row} ${place.field} has an unknown form.`);
  }
  const bytes = Buffer.from(sealed, "base64url");
  const decipher = createDecipheriv(ALGORITHM, keyNamed(keys, keyId), Buffer.from(nonce, "base64url"), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(additionalData(place));
  decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
  try {
    return decipher.update(bytes.subarray(0, bytes.length - TAG_BYTES)).toString("utf8") + decipher.final("utf8");
  } catch (cause) {
    throw new Error(
      `The sealed value of ${place.row} ${place.field} does not open: it was changed or sealed for another place.`,
      { cause },
    );
  }
}

/** The place as bytes that no other place can give: parts are joined by a character that none of them may hold. */
function additionalData(place: SealPlace): Buffer {
  return Buffer.from([scopeKey(place.scope), place.row, place.field].join("\n"), "utf8");
}

function keyNamed(keys: ReadonlyMap<string, KeyObject>, id: string): KeyObject {
  const key = keys.get(id);
  if (!key) throw new Error(`The key "${id}" that sealed this value is not in the key file.`);
  return key;
}

function readKeys(path: string): { current: string; keys: ReadonlyMap<string, KeyObject> } {
  const read = keyFile.safeParse(parseFile(path));
  if (!read.success)
    throw new Error(`The key file ${path} is not of the form { current, keys }: ${z.prettifyError(read.error)}`);
  const keys = new Map<string, KeyObject>();
  for (const [id, text] of Object.entries(read.data.keys)) {
    const bytes = Buffer.from(text, "base64");
    if (bytes.length !== 32)
      throw new Error(`Key "${id}" of ${path} must be 32 bytes in base64, it has ${String(bytes.length)}.`);
    keys.set(id, createSecretKey(bytes));
  }
  return { current: read.data.current, keys };
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (cause) {
    throw new Error(`The key file ${path} (setting SECRETS_KEY_FILE) cannot be read as JSON.`, { cause });
  }
}
