import type { MessageContent, StoredMessage } from "./message.ts";

export type ReceiveMode = "peek-lock" | "receive-and-delete";

/** Where a message comes from when it was not sent here: a hop of auto-forward, or a move into a dead-letter queue. */
export interface Origin {
  readonly enqueuedSequenceNumber: number;
  readonly deadLetterSource?: string | undefined;
  /** A dead-letter queue keeps the number, the enqueue time and the delivery count of what it is given. */
  readonly moved?: Pick<StoredMessage, "sequenceNumber" | "enqueuedAt" | "deliveryCount">;
}

export type Accept = (content: MessageContent, origin?: Origin) => number;

/** Durations in milliseconds. */
export interface StoreOptions {
  readonly lockDuration: number;
  readonly maxDeliveryCount: number;
  readonly defaultTimeToLive: number;
  readonly deadLetterOnExpiration: boolean;
  readonly duplicateWindow: number | undefined;
  /** Takes what this entity dead-letters; absent in a dead-letter queue, whose messages stay. */
  readonly deadLetter: Accept | undefined;
  /** Auto-forward: takes every message in place of this entity as soon as it would become active. */
  readonly handOn: Accept | undefined;
}

/** What a store signals: a message can be taken; a timer earlier than all others was set. */
export interface StoreSignals {
  readonly available: () => void;
  readonly timerSet: (at: number) => void;
}
