import { createSecretKey } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import * as z from "zod";
import { Trouble } from "../lib/errors.ts";
import { KEY_ID } from "../core/events/message-mac.ts";
import type { MemberKeys, MessageKeys, SecretBox } from "../core/ports/secrets.ts";
import { memberKeyFrom } from "./member-key.ts";
import { messageKeyFrom } from "./message-key.ts";
import { KEY_BYTES, openText, readSealed, sealText } from "./sealed-text.ts";

const FORMAT = "s1";

const keyFile = z
  .object({ current: z.string().min(1), keys: z.record(z.string().regex(KEY_ID), z.string()) })
  .refine((file) => file.current in file.keys, { message: "`current` names a key that is not in `keys`" });

/**
 * Seals secret texts with the keys of a file, and derives message keys from them, for local development. The sealed text has the key's id, so
 * that keys can rotate:
 * `s1.<key id>.<nonce>.<ciphertext and tag>`.
 *
 * @param path a JSON file `{ "current": "k1", "keys": { "k1": "<base64 of 32 bytes>" } }`, read once
 * @throws when the file is missing or does not have that form; the message names the file, never a key
 */
export function keyFileBox(path: string): SecretBox & MessageKeys & MemberKeys {
  const { current, keys } = readKeys(path);

  return {
    seal: (plain, place) => settled(() => sealText(plain, place, FORMAT, current, keyNamed(keys, current))),
    open: (text, place) =>
      settled(() => {
        const sealed = readSealed(text, place, FORMAT);
        return openText(sealed, place, keyNamed(keys, sealed.keyId));
      }),
    check: () => Promise.resolve(), // The file was read at the start.
    currentKey: (client) => settled(() => ({ id: current, key: messageKeyFrom(keyNamed(keys, current), client) })),
    memberKey: (client) => settled(() => memberKeyFrom(keyNamed(keys, [...keys.keys()][0] ?? current), client)),
    keyNamed: (client, id) => {
      const key = keys.get(id);
      return Promise.resolve(key && { id, key: messageKeyFrom(key, client) });
    },
  };
}

/** What `work` returns or throws, as a promise. Not `Promise.try`, which Node 22 lacks: Azure may run the app on it. */
function settled<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}

function keyNamed(keys: ReadonlyMap<string, KeyObject>, id: string): KeyObject {
  const key = keys.get(id);
  if (!key) throw new Trouble(`The key "${id}" that sealed this value is not in the key file.`);
  return key;
}

function readKeys(path: string): { current: string; keys: ReadonlyMap<string, KeyObject> } {
  const read = keyFile.safeParse(parseFile(path));
  if (!read.success)
    throw new Trouble(`The key file ${path} does not have the form { current, keys }: ${z.prettifyError(read.error)}`);
  const keys = new Map<string, KeyObject>();
  for (const [id, text] of Object.entries(read.data.keys)) {
    const bytes = Buffer.from(text, "base64");
    if (bytes.length !== KEY_BYTES)
      throw new Trouble(`Key "${id}" of ${path} must be 32 bytes in base64, it has ${String(bytes.length)}.`);
    keys.set(id, createSecretKey(bytes));
  }
  return { current: read.data.current, keys };
}

function parseFile(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Trouble(`The key file ${path} (setting SECRETS_KEY_FILE) cannot be read as JSON.`);
  }
}
