import { createDuplicateHistory } from "./duplicate-history.ts";
import type { Keeper } from "./keeper.ts";
import type { MessageContent } from "./message.ts";
import type { MessageTimers } from "./message-timers.ts";
import type { Accept, Origin, StoreOptions } from "./store-options.ts";
import type { StoredMessages } from "./stored-messages.ts";

/** How messages enter one entity: duplicates dropped, numbered, scheduled or active, or handed on. */
export interface Admission {
  readonly accept: Accept;
  /** Makes the content of a scheduled message that is due active, under a new number. */
  activate(content: MessageContent): void;
}

/** Numbers go on behind the last that `keeper` knows; its messages count as seen. */
export function createAdmission(
  options: StoreOptions,
  now: () => number,
  messages: StoredMessages,
  timers: MessageTimers,
  keeper: Keeper,
): Admission {
  const history = options.duplicateWindow === undefined ? undefined : createDuplicateHistory(options.duplicateWindow);
  for (const { content, enqueuedAt } of keeper.messages) history?.seen(content.messageId, enqueuedAt);
  let lastNumber = keeper.lastNumber;

  const activate = (sent: MessageContent, origin: Origin | undefined): number => {
    const timeToLive = Math.min(sent.timeToLive ?? Number.POSITIVE_INFINITY, options.defaultTimeToLive);
    const content = Number.isFinite(timeToLive) ? { ...sent, timeToLive } : sent;
    const moved = origin?.moved;
    const sequenceNumber = moved?.sequenceNumber ?? (lastNumber += 1);
    const enqueuedSequenceNumber = origin?.enqueuedSequenceNumber ?? sequenceNumber;
    const deadLetterSource = origin?.deadLetterSource;
    if (options.handOn !== undefined) {
      options.handOn(content, { enqueuedSequenceNumber, deadLetterSource });
      return sequenceNumber;
    }
    const enqueuedAt = moved?.enqueuedAt ?? now();
    // Nothing expires in a dead-letter queue.
    const expiresAt = moved === undefined ? enqueuedAt + timeToLive : Number.POSITIVE_INFINITY;
    timers.set({ at: expiresAt, sequenceNumber, kind: "expiry" });
    messages.makeReady({
      content,
      sequenceNumber,
      enqueuedSequenceNumber,
      enqueuedAt,
      expiresAt,
      state: "active",
      deliveryCount: moved?.deliveryCount ?? 0,
      deadLetterSource,
      lock: undefined,
    });
    return sequenceNumber;
  };

  const schedule = (content: MessageContent, scheduledFor: number, enqueuedAt: number): number => {
    const sequenceNumber = (lastNumber += 1);
    messages.put({
      content,
      sequenceNumber,
      enqueuedSequenceNumber: sequenceNumber,
      enqueuedAt,
      expiresAt: Number.POSITIVE_INFINITY,
      state: "scheduled",
      deliveryCount: 0,
      deadLetterSource: undefined,
      lock: undefined,
    });
    timers.set({ at: scheduledFor, sequenceNumber, kind: "schedule" });
    return sequenceNumber;
  };

  return {
    accept: (content, origin) => {
      const at = now();
      const { scheduledFor } = content;
      if (origin?.moved === undefined && history?.seen(content.messageId, at) === true) return (lastNumber += 1);
      return scheduledFor === undefined || scheduledFor <= at
        ? activate(content, origin)
        : schedule(content, scheduledFor, at);
    },
    activate: (content) => {
      activate(content, undefined);
    },
  };
}
