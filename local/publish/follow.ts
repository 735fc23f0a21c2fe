/** Publishes events and follows their deliveries; reading, printing and waiting are passed in. */
import type { ShownDelivery } from "./api.ts";

/** An expected delivery: its id is known before the event is on the bus. */
export interface Expected {
  readonly id: string;
  readonly webhook: string;
  readonly eventId: string;
}

export interface FollowDeps {
  /** Publishes at most so many further events; returns their deliveries, none once all are published. */
  readonly publishNext: (most: number) => Promise<readonly Expected[]>;
  /** The current state of a delivery; undefined while there is none. Throws when the API does not answer. */
  readonly read: (id: string) => Promise<ShownDelivery | undefined>;
  /** A delivery has ended or waits for a retry. */
  readonly seen: (expected: Expected, delivery: ShownDelivery) => void;
  /** Nothing has ended for a while; `open` deliveries are in progress. */
  readonly quiet: (open: number) => void;
  /** Milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** How it ended, with `left` deliveries still open. */
export type Followed =
  | { readonly kind: "all" }
  | { readonly kind: "nothing-started" | "no-progress"; readonly left: number }
  | { readonly kind: "api-silent"; readonly left: number; readonly cause: unknown };

/** Bounds memory here, whatever the number of events, and the load on the stack. */
export const MAX_OPEN = 1_000;
const EVENTS_PER_BATCH = 100;
const PARALLEL_READS = 16;
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 500;
/** Without any delivery after this time, none was started. */
const START_TIMEOUT_MS = 30_000;
/** A receiver has up to 60 s, and so does the token endpoint before it. */
const PROGRESS_TIMEOUT_MS = 150_000;
const QUIET_MS = 5_000;

/**
 * Publishes and reads until every delivery has ended or waits for a retry, or until there is no progress any more.
 * @param perEvent deliveries per event, at least 1.
 * @throws what `publishNext` throws.
 */
export async function follow(perEvent: number, deps: FollowDeps): Promise<Followed> {
  const open: Expected[] = [];
  const batchSize = Math.max(1, Math.min(EVENTS_PER_BATCH, Math.floor(MAX_OPEN / perEvent)));
  const watch = progressWatch(deps);
  let allPublished = false;
  let pause = FIRST_WAIT_MS;
  for (;;) {
    if (!allPublished && (open.length === 0 || open.length + batchSize * perEvent <= MAX_OPEN)) {
      const out = await deps.publishNext(batchSize);
      open.push(...out);
      allPublished = out.length === 0;
      watch.restart();
      continue;
    }
    if (open.length === 0) return { kind: "all" };

    const readings = await Promise.all(open.splice(0, PARALLEL_READS).map((expected) => readOne(expected, deps.read)));
    for (const { expected, delivery, ended } of readings) {
      if (ended && delivery !== undefined) deps.seen(expected, delivery);
      else open.push(expected);
    }
    const end = watch.check(readings, open.length);
    if (end !== undefined) return end;
    // Read again at once while most have ended, otherwise less and less often.
    const mostEnded = readings.filter(({ ended }) => ended).length > readings.length / 2;
    pause = mostEnded ? FIRST_WAIT_MS : Math.min(pause * 1.5, LONGEST_WAIT_MS);
    if (!mostEnded) await deps.wait(pause);
  }
}

/** Watches for lack of progress: reports it while it lasts, and ends the wait when it has lasted too long. */
function progressWatch({ now, quiet }: Pick<FollowDeps, "now" | "quiet">) {
  let progressAt = now();
  let startedAt = progressAt;
  let reportedAt = progressAt;
  return {
    restart: (): void => {
      progressAt = startedAt = reportedAt = now();
    },
    check: (readings: readonly Reading[], left: number): Followed | undefined => {
      const at = now();
      if (readings.some(({ ended }) => ended)) progressAt = reportedAt = at;
      if (readings.some(({ delivery }) => delivery !== undefined)) startedAt = at;
      if (at - startedAt > START_TIMEOUT_MS) {
        const cause = readings.find(({ failure }) => failure !== undefined)?.failure;
        return cause === undefined ? { kind: "nothing-started", left } : { kind: "api-silent", left, cause };
      }
      if (at - progressAt > PROGRESS_TIMEOUT_MS) return { kind: "no-progress", left };
      if (at - reportedAt > QUIET_MS) {
        quiet(left);
        reportedAt = at + QUIET_MS;
      }
      return undefined;
    },
  };
}

interface Reading {
  readonly expected: Expected;
  readonly delivery?: ShownDelivery | undefined;
  readonly ended: boolean;
  readonly failure?: unknown;
}

/** A failure is part of the result: the host may be restarting, so it is no reason to give up yet. */
async function readOne(expected: Expected, read: FollowDeps["read"]): Promise<Reading> {
  try {
    const delivery = await read(expected.id);
    return { expected, delivery, ended: delivery !== undefined && delivery.state !== "pending" };
  } catch (failure) {
    return { expected, ended: false, failure };
  }
}
