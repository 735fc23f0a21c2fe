import { randomBytes } from "node:crypto";
import { Trouble } from "../lib/errors.ts";
import type { Clock } from "../lib/clock.ts";
import type { DataKeyStore, MemberKeys, MessageKeys, SecretBox } from "../core/ports/secrets.ts";
import { dataKeys } from "./data-keys.ts";
import { memberKeyFrom } from "./member-key.ts";
import { messageKeyFrom } from "./message-key.ts";
import { KEY_BYTES, openText, readSealed, sealText } from "./sealed-text.ts";
import { vaultKey } from "./vault-key.ts";
import type { Identity, VaultKey } from "./vault-key.ts";

export interface KeyVaultBoxOptions {
  /** `https://<vault>.vault.azure.net/keys/<name>`, without a version. */
  readonly keyUrl: string;
  readonly identity: Identity;
  readonly store: DataKeyStore;
  readonly clock: Clock;
}

const FORMAT = "s2";

/**
 * Seals secret texts with data keys, one per client and year, which a key in a Key Vault wraps: `s2.<data key id>.<nonce>.<ciphertext and
 * tag>`. The place's client decides whose data keys are used, so no client's value opens with another's key. Message keys are derived from the
 * same data keys.
 *
 * Connects to nothing yet. When the vault does not answer, `seal`, `open` and `check` fail within seconds and say why, unless the client's key
 * was unwrapped in the last ten minutes.
 */
export function keyVaultBox({
  keyUrl,
  identity,
  store,
  clock,
}: KeyVaultBoxOptions): SecretBox & MessageKeys & MemberKeys {
  const key = vaultKey(keyUrl, identity);
  const keys = dataKeys({ store, vaultKey: key, clock });
  return {
    seal: async (plain, place) => {
      const current = await keys.current(place.scope.client);
      return sealText(plain, place, FORMAT, current.id, current.key);
    },
    open: async (text, place) => {
      const sealed = readSealed(text, place, FORMAT);
      return openText(sealed, place, await keys.byId(place.scope.client, sealed.keyId));
    },
    check: () => comesBack(key),
    currentKey: async (client) => {
      const signing = await keys.signing(client);
      return { id: signing.id, key: messageKeyFrom(signing.key, client) };
    },
    memberKey: async (client) => memberKeyFrom(await keys.first(client), client),
    keyNamed: async (client, id) => {
      const known = await keys.known(client, id);
      return known && { id, key: messageKeyFrom(known, client) };
    },
  };
}

/**
 * Wraps 32 random bytes and unwraps them, past every cache, as is done with data keys: so it needs the same rights (get, wrapKey, unwrapKey) and
 * the same state of the key. Merely reading the key would also succeed for an app that may not use it.
 */
async function comesBack(key: VaultKey): Promise<void> {
  const plain = randomBytes(KEY_BYTES);
  const { wrapped, wrappedBy } = await key.wrap(plain);
  const back = await key.unwrap(wrapped, wrappedBy);
  if (!plain.equals(back)) throw new Trouble(`The key ${wrappedBy} does not unwrap what it wrapped.`);
}
