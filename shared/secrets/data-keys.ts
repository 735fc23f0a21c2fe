import { createSecretKey, randomBytes } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { Trouble } from "../lib/errors.ts";
import type { Clock } from "../lib/clock.ts";
import type { DataKeyStore, WrappedDataKey } from "../core/ports/secrets.ts";
import { ttlCache } from "../lib/ttl-cache.ts";
import { KEY_BYTES } from "./sealed-text.ts";
import type { VaultKey } from "./vault-key.ts";

/** How long an unwrapped key is used before the vault is asked again, in milliseconds. Revoking the app's rights takes effect this late. */
const USED_FOR_MS = 10 * 60_000;

/** How long a data key seals, in milliseconds. Older ones only open; NIST SP 800-57 part 1 section 5.3.6 allows at most two years. */
const SEALS_FOR_MS = 365 * 86_400_000;

/**
 * How old a data key is before messages are signed with it, in milliseconds. Far longer than {@link USED_FOR_MS}, after which every instance
 * knows of a new key: an id that is not in its list is one that nobody signs with.
 */
const SIGNS_AFTER_MS = 60 * 60_000;

/** How many keys are kept: a deployment has at most eighty clients. */
const MAX_HELD = 500;

/** A data key, unwrapped. */
interface OpenKey {
  readonly id: string;
  readonly key: KeyObject;
}

export interface DataKeys {
  /** The key that seals now. Created when the client has none, or none younger than a year. */
  current(client: string): Promise<OpenKey>;
  /** The key that message keys are derived from now: one that every instance knows, which may not be the newest. */
  signing(client: string): Promise<OpenKey>;
  /** The client's first key, which never changes. */
  first(client: string): Promise<KeyObject>;
  /** The key of that id if the client had one in the last ten minutes; unknown ids cost neither a read nor a call. */
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
 * Data keys of the clients, wrapped in the store, unwrapped by the vault for ten minutes at a time. Those who ask at the same time share one
 * unwrap; a failure is not remembered.
 */
export function dataKeys({ store, vaultKey, clock }: DataKeysDeps): DataKeys {
  const listed = ttlCache<Listed>({ clock, ttlMs: USED_FOR_MS, max: MAX_HELD });
  const unwrapped = ttlCache<KeyObject>({ clock, ttlMs: USED_FOR_MS, max: MAX_HELD });

  const byId: DataKeys["byId"] = (client, id) =>
    unwrapped(`${client}/${id}`, async () => {
      const found = (await store.all(client)).find((key) => key.id === id);
      if (!found)
        throw new Trouble(
          `The data key ${id} of ${client} is missing, so nothing that was sealed with it can be opened.`,
        );
      return keyFrom(await vaultKey.unwrap(found.wrapped, found.wrappedBy), client, id);
    });

  const keysOf = (client: string): Promise<Listed> =>
    listed(client, () => listKeys(client, { store, vaultKey, clock }));

  return {
    byId,
    current: async (client) => {
      const { id } = (await keysOf(client)).newest;
      // Unwrapped even when it was just created: nothing is sealed with a key that cannot be unwrapped.
      return { id, key: await byId(client, id) };
    },
    signing: async (client) => {
      const { all, newest } = await keysOf(client);
      const isKnown = (key: WrappedDataKey): boolean => clock().getTime() - key.createdAt.getTime() >= SIGNS_AFTER_MS;
      // A client's first key need not be waited for: an instance that finds no key creates it, or reads it.
      const { id } = all.findLast(isKnown) ?? all[0] ?? newest;
      return { id, key: await byId(client, id) };
    },
    first: async (client) => {
      const { all, newest } = await keysOf(client);
      return byId(client, (all[0] ?? newest).id);
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

/** The keys as they are, with the next one created if the newest is too old. Of instances that create it at the same time, the first insert wins. */
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
  if (!made) throw new Trouble(`The data key ${id} of ${client} was stored but cannot be found.`);
  return { all, newest: made };
}

/** `k0001`, `k0002`, …: every instance counts them alike, so that the insert decides who was first; they sort by age. */
function idAfter(newest: WrappedDataKey | undefined): string {
  const count = newest ? Number(newest.id.slice(1)) : 0;
  return `k${String(count + 1).padStart(4, "0")}`;
}

function keyFrom(plain: Uint8Array, client: string, id: string): KeyObject {
  if (plain.length !== KEY_BYTES)
    throw new Trouble(`The data key ${id} of ${client} does not unwrap to an AES-256 key.`);
  const key = createSecretKey(plain);
  plain.fill(0);
  return key;
}
