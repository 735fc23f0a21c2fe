import { randomUUID } from "node:crypto";
import type { StoredMessage } from "./message.ts";
import type { MessageTimers } from "./message-timers.ts";
import type { StoredMessages } from "./stored-messages.ts";

/** Who holds which message of one entity. */
export interface MessageLocks {
  /** Locks a message that nobody holds. */
  lock(message: StoredMessage): StoredMessage;
  /** The message of a lock that has not ended, unlocked; undefined when it has. */
  unlock(token: string): StoredMessage | undefined;
  /** Renews a lock; its new end in milliseconds since 1970, undefined when it has ended. */
  readonly renew: (token: string) => number | undefined;
  /** The message, unlocked, when its lock ended at or before `at`. */
  unlockEnded(message: StoredMessage, at: number): StoredMessage | undefined;
}

/** No locks. `lockDuration` in milliseconds. */
export function createMessageLocks(
  messages: StoredMessages,
  timers: MessageTimers,
  lockDuration: number,
  now: () => number,
): MessageLocks {
  const numbers = new Map<string, number>();

  const held = (token: string): StoredMessage | undefined => {
    const message = messages.get(numbers.get(token) ?? -1);
    return message?.lock !== undefined && message.lock.until > now() ? message : undefined;
  };

  const lockUntilEnd = (message: StoredMessage, token: string): { locked: StoredMessage; until: number } => {
    const until = now() + lockDuration;
    const locked = { ...message, lock: { token, until } };
    messages.putLock(locked);
    timers.set({ at: until, sequenceNumber: message.sequenceNumber, kind: "lock" });
    return { locked, until };
  };

  return {
    lock: (message) => {
      const token = randomUUID().replaceAll("-", "");
      numbers.set(token, message.sequenceNumber);
      return lockUntilEnd(message, token).locked;
    },
    unlock: (token) => {
      const message = held(token);
      if (message === undefined) return undefined;
      numbers.delete(token);
      return { ...message, lock: undefined };
    },
    renew: (token) => {
      const message = held(token);
      return message === undefined ? undefined : lockUntilEnd(message, token).until;
    },
    unlockEnded: (message, at) => {
      if (message.lock === undefined || message.lock.until > at) return undefined;
      numbers.delete(message.lock.token);
      return { ...message, lock: undefined };
    },
  };
}
