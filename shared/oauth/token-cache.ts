import type { Credential } from "../core/configuration/credential.ts";
import type { Fault } from "../core/deliveries/delivery.ts";
import type { Send, Token, TokenSource } from "../core/ports/outbound.ts";
import type { Clock } from "../lib/clock.ts";
import type { CredentialStore } from "../core/ports/configuration.ts";
import type { Log } from "../lib/log.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import { scopeKey } from "../core/scope.ts";
import { shortCache } from "../lib/short-cache.ts";
import { readTokenAnswer } from "./token-answer.ts";
import { credentialSecrets, tokenRequest } from "./token-request.ts";

export interface TokenCacheDeps {
  readonly credentials: Pick<CredentialStore, "get">;
  readonly send: Send;
  readonly clock: Clock;
  /** 0 up to 1; spreads refreshes. */
  readonly random: () => number;
  /** For token requests, for example `KLS-Webhooks/1.0.0`. */
  readonly userAgent: string;
  /** For what happens in the background; never throws. */
  readonly log: Log;
}

/** How long a changed credential may still be used as it was, in milliseconds. */
const CREDENTIAL_TTL_MS = 2_000;

/**
 * Pauses between requests that bring nothing, in milliseconds: after a refusal, and between tokens that a receiver refuses. They double
 * from the first to the longest, so that neither a broken credential nor such a receiver hammers the provider. The first is shorter
 * than the first wait of the standard retry policy (4 s), so that a second attempt asks anew.
 */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** However soon a token ends, the next one is asked for at most once in this time, in milliseconds. */
const SHORTEST_USE_MS = 1_000;

/** How many credentials' tokens are kept. */
const MAX_TOKENS = 2_000;

type Got = Token | { readonly kind: "fault"; readonly fault: Fault };

interface Slot {
  held?: { readonly token: Token; readonly refreshAt: number; readonly deadAt: number };
  flight?: Promise<Got> | undefined;
  fault?: { readonly fault: Fault; readonly until: number } | undefined;
  /** Refusals in a row. */
  refusals: number;
  /** Drops in a row, each soon after the pause that the one before it began. */
  drops: number;
  /** From when on a token may be dropped. */
  dropFrom: number;
}

/**
 * Tokens by scope, credential and version (so a changed credential never uses its old token): callers at the same time share one
 * request; a token is renewed in the background ahead of its end, at a moment that differs between instances, and is not given out in
 * its last moments. A token that lives 3 seconds works too: every span is a share of the lifetime, up to a fixed time.
 */
export function tokenCache(deps: TokenCacheDeps): TokenSource {
  const slots = new Map<string, Slot>();
  const owners = new WeakMap<Token, Slot>();
  const credentials = shortCache<Credential | undefined>({
    clock: deps.clock,
    ttlMs: CREDENTIAL_TTL_MS,
    max: MAX_TOKENS,
  });
  return {
    get: async (scope, credentialId, timeoutMs) => {
      const name = `${scopeKey(scope)}|${credentialId}`;
      const read = await readCredential(() => credentials(name, () => deps.credentials.get(scope, credentialId)));
      if (read.kind === "fault") return read;
      const slot = slotOf(slots, `${name}|${read.credential.version}`);
      const now = deps.clock().getTime();
      const { held } = slot;
      if (held && now < held.deadAt) {
        if (now >= held.refreshAt && !isRemembered(slot, now)) refresh(slot, read.credential, owners, deps);
        return held.token;
      }
      if (slot.fault && isRemembered(slot, now)) return { kind: "fault", fault: slot.fault.fault };
      return within(timeoutMs, fetchInto(slot, read.credential, owners, deps));
    },
    drop: (token) => {
      const slot = owners.get(token);
      const now = deps.clock().getTime();
      if (slot?.held?.token !== token || now < slot.dropFrom) return;
      delete slot.held;
      // A token that was good for long was revoked; one that is refused again and again will be refused next time too.
      slot.drops = now - slot.dropFrom > pauseAfter(slot.drops) ? 1 : slot.drops + 1;
      slot.dropFrom = now + pauseAfter(slot.drops);
    },
  };
}

type Read =
  { readonly kind: "credential"; readonly credential: Credential } | { readonly kind: "fault"; readonly fault: Fault };

async function readCredential(load: () => Promise<Credential | undefined>): Promise<Read> {
  try {
    const credential = await load();
    return credential
      ? { kind: "credential", credential }
      : credentialFault("The webhook's credential does not exist any more.");
  } catch {
    // Its text could hold what was to be read; the delivery is tried again, and says why it waits.
    return credentialFault(
      "The webhook's credential could not be read now. If it stays so, save the credential again.",
    );
  }
}

/** Renews a token in the background while the one held is still good: nobody waits for it, so all that becomes of it ends here. */
function refresh(slot: Slot, credential: Credential, owners: WeakMap<Token, Slot>, deps: TokenCacheDeps): void {
  fetchInto(slot, credential, owners, deps)
    .then((got) => {
      if (got.kind === "fault")
        deps.log("warn", "token.not_refreshed", { credentialId: credential.id, fault: got.fault.kind });
    })
    .catch((error: unknown) => {
      logTrouble(error, credential, deps);
    });
}

function logTrouble(error: unknown, { id: credentialId }: Credential, { log }: TokenCacheDeps): void {
  log("error", "token.request_broke", { credentialId, why: readableReason(error), at: placeOf(error) });
}

/** One request at a time per slot; everyone who asks meanwhile gets its result. Never rejects. */
function fetchInto(
  slot: Slot,
  credential: Credential,
  owners: WeakMap<Token, Slot>,
  deps: TokenCacheDeps,
): Promise<Got> {
  slot.flight ??= fetchToken(slot, credential, owners, deps)
    .catch((error: unknown) => {
      logTrouble(error, credential, deps);
      const message = `The token could not be asked for, because of trouble of our own: ${readableReason(error)}.`;
      return remember(slot, { kind: "credential", message }, 0, deps);
    })
    .finally(() => {
      slot.flight = undefined;
    });
  return slot.flight;
}

/** Keeps a fault for as long as the endpoint is left alone, and at least as long as it asked for. */
function remember(slot: Slot, fault: Fault, askedWaitMs: number, { clock }: TokenCacheDeps): Got {
  slot.refusals += 1;
  slot.fault = { fault, until: clock().getTime() + Math.max(pauseAfter(slot.refusals), askedWaitMs) };
  return { kind: "fault", fault };
}

/** 1 s after the first, then doubling up to 5 minutes. */
function pauseAfter(times: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (times - 1), LONGEST_PAUSE_MS);
}

async function fetchToken(
  slot: Slot,
  credential: Credential,
  owners: WeakMap<Token, Slot>,
  deps: TokenCacheDeps,
): Promise<Got> {
  // A token's life is counted from before it was asked for, so that a slow answer does not lengthen it.
  const now = deps.clock();
  const askedAt = now.getTime();
  const secrets = credentialSecrets(credential);
  const answer = readTokenAnswer(await deps.send(tokenRequest(credential, deps.userAgent)), credential, secrets, now);
  if (answer.kind === "fault") return remember(slot, answer.fault, answer.askedWaitMs ?? 0, deps);
  const { header, prefix } = credential.placement;
  const value = prefix + answer.text;
  const token: Token = { kind: "token", header, value, text: answer.text, secrets: [value, answer.text, ...secrets] };
  const end = askedAt + answer.lifetimeMs;
  const margin = Math.min(5_000, answer.lifetimeMs * 0.2);
  const ahead = Math.min(60_000, answer.lifetimeMs * 0.3);
  slot.held = {
    token,
    deadAt: Math.max(end - margin, askedAt + SHORTEST_USE_MS),
    refreshAt: Math.max(end - margin - (ahead - margin) * (0.5 + 0.5 * deps.random()), askedAt + SHORTEST_USE_MS),
  };
  slot.fault = undefined;
  slot.refusals = 0;
  owners.set(token, slot);
  return token;
}

/** The result, or a fault when it takes longer than the attempt has left; the request itself goes on for the others. */
async function within(timeoutMs: number, flight: Promise<Got>): Promise<Got> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Got>((resolve) => {
    timer = setTimeout(() => {
      resolve(credentialFault("The token endpoint did not answer within the time of the attempt."));
    }, timeoutMs);
  });
  try {
    return await Promise.race([flight, late]);
  } finally {
    clearTimeout(timer);
  }
}

function slotOf(slots: Map<string, Slot>, key: string): Slot {
  const known = slots.get(key);
  const slot = known ?? { refusals: 0, drops: 0, dropFrom: 0 };
  // Last used last: the map's order is what is thrown away first.
  slots.delete(key);
  slots.set(key, slot);
  if (slots.size > MAX_TOKENS) {
    const oldest = slots.keys().next();
    if (!oldest.done) slots.delete(oldest.value);
  }
  return slot;
}

function isRemembered(slot: Slot, now: number): boolean {
  return slot.fault !== undefined && now < slot.fault.until;
}

function credentialFault(message: string): { readonly kind: "fault"; readonly fault: Fault } {
  return { kind: "fault", fault: { kind: "credential", message } };
}
