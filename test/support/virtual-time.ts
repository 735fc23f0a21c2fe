import type { Clock } from "../../shared/lib/clock.ts";
import type { Timer } from "../../shared/delivery/slots.ts";

/** A clock that moves only when it is advanced, and timers that follow it. */
export interface VirtualTime {
  readonly clock: Clock;
  readonly timer: Timer;
  /** Moves the clock, in milliseconds; every timer that is due meanwhile runs at its own time, in order. */
  readonly pass: (ms: number) => void;
  /** How many timers are set. */
  readonly pending: () => number;
}

export function virtualTime(start: Date): VirtualTime {
  let now = start.getTime();
  const timers = new Set<{ readonly at: number; readonly task: () => void }>();
  return {
    clock: () => new Date(now),
    timer: (ms, task) => {
      const set = { at: now + ms, task };
      timers.add(set);
      return () => timers.delete(set);
    },
    pass: (ms) => {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.task();
      }
      now = end;
    },
    pending: () => timers.size,
  };
}
