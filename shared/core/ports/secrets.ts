import type { KeyObject } from "node:crypto";
import type { MessageKey } from "../events/message-mac.ts";
import type { Scope } from "../scope.ts";

/** What locates a sealed value; it is the additional data of the seal, so a value moved elsewhere does not open. */
export interface SealPlace {
  readonly scope: Scope;
  /** Id of the row's resource, for example `wh_…`. */
  readonly row: string;
  /** Field within it, for example `headers/0`. */
  readonly field: string;
}

/** Seals secret texts for the tables and opens them again. */
export interface SecretBox {
  seal(plain: string, place: SealPlace): Promise<string>;
  /** @throws when the value was sealed for another place, was changed, or its key is gone. */
  open(sealed: string, place: SealPlace): Promise<string>;
  /** Resolves when the keys can be had now. @throws with the reason when they cannot */
  check(): Promise<void>;
}

/** Gives the keys that the app's messages to itself are authenticated with. */
export interface MessageKeys {
  /** The key for new messages; every instance of the app knows it. @throws when it cannot be had now */
  currentKey(client: string): Promise<MessageKey>;
  /**
   * The client's key of that id, also one that is not current any more; undefined when it has none. Ids that no client has are recognized from
   * memory, so that made-up ones cost nothing.
   * @throws when it cannot be had now
   */
  keyNamed(client: string, id: string): Promise<MessageKey | undefined>;
}

/** Gives the keys that members are hashed with where they are looked up. */
export interface MemberKeys {
  /** Always the same one for a client, whichever keys seal its secrets by then. @throws when it cannot be had now */
  readonly memberKey: (client: string) => Promise<KeyObject>;
}

/** A client's data key as it is kept: wrapped by the vault's key, useless without it. */
export interface WrappedDataKey {
  /** `k0001`, `k0002`, …; part of every text sealed with the key. */
  readonly id: string;
  readonly wrapped: Uint8Array;
  /** Id of the vault's key that wrapped it, with its version: only that version unwraps it. */
  readonly wrappedBy: string;
  readonly createdAt: Date;
}

/** Keeps the wrapped data keys of clients. Whoever deletes a client's keys here makes all its secrets unreadable for ever. */
export interface DataKeyStore {
  /** All keys of a client, oldest first: few, one for each year. */
  all(client: string): Promise<readonly WrappedDataKey[]>;
  /** Keeps a new key; false when the client has one of that id already, which stays as it is. */
  add(client: string, key: WrappedDataKey): Promise<boolean>;
}
