/**
 * Does synchronous work for a client: at once while this turn of the event loop has time for it, else in a later one. Returns what `work`
 * returns, and throws what it throws.
 */
export type Turns = <T>(client: string, work: () => T) => Promise<T>;

/** The event loop, as far as turns need it. */
export interface EventLoop {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, and always after I/O had its turn. */
  readonly later: (ms: number, go: () => void) => void;
  /** Calls back before I/O has its turn, once everything that waited only for what was just done has run. */
  readonly settled: (go: () => void) => void;
}

/** How much of one turn of the event loop a client's work may take before the rest has to wait, in milliseconds; one piece may exceed it. */
const SLICE_MS = 5;
/** How long a client counts as active after its last piece of work, in milliseconds. */
const LATELY_MS = 1_000;
/** Longest pause between full turns, in milliseconds. */
const LONGEST_PAUSE_MS = 50;

/**
 * Turns for the clients of one process, so that none holds up the others: an event that matches five hundred webhooks may need seconds of CPU.
 * A client that has used up its slice waits, and those that wait are served round robin, one piece each, with I/O in between. If another client
 * was active lately, the event loop is then left alone for as long as the work took, so that whatever that client waits for, which is mostly the
 * network, comes through. A client that is alone keeps nobody waiting and has the whole processor.
 */
export function takeTurns({ now, later, settled }: EventLoop): Turns {
  const waiting = new Map<string, (() => void)[]>();
  /** The clients that worked in this turn of the event loop, and since when. */
  const began = new Map<string, number>();
  let busyMs = 0;
  let catchingUp = false;
  let latest = "";
  /** When the client that came last was not the one before. */
  let changedAt = Number.NEGATIVE_INFINITY;

  const notice = (client: string): void => {
    if (latest !== "" && latest !== client) changedAt = now();
    latest = client;
  };
  const hasTime = (client: string): boolean => now() - (began.get(client) ?? now()) < SLICE_MS;
  const run = <T>(client: string, work: () => T): T => {
    const at = now();
    if (began.size === 0) later(0, endTurn);
    if (!began.has(client)) began.set(client, at);
    try {
      return work();
    } finally {
      busyMs += now() - at;
    }
  };
  const atOnce = <T>(client: string, work: () => T): Promise<T> =>
    new Promise((resolve) => {
      resolve(run(client, work));
    });
  const endTurn = (): void => {
    began.clear();
    if (!catchingUp) busyMs = 0;
  };
  const pause = (): void => {
    catchingUp = waiting.size > 0;
    const shared = waiting.size > 1 || now() - changedAt < LATELY_MS;
    if (catchingUp) later(shared ? Math.min(busyMs, LONGEST_PAUSE_MS) : 0, catchUp);
  };
  const catchUp = (): void => {
    busyMs = 0;
    next(now());
  };
  const next = (startedAt: number): void => {
    const [client, jobs] = waiting.entries().next().value ?? ["", []];
    const job = jobs.shift();
    // Its next piece comes after one piece of every other client that waits.
    waiting.delete(client);
    if (jobs.length > 0) waiting.set(client, jobs);
    if (job) run(client, job);
    settled(() => {
      if (waiting.size > 0 && now() - startedAt < SLICE_MS) next(startedAt);
      else pause();
    });
  };
  const wait = (client: string, job: () => void): void => {
    const jobs = waiting.get(client);
    if (jobs) jobs.push(job);
    else waiting.set(client, [job]);
    if (!catchingUp) pause();
  };

  return (client, work) => {
    notice(client);
    if (!waiting.has(client) && hasTime(client)) return atOnce(client, work);
    return new Promise((resolve) => {
      wait(client, () => {
        // Within a promise of its own, so that what `work` throws rejects it.
        resolve(
          new Promise((done) => {
            done(work());
          }),
        );
      });
    });
  };
}
