import type { RetryMessage } from "../events/retry-message.ts";

/** Sends a delivery back to the bus, to come again later. */
export interface RetryScheduler {
  /**
   * Durable once it resolves with `scheduled`. `too-large`: with its event the retry message is over the bus's message limit, though the event alone
   * was not. @throws when the bus cannot be reached.
   */
  schedule(retryMessage: RetryMessage, at: Date): Promise<"scheduled" | "too-large">;
}

/**
 * The scheduler of one client's bus, with the key that signs its messages in hand: asked for before a request leaves, so that no vault is
 * needed after it. @throws when the key cannot be had now
 */
export type OpenRetryScheduler = () => Promise<RetryScheduler>;

/** Settles a message other than by return or throw. */
export interface Settlement {
  /** Moves the message with this lock to the dead-letter queue. @throws when that fails; the message is still there then. */
  deadLetter(lockToken: string, reason: string, description: string): Promise<void>;
}
