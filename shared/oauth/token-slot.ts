import type { Fault } from "../core/deliveries/delivery.ts";
import type { Token } from "../core/ports/outbound.ts";

/** A token, or why there is none. */
export type Got = Token | { readonly kind: "fault"; readonly fault: Fault };

/** What is known of one credential's token. All times in milliseconds since the epoch. */
export interface TokenSlot {
  held?: { readonly token: Token; readonly refreshAt: number; readonly deadAt: number };
  /** The request under way. */
  flight?: Promise<Got> | undefined;
  /** The last refusal, given out until the endpoint may be asked again. */
  fault?: { readonly fault: Fault; readonly until: number } | undefined;
  /** Refusals in a row. */
  refusals: number;
  /** Drops in a row, each soon after the pause that the one before it began. */
  drops: number;
  /** From when on a token may be dropped. */
  dropFrom: number;
}

/**
 * Pauses between requests that bring nothing, in milliseconds: after a refusal, and between tokens that a receiver refuses. They double
 * from the first to the longest, so that neither a broken credential nor such a receiver hammers the provider. The first is shorter
 * than the first wait of the standard retry policy (4 s), so that a second attempt asks again.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** However soon a token ends, the next one is asked for at most once in this time, in milliseconds. */
const SHORTEST_USE_MS = 1_000;

export function newSlot(): TokenSlot {
  return { refusals: 0, drops: 0, dropFrom: 0 };
}

/** The held token while it is good, and whether it is time to renew it. */
export function heldToken(
  slot: TokenSlot,
  now: number,
): { readonly token: Token; readonly isDue: boolean } | undefined {
  const { held } = slot;
  if (!held || now >= held.deadAt) return undefined;
  return { token: held.token, isDue: now >= held.refreshAt && rememberedFault(slot, now) === undefined };
}

/** The last refusal, as long as the endpoint is left alone for it. */
export function rememberedFault({ fault }: TokenSlot, now: number): Fault | undefined {
  return fault !== undefined && now < fault.until ? fault.fault : undefined;
}

/**
 * Keeps a token. It is not given out in its last moments, and is renewed ahead of its end at a moment that differs between instances. Every
 * span is a share of the lifetime up to a fixed time, so that a token that lives three seconds works too.
 * @param askedAt its life is counted from before it was asked for, so that a slow answer does not lengthen it
 * @param random 0 up to 1
 */
export function keepToken(slot: TokenSlot, token: Token, askedAt: number, lifetimeMs: number, random: number): void {
  const end = askedAt + lifetimeMs;
  const marginMs = Math.min(5_000, lifetimeMs * 0.2);
  const aheadMs = Math.min(60_000, lifetimeMs * 0.3);
  slot.held = {
    token,
    deadAt: Math.max(end - marginMs, askedAt + SHORTEST_USE_MS),
    refreshAt: Math.max(end - marginMs - (aheadMs - marginMs) * (0.5 + 0.5 * random), askedAt + SHORTEST_USE_MS),
  };
  slot.fault = undefined;
  slot.refusals = 0;
}

/** Keeps a refusal for as long as the endpoint is left alone, and at least as long as it asked for. */
export function keepFault(slot: TokenSlot, fault: Fault, askedWaitMs: number, now: number): Got {
  slot.refusals += 1;
  slot.fault = { fault, until: now + Math.max(pauseMs(slot.refusals), askedWaitMs) };
  return { kind: "fault", fault };
}

/** Forgets the token if it is the one that is held and the pause after the last drop is over. */
export function dropToken(slot: TokenSlot, token: Token, now: number): void {
  if (slot.held?.token !== token || now < slot.dropFrom) return;
  delete slot.held;
  // A token that was good for long was revoked; one that is refused again and again will be refused next time too.
  slot.drops = now - slot.dropFrom > pauseMs(slot.drops) ? 1 : slot.drops + 1;
  slot.dropFrom = now + pauseMs(slot.drops);
}

/** 1 s after the first, then doubling up to 5 minutes. */
function pauseMs(times: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
}
