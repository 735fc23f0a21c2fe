import type { StoredMessage } from "./message.ts";

/** Where the messages of one entity outlive the process. */
export interface Keeper {
  /** What it held when opened: messages without locks, which do not outlive the process, and the last number issued. */
  readonly messages: readonly StoredMessage[];
  readonly lastNumber: number;
  /** Keeps a message that is new or has changed, without its lock; it is durable when this returns. */
  keep(message: StoredMessage): void;
  drop(sequenceNumber: number): void;
  close(): void;
}

/** Keeps nothing: messages end with the process. */
export const forgetful: Keeper = {
  messages: [],
  lastNumber: 0,
  keep: () => undefined,
  drop: () => undefined,
  close: () => undefined,
};
