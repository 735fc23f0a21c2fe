import { speedOf } from "../lib/fair-share.ts";
import type { Speed } from "../lib/fair-share.ts";

export interface Waiter {
  readonly admit: () => void;
}

/** What is known of one webhook's requests. All times in milliseconds since the epoch. */
export interface Lane {
  /** Requests in flight, oldest first. */
  readonly holds: Set<{ readonly since: number }>;
  readonly line: Set<Waiter>;
  /** How long its requests take at best; undefined until one has ended. */
  paceMs: number | undefined;
  /** When a slot was last taken. */
  movedAt: number;
  /** When the next deferred delivery may come back. */
  nextTurnAt: number;
  usedAt: number;
  /** When one of its deliveries was last deferred. */
  deferredAt: number;
  /** How many were deferred since that was last reported. */
  deferred: number;
  reportedAt: number;
}

/** Lanes by client and webhook. */
export type Lanes = Map<string, Map<string, Lane>>;

/** A lane that was not used for so long is forgotten; deferrals are reported at most once in this time. In milliseconds. */
export const MINUTE_MS = 60_000;

/** A deferred delivery's share is kept for about as long as the longest deferral, in milliseconds. */
const SHARE_KEPT_MS = 36_000;

export function newLane(): Lane {
  return {
    holds: new Set(),
    line: new Set(),
    paceMs: undefined,
    movedAt: -Infinity,
    nextTurnAt: -Infinity,
    usedAt: -Infinity,
    deferredAt: -Infinity,
    deferred: 0,
    reportedAt: -Infinity,
  };
}

export function speedOfLane({ holds, paceMs }: Lane, at: number): Speed {
  const oldest = holds.values().next();
  return speedOf(paceMs, oldest.done ? 0 : at - oldest.value.since);
}

/** Whether a webhook that is not quick keeps its share: it has requests now, or some of its deliveries are about to come back for one. */
export function wantsSlots(lane: Lane, at: number): boolean {
  return isActive(lane) || at - lane.deferredAt <= SHARE_KEPT_MS;
}

/** Counts a deferral. @returns what is to be logged, at most once a minute */
export function reportDeferral(
  lane: Lane,
  at: number,
): { readonly deferred: number; readonly inFlight: number } | undefined {
  lane.deferred += 1;
  lane.deferredAt = at;
  if (at - lane.reportedAt < MINUTE_MS) return undefined;
  const { deferred } = lane;
  lane.deferred = 0;
  lane.reportedAt = at;
  return { deferred, inFlight: lane.holds.size };
}

export function forgetIdle(clients: Lanes, at: number): void {
  for (const [client, lanes] of clients) {
    for (const [key, lane] of lanes) {
      if (!isActive(lane) && lane.nextTurnAt <= at && at - lane.usedAt >= MINUTE_MS) lanes.delete(key);
    }
    if (lanes.size === 0) clients.delete(client);
  }
}

function isActive({ holds, line }: Lane): boolean {
  return holds.size > 0 || line.size > 0;
}
