import type { Credential } from "../core/credential.ts";
import type { Fault } from "../core/delivery.ts";
import type { Send, Token, TokenSource } from "../core/delivery-ports.ts";
import type { Clock, CredentialStore, Log } from "../core/ports.ts";
import { placeOf, readableReason } from "../core/readable-reason.ts";
import { scopeKey } from "../core/scope.ts";
import { shortCache } from "../core/short-cache.ts";
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
const CREDENTIAL_TTL = 2_000;

/**
 * How long a fault is given to all who ask, in milliseconds, so that a broken credential does not hammer its provider. Shorter than
 * the shortest first wait of the standard retry policy (4 s), so that a second attempt asks anew.
 */
const FAULT_TTL = 3_000;

/** At most one drop per credential in this time, in milliseconds: a receiver that refuses every token must not cost one each. */
const DROP_EVERY = 1_000;

/** How many credentials' tokens are kept. */
const MAX_TOKENS = 2_000;

type Got = Token | { readonly kind: "fault"; readonly fault: Fault };

interface Slot {
  held?: { readonly token: Token; readonly refreshAt: number; readonly deadAt: number };
  flight?: Promise<Got> | undefined;
  fault?: { readonly fault: Fault; readonly until: number } | undefined;
  droppedAt?: number;
}

/**
 * Tokens by scope, credential and version (so a changed credential never uses its old token): callers at the same time share one
 * request; a token is renewed in the background ahead of its end, at a moment that differs between instances, and is not given out in
 * its last moments. A token that lives 3 seconds works too: every span is a share of the lifetime, up to a fixed time.
 */
export function tokenCache(deps: TokenCacheDeps): TokenSource {
  const slots = new Map<string, Slot>();
  const owners = new WeakMap<Token, Slot>();
  const credentials = shortCache<Credential | undefined>({ clock: deps.clock, ttlMs: CREDENTIAL_TTL, max: MAX_TOKENS });
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
      if (slot?.held?.token !== token) return;
      if (slot.droppedAt !== undefined && now - slot.droppedAt < DROP_EVERY) return;
      delete slot.held;
      slot.droppedAt = now;
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
      return remember(slot, { kind: "credential", message }, deps);
    })
    .finally(() => {
      slot.flight = undefined;
    });
  return slot.flight;
}

function remember(slot: Slot, fault: Fault, { clock }: TokenCacheDeps): Got {
  slot.fault = { fault, until: clock().getTime() + FAULT_TTL };
  return { kind: "fault", fault };
}

async function fetchToken(
  slot: Slot,
  credential: Credential,
  owners: WeakMap<Token, Slot>,
  deps: TokenCacheDeps,
): Promise<Got> {
  // A token's life is counted from before it was asked for, so that a slow answer does not lengthen it.
  const askedAt = deps.clock().getTime();
  const secrets = credentialSecrets(credential);
  const answer = readTokenAnswer(await deps.send(tokenRequest(credential, deps.userAgent)), credential, secrets);
  if (answer.kind === "fault") return remember(slot, answer.fault, deps);
  const { header, prefix } = credential.placement;
  const value = prefix + answer.text;
  const token: Token = { kind: "token", header, value, secrets: [value, answer.text, ...secrets] };
  const end = askedAt + answer.lifetimeMs;
  const margin = Math.min(5_000, answer.lifetimeMs * 0.2);
  const ahead = Math.min(60_000, answer.lifetimeMs * 0.3);
  slot.held = { token, deadAt: end - margin, refreshAt: end - margin - (ahead - margin) * (0.5 + 0.5 * deps.random()) };
  slot.fault = undefined;
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
  const slot = known ?? {};
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
