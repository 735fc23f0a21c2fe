import { randomUUID } from "node:crypto";
import { createDuplicateHistory } from "./duplicate-history.ts";
import { createHeap } from "./heap.ts";
import { forgetful } from "./keeper.ts";
import type { Keeper } from "./keeper.ts";
import { withProperties } from "./message.ts";
import type { MessageContent, PropertyChanges, StoredMessage } from "./message.ts";

export type ReceiveMode = "peek-lock" | "receive-and-delete";

/** Where a message comes from when no sender sent it here: a hop of auto-forward, or a move into a dead-letter queue. */
export interface Origin {
  readonly enqueuedSequenceNumber: number;
  readonly deadLetterSource?: string | undefined;
  /** A dead-letter queue keeps number, enqueue time and count of deliveries of what it is given. */
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

export interface StoreStats {
  readonly active: number;
  readonly locked: number;
  readonly deferred: number;
  readonly scheduled: number;
}

/** The messages of one entity. Nothing happens by itself: locks, expiry and schedules move on {@link MessageStore.advance}. */
export interface MessageStore {
  /** Takes a message and returns its sequence number; a duplicate is dropped without a word, as the service does. */
  readonly accept: Accept;
  /** The next active message, locked (or removed, in receive-and-delete). */
  take(mode: ReceiveMode): StoredMessage | undefined;
  /** The settling calls return false when the lock is not (or no longer) held. */
  complete(token: string): boolean;
  abandon(token: string, changes: PropertyChanges): boolean;
  /** Gives back without counting a failed delivery. */
  release(token: string): boolean;
  defer(token: string, changes: PropertyChanges): boolean;
  /** False in a dead-letter queue: there is nowhere further to go. */
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
  /** False when one is not scheduled; the others are cancelled all the same. */
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

interface Timer {
  readonly at: number;
  readonly sequenceNumber: number;
  readonly kind: "lock" | "expiry" | "schedule";
}

/** What a store tells the world: a message can be taken; a timer earlier than all others was set. */
export interface StoreSignals {
  available(): void;
  timerSet(at: number): void;
}

/** A store with what `keeper` has. `now` is in milliseconds since 1970. */
export function createMessageStore(
  options: StoreOptions,
  now: () => number,
  signals: StoreSignals,
  keeper: Keeper = forgetful,
): MessageStore {
  const messages = new Map<number, StoredMessage>();
  const locked = new Map<string, number>();
  const ready = createHeap<number>((sequenceNumber) => sequenceNumber);
  const timers = createHeap<Timer>((timer) => timer.at);
  const history = options.duplicateWindow === undefined ? undefined : createDuplicateHistory(options.duplicateWindow);
  let lastNumber = keeper.lastNumber;

  /** Keeps a message that is new here or has changed; locks alone are not kept. */
  function put(message: StoredMessage): void {
    messages.set(message.sequenceNumber, message);
    keeper.keep(message);
  }

  function remove(sequenceNumber: number): boolean {
    keeper.drop(sequenceNumber);
    return messages.delete(sequenceNumber);
  }

  function setTimer(timer: Timer): void {
    if (timer.at === Number.POSITIVE_INFINITY) return;
    // Settled locks leave their timers behind; sweep before they outnumber what is alive.
    if (timers.size > 1024 && timers.size > 4 * messages.size)
      timers.retain((known) => messages.has(known.sequenceNumber));
    timers.push(timer);
    if (timers.peek() === timer) signals.timerSet(timer.at);
  }

  function makeReady(message: StoredMessage): void {
    put(message);
    ready.push(message.sequenceNumber);
    signals.available();
  }

  /** Makes a message active here, or hands it on. */
  function activate(sent: MessageContent, origin: Origin | undefined): number {
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
    setTimer({ at: expiresAt, sequenceNumber, kind: "expiry" });
    const numbers = { sequenceNumber, enqueuedSequenceNumber, deliveryCount: moved?.deliveryCount ?? 0 };
    makeReady({ content, ...numbers, enqueuedAt, expiresAt, state: "active", deadLetterSource, lock: undefined });
    return sequenceNumber;
  }

  const accept: Accept = (content, origin) => {
    const at = now();
    const { scheduledFor } = content;
    if (origin?.moved === undefined && history?.seen(content.messageId, at) === true) return (lastNumber += 1);
    if (scheduledFor === undefined || scheduledFor <= at) return activate(content, origin);
    const sequenceNumber = (lastNumber += 1);
    const expiresAt = Number.POSITIVE_INFINITY;
    const fresh = { deliveryCount: 0, deadLetterSource: undefined, lock: undefined };
    put({
      content,
      sequenceNumber,
      enqueuedSequenceNumber: sequenceNumber,
      enqueuedAt: at,
      expiresAt,
      state: "scheduled",
      ...fresh,
    });
    setTimer({ at: scheduledFor, sequenceNumber, kind: "schedule" });
    return sequenceNumber;
  };

  function lock(message: StoredMessage, mode: ReceiveMode): StoredMessage {
    if (mode === "receive-and-delete") {
      remove(message.sequenceNumber);
      return message;
    }
    const until = now() + options.lockDuration;
    const taken = { ...message, lock: { token: randomUUID().replaceAll("-", ""), until } };
    messages.set(message.sequenceNumber, taken);
    locked.set(taken.lock.token, message.sequenceNumber);
    setTimer({ at: until, sequenceNumber: message.sequenceNumber, kind: "lock" });
    return taken;
  }

  /** The message that holds this lock, taken out of the locks; undefined when the lock is over. */
  function unlock(token: string): StoredMessage | undefined {
    const message = held(token);
    if (message === undefined) return undefined;
    locked.delete(token);
    return { ...message, lock: undefined };
  }

  function held(token: string): StoredMessage | undefined {
    const message = messages.get(locked.get(token) ?? -1);
    return message?.lock !== undefined && message.lock.until > now() ? message : undefined;
  }

  function moveToDeadLetters(
    message: StoredMessage,
    reason: string | undefined,
    description: string | undefined,
  ): void {
    const why = new Map<string, unknown>();
    if (reason !== undefined) why.set("DeadLetterReason", reason);
    if (description !== undefined) why.set("DeadLetterErrorDescription", description);
    options.deadLetter?.(withProperties(message.content, why), {
      enqueuedSequenceNumber: message.enqueuedSequenceNumber,
      moved: message,
    });
    // Only now: a process that is killed in between has it twice, not never.
    remove(message.sequenceNumber);
  }

  function expire(message: StoredMessage): void {
    if (options.deadLetterOnExpiration)
      moveToDeadLetters(message, "TTLExpiredException", "The message expired and was dead lettered.");
    else remove(message.sequenceNumber);
  }

  /** Where a message goes when its lock ended without being completed. */
  function giveBack(message: StoredMessage): void {
    if (options.deadLetter !== undefined && message.deliveryCount >= options.maxDeliveryCount)
      moveToDeadLetters(
        message,
        "MaxDeliveryCountExceeded",
        `Message could not be consumed after ${String(options.maxDeliveryCount)} delivery attempts.`,
      );
    else if (message.expiresAt <= now()) expire(message);
    else if (message.state === "deferred") put(message);
    else makeReady(message);
  }

  function fire(timer: Timer): void {
    const message = messages.get(timer.sequenceNumber);
    if (message === undefined) return;
    if (timer.kind === "lock" && message.lock !== undefined && message.lock.until <= timer.at) {
      locked.delete(message.lock.token);
      giveBack({ ...message, lock: undefined, deliveryCount: message.deliveryCount + 1 });
    } else if (timer.kind === "expiry" && message.lock === undefined && message.expiresAt <= timer.at) expire(message);
    else if (timer.kind === "schedule" && message.state === "scheduled") {
      activate(message.content, undefined);
      remove(timer.sequenceNumber);
    }
  }

  for (const message of keeper.messages) {
    const { sequenceNumber, state, expiresAt, enqueuedAt } = message;
    const { messageId, scheduledFor } = message.content;
    messages.set(sequenceNumber, message);
    history?.seen(messageId, enqueuedAt);
    if (state === "active") ready.push(sequenceNumber);
    if (state === "scheduled") setTimer({ at: scheduledFor ?? 0, sequenceNumber, kind: "schedule" });
    else setTimer({ at: expiresAt, sequenceNumber, kind: "expiry" });
  }

  return {
    accept,
    canDeadLetter: options.deadLetter !== undefined,
    take: (mode) => {
      for (let number = ready.pop(); number !== undefined; number = ready.pop()) {
        const message = messages.get(number);
        if (message === undefined) continue;
        if (message.expiresAt <= now()) expire(message);
        else return lock(message, mode);
      }
      return undefined;
    },
    complete: (token) => {
      const message = unlock(token);
      return message !== undefined && remove(message.sequenceNumber);
    },
    abandon: (token, changes) => {
      const message = unlock(token);
      if (message !== undefined)
        giveBack({
          ...message,
          content: withProperties(message.content, changes),
          deliveryCount: message.deliveryCount + 1,
        });
      return message !== undefined;
    },
    release: (token) => {
      const message = unlock(token);
      if (message !== undefined) giveBack(message);
      return message !== undefined;
    },
    defer: (token, changes) => {
      const message = unlock(token);
      if (message !== undefined)
        giveBack({ ...message, content: withProperties(message.content, changes), state: "deferred" });
      return message !== undefined;
    },
    deadLetter: (token, reason, description, changes) => {
      const message = options.deadLetter === undefined ? undefined : unlock(token);
      if (message !== undefined)
        moveToDeadLetters({ ...message, content: withProperties(message.content, changes) }, reason, description);
      return message !== undefined;
    },
    renew: (token) => {
      const message = held(token);
      if (message === undefined) return undefined;
      const until = now() + options.lockDuration;
      messages.set(message.sequenceNumber, { ...message, lock: { token, until } });
      setTimer({ at: until, sequenceNumber: message.sequenceNumber, kind: "lock" });
      return until;
    },
    takeDeferred: (sequenceNumbers, mode) => {
      const found = sequenceNumbers
        .flatMap((number) => messages.get(number) ?? [])
        .filter((message) => message.state === "deferred" && message.lock === undefined);
      return found.length === sequenceNumbers.length ? found.map((message) => lock(message, mode)) : undefined;
    },
    cancelScheduled: (sequenceNumbers) =>
      sequenceNumbers
        .map((number) => messages.get(number)?.state === "scheduled" && remove(number))
        .every((cancelled) => cancelled),
    peek: (from, count) =>
      [...messages.values()]
        .filter((message) => message.sequenceNumber >= from)
        .sort((a, b) => a.sequenceNumber - b.sequenceNumber)
        .slice(0, count),
    nextDue: () => timers.peek()?.at,
    advance: () => {
      for (let timer = timers.peek(); timer !== undefined && timer.at <= now(); timer = timers.peek()) {
        timers.pop();
        fire(timer);
      }
    },
    timerCount: () => timers.size,
    stats: () => {
      const count = { active: 0, locked: 0, deferred: 0, scheduled: 0 };
      for (const message of messages.values()) count[message.lock === undefined ? message.state : "locked"] += 1;
      return count;
    },
  };
}
