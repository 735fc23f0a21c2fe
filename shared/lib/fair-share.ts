/**
 * How many requests each webhook may have in flight in one process, so that a silent receiver holds up nobody but itself. The measure is the
 * host's `maxConcurrentCalls` of 128 (host.json): a message occupies one of those until its last request has ended.
 */

/** Most requests in flight for one webhook. */
export const MAX_IN_FLIGHT = 16;

/**
 * Most requests in flight for all webhooks of a client together that are not known to be quick: half of the host's concurrent calls, so that
 * the other half stays free for receivers that answer, however many do not.
 */
export const SLOW_SHARE = 64;

/** A webhook whose requests take this long or longer is slow, in milliseconds. */
const SLOW_MS = 500;

/** What is known of a webhook's receiver: nothing until a request has ended. */
export type Speed = "quick" | "slow" | "unknown";

/** How much slower a receiver is assumed to be with each request that does not prove otherwise. */
const FORGETTING = 1.25;

/**
 * Most deferred deliveries per second that come back, over all webhooks of a client that are not quick. Without this limit every deferred
 * delivery would come back after its own wait, and an endpoint that is silent for an hour would keep the bus carrying thousands of messages a
 * second.
 */
export const DEFERRALS_PER_SECOND = 50;

/** How long a delivery stays in line for a slot. */
export interface Patience {
  /** It leaves when the line has not moved for this long, in milliseconds. */
  readonly stalledMs: number;
  /** The same before any request has ended: the first ones have to connect, and a process that has just started is slow itself. */
  readonly firstMs: number;
  /** It leaves after this long in any case, in milliseconds; it does not even join when it is likely to wait for half of that. */
  readonly limitMs: number;
}

/** A moment: long enough for a healthy burst, too short for a silent receiver to hold anybody up. */
export const BRIEFLY: Patience = { stalledMs: 250, firstMs: 1_000, limitMs: 2_000 };

/** For what cannot come back later: longer than any attempt, well within the time that the host keeps a message locked. */
export const LONG: Patience = { stalledMs: 120_000, firstMs: 120_000, limitMs: 120_000 };

/** @param paceMs how long requests take at best; undefined before one has ended. @param oldestMs how long the oldest in flight has taken so far */
export function speedOf(paceMs: number | undefined, oldestMs: number): Speed {
  if (oldestMs >= SLOW_MS) return "slow";
  if (paceMs === undefined) return "unknown";
  return paceMs >= SLOW_MS ? "slow" : "quick";
}

/**
 * How long a receiver's requests take at best, in milliseconds, after another one that took `tookMs`. The best, not the average: what slows
 * down single requests (a new connection, a process that has just started) says nothing about the next ones, and a hung one shows by its age.
 */
export function paceAfter(paceMs: number | undefined, tookMs: number): number {
  return paceMs === undefined ? tookMs : Math.min(tookMs, paceMs * FORGETTING);
}

/**
 * Whether a webhook with `mine` requests in flight may have one more, while `others` more webhooks of its client that are not quick have
 * `theirs`: they share equally, and each gets at least one. A receiver about which nothing is known may always have one request, to show how
 * fast it is.
 */
export function mayHaveMore(speed: Speed, mine: number, others: number, theirs: number): boolean {
  if (mine >= MAX_IN_FLIGHT) return false;
  if (speed === "quick" || (speed === "unknown" && mine === 0)) return true;
  return mine + theirs < SLOW_SHARE && mine < Math.max(1, Math.floor(SLOW_SHARE / (others + 1)));
}

/** How long a line may stand still before a delivery leaves it, in milliseconds. */
export function longestStill(paceMs: number | undefined, patience: Patience): number {
  return paceMs === undefined ? patience.firstMs : patience.stalledMs;
}

/**
 * Whether to join a line of `waiting` others whose requests take `paceMs` at best and that last moved `stillMs` ago, both in milliseconds.
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

/** Milliseconds between two deferred deliveries of a webhook, while `backlogs` webhooks of its client have some: no faster than it can take them. */
export function deferralInterval(speed: Speed, paceMs: number | undefined, backlogs: number): number {
  const among = (backlogs * 1000) / DEFERRALS_PER_SECOND;
  return speed === "quick" ? Math.min(among, (paceMs ?? 0) / MAX_IN_FLIGHT) : among;
}
