import type { Credential } from "../core/configuration/credential.ts";
import type { CredentialStore } from "../core/ports/configuration.ts";
import type { Send, Token, TokenSource } from "../core/ports/outbound.ts";
import { scopeKey } from "../core/scope.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { lru } from "../lib/lru.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import { ttlCache } from "../lib/ttl-cache.ts";
import { readTokenAnswer } from "./token-answer.ts";
import { credentialSecrets, tokenRequest } from "./token-request.ts";
import { dropToken, heldToken, keepFault, keepToken, newSlot, rememberedFault } from "./token-slot.ts";
import type { Got, TokenSlot } from "./token-slot.ts";

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

/** How many credentials' tokens are kept. */
const MAX_TOKENS = 2_000;

/**
 * Tokens by scope, credential and version, so that a changed credential never uses its old token. Callers at the same time share one request,
 * and a token is renewed in the background before it ends.
 */
export function tokenCache(deps: TokenCacheDeps): TokenSource {
  const slots = lru<TokenSlot>(MAX_TOKENS);
  const owners = new WeakMap<Token, TokenSlot>();
  const credentials = ttlCache<Credential | undefined>({
    clock: deps.clock,
    ttlMs: CREDENTIAL_TTL_MS,
    max: MAX_TOKENS,
  });
  const slotOf = (key: string): TokenSlot => {
    const known = slots.get(key);
    if (known) return known;
    const slot = newSlot();
    slots.set(key, slot);
    return slot;
  };
  return {
    get: async (scope, credentialId, timeoutMs) => {
      const name = `${scopeKey(scope)}|${credentialId}`;
      const read = await readCredential(() => credentials(name, () => deps.credentials.get(scope, credentialId)));
      if (read.kind === "fault") return read;
      const { credential } = read;
      const slot = slotOf(`${name}|${credential.version}`);
      const now = deps.clock().getTime();
      const held = heldToken(slot, now);
      if (held) {
        if (held.isDue) refresh(slot, credential, owners, deps);
        return held.token;
      }
      const fault = rememberedFault(slot, now);
      return fault ? { kind: "fault", fault } : within(timeoutMs, fetchInto(slot, credential, owners, deps));
    },
    drop: (token) => {
      const slot = owners.get(token);
      if (slot) dropToken(slot, token, deps.clock().getTime());
    },
  };
}

type Read = { readonly kind: "credential"; readonly credential: Credential } | Extract<Got, { readonly kind: "fault" }>;

async function readCredential(load: () => Promise<Credential | undefined>): Promise<Read> {
  try {
    const credential = await load();
    return credential ? { kind: "credential", credential } : credentialFault("The webhook's credential was deleted.");
  } catch {
    // The error's text could hold what was to be read; the delivery is tried again, and says why it waits.
    return credentialFault("The webhook's credential could not be read. If this persists, save the credential again.");
  }
}

/** Renews a token in the background while the one held is still good: nobody waits for it, so whatever becomes of it ends here. */
function refresh(
  slot: TokenSlot,
  credential: Credential,
  owners: WeakMap<Token, TokenSlot>,
  deps: TokenCacheDeps,
): void {
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
  slot: TokenSlot,
  credential: Credential,
  owners: WeakMap<Token, TokenSlot>,
  deps: TokenCacheDeps,
): Promise<Got> {
  slot.flight ??= fetchToken(slot, credential, owners, deps)
    .catch((error: unknown) => {
      logTrouble(error, credential, deps);
      const message = `The token could not be requested because of a problem on our side: ${readableReason(error)}.`;
      return keepFault(slot, { kind: "credential", message }, 0, deps.clock().getTime());
    })
    .finally(() => {
      slot.flight = undefined;
    });
  return slot.flight;
}

async function fetchToken(
  slot: TokenSlot,
  credential: Credential,
  owners: WeakMap<Token, TokenSlot>,
  deps: TokenCacheDeps,
): Promise<Got> {
  const askedAt = deps.clock();
  const secrets = credentialSecrets(credential);
  const reply = await deps.send(tokenRequest(credential, deps.userAgent));
  const answer = readTokenAnswer(reply, credential, secrets, askedAt);
  if (answer.kind === "fault") return keepFault(slot, answer.fault, answer.askedWaitMs ?? 0, deps.clock().getTime());
  const { header, prefix } = credential.placement;
  const value = prefix + answer.text;
  const token: Token = { kind: "token", header, value, text: answer.text, secrets: [value, answer.text, ...secrets] };
  keepToken(slot, token, askedAt.getTime(), answer.lifetimeMs, deps.random());
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

function credentialFault(message: string): Extract<Got, { readonly kind: "fault" }> {
  return { kind: "fault", fault: { kind: "credential", message } };
}
