import { createAdmission } from "./admission.ts";
import { forgetful } from "./keeper.ts";
import type { Keeper } from "./keeper.ts";
import { createMessageLocks } from "./message-locks.ts";
import { createMessageTimers } from "./message-timers.ts";
import type { MessageTimer } from "./message-timers.ts";
import { withProperties } from "./message.ts";
import type { PropertyChanges, StoredMessage } from "./message.ts";
import type { Accept, ReceiveMode, StoreOptions, StoreSignals } from "./store-options.ts";
import { createStoredMessages } from "./stored-messages.ts";
import { createUnsettled } from "./unsettled.ts";

export interface StoreStats {
  readonly active: number;
  readonly locked: number;
  readonly deferred: number;
  readonly scheduled: number;
}

/** The messages of one entity. Nothing happens by itself: locks, expiry and schedules move on {@link MessageStore.advance}. */
export interface MessageStore {
  /** Takes a message and returns its sequence number; a duplicate is dropped silently, as the service does. */
  readonly accept: Accept;
  /** The next active message, locked (or removed, in receive-and-delete). */
  take(mode: ReceiveMode): StoredMessage | undefined;
  /** The settling calls return false when the lock is not (or no longer) held. */
  complete(token: string): boolean;
  abandon(token: string, changes: PropertyChanges): boolean;
  /** Gives back without counting a failed delivery. */
  release(token: string): boolean;
  defer(token: string, changes: PropertyChanges): boolean;
  /** False in a dead-letter queue, whose messages can go no further. */
  readonly canDeadLetter: boolean;
  deadLetter(
    token: string,
    reason: string | undefined,
    description: string | undefined,
    changes: PropertyChanges,
  ): boolean;
  /** New end of the lock, milliseconds since 1970. */
  renew(token: string): number | undefined;
  /** The deferred messages of these numbers; undefined (and nothing taken) when one of them is not deferred or is locked. */
  takeDeferred(sequenceNumbers: readonly number[], mode: ReceiveMode): readonly StoredMessage[] | undefined;
  /** False when one is not scheduled; the others are canceled all the same. */
  cancelScheduled(sequenceNumbers: readonly number[]): boolean;
  /** Messages from a sequence number on, in its order, locked, deferred and scheduled ones too. */
  peek(from: number, count: number): readonly StoredMessage[];
  /** When `advance` has something to do next, milliseconds since 1970; may be early, never late. */
  nextDue(): number | undefined;
  /** Does all that is due by the clock. */
  advance(): void;
  stats(): StoreStats;
  /** Timers kept, those of settled messages included. */
  timerCount(): number;
}

/** A store of what `keeper` has. `now` is in milliseconds since 1970. */
export function createMessageStore(
  options: StoreOptions,
  now: () => number,
  signals: StoreSignals,
  keeper: Keeper = forgetful,
): MessageStore {
  const messages = createStoredMessages(keeper, signals.available);
  const timers = createMessageTimers(messages, signals.timerSet);
  const locks = createMessageLocks(messages, timers, options.lockDuration, now);
  const unsettled = createUnsettled(options, messages, now);
  const admission = createAdmission(options, now, messages, timers, keeper);

  for (const { content, sequenceNumber, state, expiresAt } of keeper.messages)
    timers.set(
      state === "scheduled"
        ? { at: content.scheduledFor ?? 0, sequenceNumber, kind: "schedule" }
        : { at: expiresAt, sequenceNumber, kind: "expiry" },
    );

  const receive = (message: StoredMessage, mode: ReceiveMode): StoredMessage => {
    if (mode === "peek-lock") return locks.lock(message);
    messages.remove(message.sequenceNumber);
    return message;
  };

  /** False when the lock has ended. */
  const settle = (token: string, action: (message: StoredMessage) => void): boolean => {
    const message = locks.unlock(token);
    if (message !== undefined) action(message);
    return message !== undefined;
  };

  const fire = ({ kind, sequenceNumber, at }: MessageTimer): void => {
    const message = messages.get(sequenceNumber);
    if (message === undefined) return;
    if (kind === "lock") {
      const unlocked = locks.unlockEnded(message, at);
      if (unlocked !== undefined) unsettled.giveBack({ ...unlocked, deliveryCount: unlocked.deliveryCount + 1 });
    } else if (kind === "expiry" && message.lock === undefined && message.expiresAt <= at) unsettled.expire(message);
    else if (kind === "schedule" && message.state === "scheduled") {
      admission.activate(message.content);
      messages.remove(sequenceNumber);
    }
  };

  return {
    accept: admission.accept,
    canDeadLetter: options.deadLetter !== undefined,
    take: (mode) => {
      for (let message = messages.nextReady(); message !== undefined; message = messages.nextReady()) {
        if (message.expiresAt > now()) return receive(message, mode);
        unsettled.expire(message);
      }
      return undefined;
    },
    complete: (token) => {
      const message = locks.unlock(token);
      return message !== undefined && messages.remove(message.sequenceNumber);
    },
    abandon: (token, changes) =>
      settle(token, (message) => {
        const content = withProperties(message.content, changes);
        unsettled.giveBack({ ...message, content, deliveryCount: message.deliveryCount + 1 });
      }),
    release: (token) => settle(token, unsettled.giveBack),
    defer: (token, changes) =>
      settle(token, (message) => {
        unsettled.giveBack({ ...message, content: withProperties(message.content, changes), state: "deferred" });
      }),
    deadLetter: (token, reason, description, changes) =>
      options.deadLetter !== undefined &&
      settle(token, (message) => {
        unsettled.deadLetter({ ...message, content: withProperties(message.content, changes) }, reason, description);
      }),
    renew: locks.renew,
    takeDeferred: (sequenceNumbers, mode) => {
      const found = sequenceNumbers
        .flatMap((number) => messages.get(number) ?? [])
        .filter((message) => message.state === "deferred" && message.lock === undefined);
      return found.length === sequenceNumbers.length ? found.map((message) => receive(message, mode)) : undefined;
    },
    cancelScheduled: (sequenceNumbers) =>
      sequenceNumbers
        .map((number) => messages.get(number)?.state === "scheduled" && messages.remove(number))
        .every((canceled) => canceled),
    peek: (from, count) =>
      [...messages.all()]
        .filter((message) => message.sequenceNumber >= from)
        .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
        .slice(0, count),
    nextDue: timers.nextDue,
    advance: () => {
      for (let timer = timers.takeDue(now()); timer !== undefined; timer = timers.takeDue(now())) fire(timer);
    },
    timerCount: () => timers.size,
    stats: () => {
      const count = { active: 0, locked: 0, deferred: 0, scheduled: 0 };
      for (const message of messages.all()) count[message.lock === undefined ? message.state : "locked"] += 1;
      return count;
    },
  };
}
