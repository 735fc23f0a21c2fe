/**
 * Who may have how many requests in flight in one process, so that a receiver that is silent stops nobody but itself. The measure is the
 * host's `maxConcurrentCalls` of 128 (host.json): a message keeps one of those until its last request has ended.
 */

/** Most requests in flight for one webhook. */
export const MAX_IN_FLIGHT = 16;

/**
 * Most requests in flight for all webhooks of a client that are not known to be quick, together: half of what the host calls at the same
 * time, so that the other half stays free for receivers that answer, however many do not.
 */
export const SLOW_SHARE = 64;

/** From how long a request takes on a webhook is slow, in milliseconds. */
const SLOW_MS = 500;

/** What is known of a webhook's receiver: nothing until a request has ended. */
export type Speed = "quick" | "slow" | "unknown";

/** How much slower a receiver is taken to be with each request that does not show otherwise. */
const FORGETTING = 1.25;

/**
 * Most deferred deliveries of a client's webhooks that are not quick that come back in a second. Without it every deferred delivery comes back once in its wait, and an
 * endpoint that is silent for an hour has the bus carry thousands of messages a second to no end.
 */
export const DEFERRALS_PER_SECOND = 50;

/** How long a delivery stays in line for a slot. */
export interface Patience {
  /** It leaves when the line has not moved for so long, in milliseconds. */
  readonly stalledMs: number;
  /** The same while no request has ended yet: the first ones connect, and a process that has just started is slow itself. */
  readonly firstMs: number;
  /** It leaves after so long in any case, in milliseconds; it does not even join when half of that is likely to pass. */
  readonly limitMs: number;
}

/** A moment: a healthy burst passes meanwhile, and a silent receiver holds nobody up. */
export const BRIEFLY: Patience = { stalledMs: 250, firstMs: 1_000, limitMs: 2_000 };

/** For what cannot come back later: longer than any attempt, well within the time that the host keeps a message for us. */
export const LONG: Patience = { stalledMs: 120_000, firstMs: 120_000, limitMs: 120_000 };

/** By how long requests take at best (undefined: none has ended yet) and how long the oldest in flight has taken so far, in milliseconds. */
export function speedOf(paceMs: number | undefined, oldestMs: number): Speed {
  if (oldestMs >= SLOW_MS) return "slow";
  if (paceMs === undefined) return "unknown";
  return paceMs >= SLOW_MS ? "slow" : "quick";
}

/**
 * How long a receiver's requests take at best, in milliseconds, once another has taken `tookMs`. The best, not the usual: what makes
 * single requests slow (a new connection, a process that has just started) says nothing of the next ones, and what is hung is seen by its age.
 */
export function paceAfter(paceMs: number | undefined, tookMs: number): number {
  return paceMs === undefined ? tookMs : Math.min(tookMs, paceMs * FORGETTING);
}

/**
 * Whether a webhook with `mine` requests in flight may have one more, when `others` webhooks of its client that are not quick either have
 * `theirs`: those share, all the same and none nothing. A receiver of which nothing is known has one request in any case, to show
 * what it is.
 */
export function mayHaveMore(speed: Speed, mine: number, others: number, theirs: number): boolean {
  if (mine >= MAX_IN_FLIGHT) return false;
  if (speed === "quick" || (speed === "unknown" && mine === 0)) return true;
  return mine + theirs < SLOW_SHARE && mine < Math.max(1, Math.floor(SLOW_SHARE / (others + 1)));
}

/** How long a line may stand still before it is left, in milliseconds. */
export function longestStill(paceMs: number | undefined, patience: Patience): number {
  return paceMs === undefined ? patience.firstMs : patience.stalledMs;
}

/**
 * Whether it is worth joining a line of `waiting` others, whose requests take `paceMs` at best and that last moved `stillMs` ago, both in
 * milliseconds.
 */
export function worthWaiting(
  waiting: number,
  paceMs: number | undefined,
  stillMs: number,
  patience: Patience,
): boolean {
  const likelyMs = (waiting * (paceMs ?? 0)) / MAX_IN_FLIGHT;
  return stillMs < longestStill(paceMs, patience) && likelyMs <= patience.limitMs / 2;
}

/** Milliseconds between two deferred deliveries of a webhook that come back, when `backlogs` webhooks of its client have some: no faster than it can take them. */
export function deferralInterval(speed: Speed, paceMs: number | undefined, backlogs: number): number {
  const among = (backlogs * 1000) / DEFERRALS_PER_SECOND;
  return speed === "quick" ? Math.min(among, (paceMs ?? 0) / MAX_IN_FLIGHT) : among;
}
