import {
  BRIEFLY,
  deferralInterval,
  longestStill,
  MAX_IN_FLIGHT,
  mayHaveMore,
  paceAfter,
  worthWaiting,
} from "../lib/fair-share.ts";
import type { Patience } from "../lib/fair-share.ts";
import type { Clock } from "../lib/clock.ts";
import type { Scope } from "../core/scope.ts";
import { scopeKey } from "../core/scope.ts";
import { forgetIdle, MINUTE_MS, newLane, reportDeferral, speedOfLane, wantsSlots } from "./lane.ts";
import type { Lane, Lanes, Waiter } from "./lane.ts";

/** Runs `task` once after `ms` milliseconds, unless the returned function is called before. */
export type Timer = (ms: number, task: () => void) => () => void;

/** Permission to have one request in flight. */
export interface Slot {
  /** The request has ended: passes the slot on to the next in line, and counts how long it took. */
  ended(): void;
  /** Passes the slot on to the next in line; does nothing when that is done already. */
  release(): void;
}

/** When a deferred delivery comes back. */
export interface Turn {
  readonly at: Date;
  /** What is to be logged, at most once a minute for each webhook: how many were deferred since the last report. */
  readonly report: { readonly deferred: number; readonly inFlight: number } | undefined;
}

/** The requests in flight of one process, over all its clients. */
export interface Slots {
  /** A slot, if one is free and nobody is waiting for it. */
  take(scope: Scope, webhookId: string): Slot | undefined;
  /** A slot, first come, first served; undefined when waiting is not worth it or patience runs out. */
  wait(scope: Scope, webhookId: string, patience?: Patience): Promise<Slot | undefined>;
  /** When a delivery without a slot comes back: after `waitMs` milliseconds, or later when too many others do. */
  turn(scope: Scope, webhookId: string, waitMs: number): Turn;
}

/** Slots by webhook. Memory is bounded by the webhooks in use: a deleted one is forgotten like an idle one. */
export function slots(deps: { readonly clock: Clock; readonly timer: Timer }): Slots {
  const clients: Lanes = new Map();
  const now = (): number => deps.clock().getTime();
  let sweptAt = now();

  const laneOf = (scope: Scope, webhookId: string): Lane => {
    const key = `${scopeKey(scope)}|${webhookId}`;
    const at = now();
    if (at - sweptAt >= MINUTE_MS) {
      sweptAt = at;
      forgetIdle(clients, at);
    }
    const lanes = clients.get(scope.client) ?? new Map<string, Lane>();
    clients.set(scope.client, lanes);
    const lane = lanes.get(key) ?? newLane();
    lanes.set(key, lane);
    lane.usedAt = at;
    return lane;
  };
  const lanesOf = (scope: Scope): Lane[] => [...(clients.get(scope.client)?.values() ?? [])];

  /** Takes a slot of the lane; releasing it admits whoever may go next. */
  const hold = (lane: Lane, scope: Scope): Slot => {
    const mine = { since: now() };
    lane.holds.add(mine);
    lane.movedAt = mine.since;
    const give = (ended: boolean): void => {
      if (!lane.holds.has(mine)) return;
      const at = now();
      const wasQuick = speedOfLane(lane, at) === "quick";
      lane.holds.delete(mine);
      if (ended) lane.paceMs = paceAfter(lane.paceMs, at - mine.since);
      lane.usedAt = at;
      // It answers again: what is deferred from now on need not queue behind what was deferred while it did not.
      if (!wasQuick && speedOfLane(lane, at) === "quick") lane.nextTurnAt = at;
      admit(lane, scope);
      // Lanes that are not quick share slots, so another one's line may move.
      if (!wasQuick) for (const other of lanesOf(scope)) admit(other, scope);
    };
    return {
      ended: () => {
        give(true);
      },
      release: () => {
        give(false);
      },
    };
  };

  const mayTake = (lane: Lane, scope: Scope): boolean => {
    if (lane.holds.size >= MAX_IN_FLIGHT) return false;
    const at = now();
    const mine = speedOfLane(lane, at);
    // The usual case, without looking at the others.
    if (mine === "quick") return true;
    const others = lanesOf(scope).filter(
      (other) => other !== lane && wantsSlots(other, at) && speedOfLane(other, at) !== "quick",
    );
    const theirs = others.reduce((sum, { holds }) => sum + holds.size, 0);
    return mayHaveMore(mine, lane.holds.size, others.length, theirs);
  };

  const admit = (lane: Lane, scope: Scope): void => {
    for (const waiter of lane.line) {
      if (!mayTake(lane, scope)) return;
      waiter.admit();
    }
  };

  const stand = (lane: Lane, scope: Scope, patience: Patience): Promise<Slot | undefined> =>
    new Promise((resolve) => {
      const since = now();
      let cancel = (): void => undefined;
      const waiter: Waiter = {
        admit: () => {
          lane.line.delete(waiter);
          cancel();
          resolve(hold(lane, scope));
        },
      };
      const look = (): void => {
        const stillUntil = Math.max(lane.movedAt, since) + longestStill(lane.paceMs, patience);
        const leaveAt = Math.min(since + patience.limitMs, stillUntil);
        const left = leaveAt - now();
        if (left > 0) {
          cancel = deps.timer(left, look);
          return;
        }
        lane.line.delete(waiter);
        resolve(undefined);
      };
      lane.line.add(waiter);
      look();
    });

  const take: Slots["take"] = (scope, webhookId) => {
    const lane = laneOf(scope, webhookId);
    return lane.line.size === 0 && mayTake(lane, scope) ? hold(lane, scope) : undefined;
  };

  return {
    take,
    wait: async (scope, webhookId, patience = BRIEFLY) => {
      const slot = take(scope, webhookId);
      if (slot) return slot;
      const lane = laneOf(scope, webhookId);
      if (!worthWaiting(lane.line.size, lane.paceMs, now() - lane.movedAt, patience)) return undefined;
      return stand(lane, scope, patience);
    },
    turn: (scope, webhookId, waitMs) => {
      const lane = laneOf(scope, webhookId);
      const at = now();
      const backlogs = lanesOf(scope).filter((other) => other !== lane && other.nextTurnAt > at).length + 1;
      const turnAt = Math.max(lane.nextTurnAt, at);
      lane.nextTurnAt = turnAt + deferralInterval(speedOfLane(lane, at), lane.paceMs, backlogs);
      return { at: new Date(Math.max(at + waitMs, turnAt)), report: reportDeferral(lane, at) };
    },
  };
}
