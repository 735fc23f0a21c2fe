/** Calls `run` whenever something is due, with one timer for all of it. */
export interface Scheduler {
  /** Something is due at `at` (milliseconds since 1970), possibly before everything else. */
  readonly timerSet: (at: number) => void;
  readonly stop: () => void;
}

/** The longest delay of setTimeout. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** `run` does everything due and returns when it is due next. */
export function createScheduler(now: () => number, run: () => number | undefined): Scheduler {
  let timer: NodeJS.Timeout | undefined;
  let armedFor = Number.POSITIVE_INFINITY;

  const stop = (): void => {
    clearTimeout(timer);
    armedFor = Number.POSITIVE_INFINITY;
  };

  const timerSet = (at: number): void => {
    if (at >= armedFor) return;
    clearTimeout(timer);
    armedFor = at;
    timer = setTimeout(
      () => {
        armedFor = Number.POSITIVE_INFINITY;
        const next = run();
        if (next !== undefined) timerSet(next);
      },
      Math.min(Math.max(at - now(), 0), MAX_DELAY_MS),
    );
  };

  return { timerSet, stop };
}
