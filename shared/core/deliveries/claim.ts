import type { Trigger } from "../../contract/delivery.ts";
import type { Delivery } from "./delivery.ts";
import type { Debt } from "../ports/deliveries.ts";

/** How much longer than a webhook's timeout its claim holds, in milliseconds: rendering, scheduling and recording. */
const CLAIM_MARGIN_MS = 15_000;

/** How long after the end of another run's claim we try again, in milliseconds. */
const RECHECK_MARGIN_MS = 1_000;

/** How early a retry message may arrive, in milliseconds: the clocks of the bus and ours differ a little. */
const EARLY_TOLERANCE_MS = 2_000;

/** The longest deferral of a delivery that finds no slot, before jitter, in milliseconds. */
const LONGEST_DEFERRAL_MS = 30_000;

/** Share by which a deferral may be shorter or longer, so that what was deferred together does not come back together. */
const DEFERRAL_JITTER = 0.2;

/** What a claim depends on. */
export type Claimable = Pick<Delivery, "state" | "attemptCount" | "nextAttemptAt"> & {
  /** Until when a run holds the delivery; null when none does. */
  readonly claimedUntil: Date | null;
  readonly owed: Debt | null;
};

/** What a run that finds a delivery's row may do with it. */
export type ClaimDecision =
  /** Nothing is left to do. */
  | { readonly kind: "done" }
  /** Its attempt is recorded, but something that follows from it is still to be done: do it. */
  | { readonly kind: "owed" }
  /** Not now: come back at this time. */
  | { readonly kind: "later"; readonly at: Date }
  /** Claim it and try; `mayBeRepeat` when an earlier run may have reached the receiver before it died. */
  | { readonly kind: "claim"; readonly mayBeRepeat: boolean };

/** When a run that starts now and may send for `timeoutSeconds` loses its claim. */
export function claimEnd(now: Date, timeoutSeconds: number): Date {
  return new Date(now.getTime() + timeoutSeconds * 1000 + CLAIM_MARGIN_MS);
}

/** What a message asks for. */
export interface Due {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly trigger: Trigger;
}

/** Ended; a newer version's state, which reads as unknown, is not: sending twice is better than losing it. */
const ENDED: readonly Delivery["state"][] = ["delivered", "failed", "canceled"];

/** Asked for by people, whatever has become of the delivery: such an attempt opens an ended one again, and waits for no schedule. */
const ASKED_FOR: readonly Trigger[] = ["manual", "replay"];

/**
 * What to do with a delivery when the message for one of its attempts arrives.
 *
 * A delivery that has ended is sent again only when that was asked for; a scheduled message that comes late or twice opens nothing. A recorded
 * attempt has scheduled its successor before the record was written, or the record says that it is owed; else a message for an attempt that is
 * recorded has nothing left to do. A message that is too early is scheduled again, never dropped: it may be the only one left.
 */
export function claimDecision(row: Claimable, { attempt, trigger }: Due, now: Date): ClaimDecision {
  const askedFor = ASKED_FOR.includes(trigger);
  if (row.owed !== null && row.attemptCount >= attempt) return { kind: "owed" };
  if (ENDED.includes(row.state) && !askedFor) return { kind: "done" };
  if (row.attemptCount >= attempt) return { kind: "done" };
  if (row.claimedUntil !== null) {
    if (row.claimedUntil > now) {
      return { kind: "later", at: new Date(row.claimedUntil.getTime() + RECHECK_MARGIN_MS) };
    }
    return { kind: "claim", mayBeRepeat: true };
  }
  if (!askedFor && row.nextAttemptAt !== null && row.nextAttemptAt.getTime() - now.getTime() > EARLY_TOLERANCE_MS) {
    return { kind: "later", at: row.nextAttemptAt };
  }
  return { kind: "claim", mayBeRepeat: false };
}

/**
 * How long a delivery is deferred that finds no slot for the n-th time (from 1), in milliseconds: 1 s, 2 s, 4 s … 30 s, ±20 %. `random`
 * returns 0 up to 1.
 */
export function deferralWait(deferrals: number, random: () => number): number {
  const wait = Math.min(1000 * 2 ** (deferrals - 1), LONGEST_DEFERRAL_MS);
  return Math.round(wait * (1 - DEFERRAL_JITTER + 2 * DEFERRAL_JITTER * random()));
}
