import type { StoredMessage } from "./message.ts";

/** Where the messages of one entity outlive the process. */
export interface Keeper {
  /** What was there when it was opened: messages without locks, which do not outlive the process, and the last number that was given. */
  readonly messages: readonly StoredMessage[];
  readonly lastNumber: number;
  /** Takes a message that is new or has changed; it is kept when this returns. Its lock is not. */
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
