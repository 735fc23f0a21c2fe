/** Puts events out and follows their deliveries; what it reads, prints and waits with is handed in. */
import type { ShownDelivery } from "./api.ts";

/** A delivery that is to come: its id is known before the event is on the bus. */
export interface Expected {
  readonly id: string;
  readonly webhook: string;
  readonly eventId: string;
}

export interface FollowDeps {
  /** Puts the next events on the bus, so many at most; gives their deliveries, none when all are out. */
  readonly publishNext: (most: number) => Promise<readonly Expected[]>;
  /** The delivery as it is now; undefined while there is none. Throws when the API does not answer. */
  readonly read: (id: string) => Promise<ShownDelivery | undefined>;
  /** A delivery has ended, or waits for a later attempt. */
  readonly seen: (expected: Expected, delivery: ShownDelivery) => void;
  /** Nothing has ended for a while; `open` deliveries are under way. */
  readonly quiet: (open: number) => void;
  /** Milliseconds. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** How it ended. `left` deliveries had not ended then. */
export type Followed =
  | { readonly kind: "all" }
  | { readonly kind: "nothing-begins" | "no-news"; readonly left: number }
  | { readonly kind: "api-silent"; readonly left: number; readonly cause: unknown };

/** So many deliveries are under way at most: what is held here does not grow with the number of events, and the stack is not flooded. */
export const MOST_OPEN = 1_000;
const BATCH = 100;
/** Deliveries read at the same time. */
const READ = 16;
const FIRST_WAIT_MS = 25;
const LONGEST_WAIT_MS = 500;
/** No delivery has a row and none comes: it was not delivered at all. */
const NO_SIGN_MS = 30_000;
/** A receiver has up to 60 s, a token endpoint before it as long. */
const NO_NEWS_MS = 150_000;
const QUIET_MS = 5_000;

/**
 * Publishes and reads until every delivery has ended or waits for a later attempt, or it is clear that no more news comes.
 * @param perEvent deliveries of one event, from 1.
 * @throws what `publishNext` throws.
 */
export async function follow(perEvent: number, deps: FollowDeps): Promise<Followed> {
  const open: Expected[] = [];
  const atOnce = Math.max(1, Math.min(BATCH, Math.floor(MOST_OPEN / perEvent)));
  const patience = patienceOf(deps);
  let allOut = false;
  let pause = FIRST_WAIT_MS;
  for (;;) {
    if (!allOut && (open.length === 0 || open.length + atOnce * perEvent <= MOST_OPEN)) {
      const out = await deps.publishNext(atOnce);
      open.push(...out);
      allOut = out.length === 0;
      patience.renew();
      continue;
    }
    if (open.length === 0) return { kind: "all" };

    const looked = await Promise.all(open.splice(0, READ).map((expected) => look(expected, deps.read)));
    for (const { expected, delivery, ended } of looked) {
      if (ended && delivery !== undefined) deps.seen(expected, delivery);
      else open.push(expected);
    }
    const end = patience.after(looked, open.length);
    if (end !== undefined) return end;
    // What was found soon comes on soon; what was not is asked for less and less often.
    const mostEnded = looked.filter(({ ended }) => ended).length > looked.length / 2;
    pause = mostEnded ? FIRST_WAIT_MS : Math.min(pause * 1.5, LONGEST_WAIT_MS);
    if (!mostEnded) await deps.wait(pause);
  }
}

/** How long nothing has happened; tells the person while it lasts, and when it has lasted too long. */
function patienceOf({ now, quiet }: Pick<FollowDeps, "now" | "quiet">) {
  let news = now();
  let sign = news;
  let told = news;
  return {
    renew: (): void => {
      news = sign = told = now();
    },
    after: (looked: readonly Looked[], left: number): Followed | undefined => {
      const at = now();
      if (looked.some(({ ended }) => ended)) news = told = at;
      if (looked.some(({ delivery }) => delivery !== undefined)) sign = at;
      if (at - sign > NO_SIGN_MS) {
        const cause = looked.find(({ trouble }) => trouble !== undefined)?.trouble;
        return cause === undefined ? { kind: "nothing-begins", left } : { kind: "api-silent", left, cause };
      }
      if (at - news > NO_NEWS_MS) return { kind: "no-news", left };
      if (at - told > QUIET_MS) {
        quiet(left);
        told = at + QUIET_MS;
      }
      return undefined;
    },
  };
}

interface Looked {
  readonly expected: Expected;
  readonly delivery?: ShownDelivery | undefined;
  readonly ended: boolean;
  readonly trouble?: unknown;
}

/** The host may be started again just now: that its API does not answer is no reason to give up at once. */
async function look(expected: Expected, read: FollowDeps["read"]): Promise<Looked> {
  try {
    const delivery = await read(expected.id);
    return { expected, delivery, ended: delivery !== undefined && delivery.state !== "pending" };
  } catch (trouble) {
    return { expected, ended: false, trouble };
  }
}
