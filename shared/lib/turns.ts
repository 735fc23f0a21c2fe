/**
 * Does work of a client that needs the processor and no waiting: at once while this turn of the event loop has time for it, else in a later one.
 * Gives what `work` gives, and throws what it throws.
 */
export type Turns = <T>(client: string, work: () => T) => Promise<T>;

/** The event loop, as far as turns need it. */
export interface EventLoop {
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Calls back after so many milliseconds, and always after input and output had their turn. */
  readonly later: (ms: number, go: () => void) => void;
  /** Calls back before input and output have their turn, when everything has run that only waited for what was just done. */
  readonly settled: (go: () => void) => void;
}

/** What work of one client may take of one turn of the event loop before the rest has to wait, in milliseconds; a single piece can take longer. */
const SLICE_MS = 5;
/** How long a client counts as here after its last piece of work, in milliseconds. */
const LATELY_MS = 1_000;
/** Longest pause between turns that were full, in milliseconds. */
const LONGEST_PAUSE_MS = 50;

/**
 * Turns for the clients of one process, so that none of them holds up the others: an event that five hundred webhooks want may need seconds of the
 * processor. A client that has had its slice waits, and those who wait are served in turn, one piece each. Input and output have their turn in
 * between; and when another client was here lately, the event loop is left alone for as long as the work took, so that all that the other waits for,
 * which is mostly the network, comes through. A client that is alone keeps nobody waiting and has the whole processor.
 */
export function takeTurns({ now, later, settled }: EventLoop): Turns {
  const waiting = new Map<string, (() => void)[]>();
  /** Who worked in this turn of the event loop, and since when. */
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
    // Its next piece comes after one of every other client that waits.
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
        // A promise of its own takes what `work` throws as it is.
        resolve(
          new Promise((done) => {
            done(work());
          }),
        );
      });
    });
  };
}
