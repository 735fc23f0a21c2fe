import { createHeap } from "./heap.ts";
import type { StoredMessages } from "./stored-messages.ts";

export interface MessageTimer {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly sequenceNumber: number;
  readonly kind: "lock" | "expiry" | "schedule";
}

/** When locks, lifetimes and schedules of the messages of one entity end. */
export interface MessageTimers {
  /** Timers kept, those of settled messages included. */
  readonly size: number;
  /** One at infinity is not set. */
  set(timer: MessageTimer): void;
  readonly nextDue: () => number | undefined;
  /** Removes the earliest timer that is due at `at`. */
  takeDue(at: number): MessageTimer | undefined;
}

/** Timers are not removed when a lock is settled: they are swept before they outnumber what is alive. */
const SWEEP_FROM = 1024;

/** No timers. `timerSet` is called when one is set that is earlier than all others. */
export function createMessageTimers(
  messages: Pick<StoredMessages, "has" | "size">,
  timerSet: (at: number) => void,
): MessageTimers {
  const timers = createHeap<MessageTimer>((timer) => timer.at);
  return {
    get size(): number {
      return timers.size;
    },
    set: (timer) => {
      if (timer.at === Number.POSITIVE_INFINITY) return;
      if (timers.size > SWEEP_FROM && timers.size > 4 * messages.size)
        timers.retain((known) => messages.has(known.sequenceNumber));
      timers.push(timer);
      if (timers.peek() === timer) timerSet(timer.at);
    },
    nextDue: () => timers.peek()?.at,
    takeDue: (at) => ((timers.peek()?.at ?? Number.POSITIVE_INFINITY) <= at ? timers.pop() : undefined),
  };
}
