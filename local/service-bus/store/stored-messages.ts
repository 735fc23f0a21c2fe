import { createHeap } from "./heap.ts";
import type { Keeper } from "./keeper.ts";
import type { StoredMessage } from "./message.ts";

/** The messages of one entity by sequence number, the queue of those that can be taken, and the keeper that writes them down. */
export interface StoredMessages {
  readonly size: number;
  has(sequenceNumber: number): boolean;
  get(sequenceNumber: number): StoredMessage | undefined;
  all(): Iterable<StoredMessage>;
  /** Stores a message that is new or has changed. */
  put(message: StoredMessage): void;
  /** Changes a message in memory alone: locks do not outlive the process. */
  putLock(message: StoredMessage): void;
  /** False when there is none of this number. */
  remove(sequenceNumber: number): boolean;
  /** Stores a message and lets it be taken. */
  makeReady(message: StoredMessage): void;
  /** Takes the lowest number out of the queue. */
  nextReady(): StoredMessage | undefined;
}

/** The messages that `keeper` has, those that are active ready to be taken. `available` is called whenever one becomes ready later. */
export function createStoredMessages(keeper: Keeper, available: () => void): StoredMessages {
  const messages = new Map(keeper.messages.map((message) => [message.sequenceNumber, message]));
  const ready = createHeap<number>((sequenceNumber) => sequenceNumber);
  for (const { sequenceNumber, state } of keeper.messages) if (state === "active") ready.push(sequenceNumber);

  const put = (message: StoredMessage): void => {
    messages.set(message.sequenceNumber, message);
    keeper.keep(message);
  };

  return {
    get size(): number {
      return messages.size;
    },
    has: (sequenceNumber) => messages.has(sequenceNumber),
    get: (sequenceNumber) => messages.get(sequenceNumber),
    all: () => messages.values(),
    put,
    putLock: (message) => {
      messages.set(message.sequenceNumber, message);
    },
    remove: (sequenceNumber) => {
      keeper.drop(sequenceNumber);
      return messages.delete(sequenceNumber);
    },
    makeReady: (message) => {
      put(message);
      ready.push(message.sequenceNumber);
      available();
    },
    nextReady: () => {
      for (let number = ready.pop(); number !== undefined; number = ready.pop()) {
        const message = messages.get(number);
        if (message !== undefined) return message;
      }
      return undefined;
    },
  };
}
