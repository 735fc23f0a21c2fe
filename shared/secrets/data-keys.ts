import { createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Trouble } from "../lib/errors.ts";
import type { Clock } from "../lib/clock.ts";
import type { DataKeyStore, WrappedDataKey } from "../core/ports/secrets.ts";
import { ttlCache } from "../lib/ttl-cache.ts";
import { KEY_BYTES } from "./sealed-text.ts";
import type { VaultKey } from "./vault-key.ts";

/** How long an unwrapped key is used before the vault is asked again, in milliseconds: so long does taking the app's rights away take. */
const USED_FOR_MS = 10 * 60_000;

/** How long a data key seals, in milliseconds. Older ones only open; NIST SP 800-57 part 1 section 5.3.6 bounds it by two years. */
const SEALS_FOR_MS = 365 * 86_400_000;

/**
 * How old a data key is before messages are signed with it, in milliseconds. Far longer than {@link USED_FOR_MS}, which is how long an
 * instance can go without hearing of a new key: an id that is not in its list is then one that nobody signs with.
 */
const SIGNS_AFTER_MS = 60 * 60_000;

/** How many keys are held: a stamp has at most eighty clients. */
const MAX_HELD = 500;

/** A data key, unwrapped. */
interface OpenKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface DataKeys {
  /** The key that seals now. Made when the client has none, or none younger than a year. */
  current(client: string): Promise<OpenKey>;
  /** The key whose descendant signs messages now: one that every instance knows, which the newest may not be. */
  signing(client: string): Promise<OpenKey>;
  /** The key of that id if the client had one in the last ten minutes; ids that it has not cost neither a read nor a call. */
  known(client: string, id: string): Promise<KeyObject | undefined>;
  /** The key of that id. @throws when the client has none of that id, or the vault does not unwrap it */
  byId(client: string, id: string): Promise<KeyObject>;
}

/** What unwraps the data keys, and where they are kept. */
export interface DataKeysDeps {
  readonly store: DataKeyStore;
  readonly vaultKey: VaultKey;
  readonly clock: Clock;
}

/**
 * Data keys of the clients, wrapped in the store, unwrapped by the vault for ten minutes at a time. Who asks at the same time shares one
 * unwrap; a failure is told to them and not remembered.
 */
export function dataKeys({ store, vaultKey, clock }: DataKeysDeps): DataKeys {
  const listed = ttlCache<Listed>({ clock, ttlMs: USED_FOR_MS, max: MAX_HELD });
  const unwrapped = ttlCache<KeyObject>({ clock, ttlMs: USED_FOR_MS, max: MAX_HELD });

  const byId: DataKeys["byId"] = (client, id) =>
    unwrapped(`${client}/${id}`, async () => {
      const found = (await store.all(client)).find((key) => key.id === id);
      if (!found)
        throw new Trouble(`The data key ${id} of ${client} is gone, and with it all that was sealed with it.`);
      return keyFrom(await vaultKey.unwrap(found.wrapped, found.wrappedBy), client, id);
    });

  const keysOf = (client: string): Promise<Listed> =>
    listed(client, () => listKeys(client, { store, vaultKey, clock }));

  return {
    byId,
    current: async (client) => {
      const { id } = (await keysOf(client)).newest;
      // Unwrapped also when it was made just now: nothing is sealed with a key that does not come back.
      return { id, key: await byId(client, id) };
    },
    signing: async (client) => {
      const { all, newest } = await keysOf(client);
      const isKnown = (key: WrappedDataKey): boolean => clock().getTime() - key.createdAt.getTime() >= SIGNS_AFTER_MS;
      // A client's first key needs no time to get known: whoever finds no key makes it, or reads it.
      const { id } = all.findLast(isKnown) ?? all[0] ?? newest;
      return { id, key: await byId(client, id) };
    },
    known: async (client, id) => {
      const { all } = await keysOf(client);
      return all.some((key) => key.id === id) ? byId(client, id) : undefined;
    },
  };
}

/** All data keys of a client, oldest first; the last one seals. */
interface Listed {
  readonly all: readonly WrappedDataKey[];
  readonly newest: WrappedDataKey;
}

/** The keys as they are, the next one made when the newest is too old. Of instances that make it at once, the first insert wins. */
async function listKeys(client: string, { store, vaultKey, clock }: DataKeysDeps): Promise<Listed> {
  const found = await store.all(client);
  const newest = found.at(-1);
  const createdAt = clock();
  if (newest && createdAt.getTime() - newest.createdAt.getTime() < SEALS_FOR_MS) return { all: found, newest };
  const id = idAfter(newest);
  const plain = randomBytes(KEY_BYTES);
  try {
    await store.add(client, { id, createdAt, ...(await vaultKey.wrap(plain)) });
  } finally {
    plain.fill(0);
  }
  const all = await store.all(client);
  const made = all.at(-1);
  if (!made) throw new Trouble(`The data key ${id} of ${client} was kept and is not there.`);
  return { all, newest: made };
}

/** `k0001`, `k0002`, …: ids that every instance counts alike, so that an insert tells who was first, and that sort by age. */
function idAfter(newest: WrappedDataKey | undefined): string {
  const count = newest ? Number(newest.id.slice(1)) : 0;
  return `k${String(count + 1).padStart(4, "0")}`;
}

function keyFrom(plain: Uint8Array, client: string, id: string): KeyObject {
  if (plain.length !== KEY_BYTES)
    throw new Trouble(`The data key ${id} of ${client} does not unwrap to a key of AES-256.`);
  const key = createSecretKey(plain);
  plain.fill(0);
  return key;
}
