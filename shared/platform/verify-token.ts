import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { JWTPayload } from "jose";
import type { Caller } from "../core/caller.ts";
import { AppError } from "../core/errors.ts";
import type { Clock } from "../core/ports.ts";

export interface TokenSettings {
  /** Exact `iss`. */
  readonly issuer: string;
  /** Exact `aud`, or one of several in the token. */
  readonly audience: string;
  /** Where the issuer's public keys are (RFC 7517). */
  readonly jwksUrl: string;
  /** Claim with the clients that the caller may touch: an array of ids, one id, or `*`. */
  readonly clientsClaim: string;
}

/** Clocks of issuer and app may differ by this much, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** An unknown key id asks the issuer again at most this often, so that made-up ids cannot make us hammer it. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;

/**
 * Checks access tokens as Entra ID issues them: RS256 only, issuer, audience, expiry, subject. Keys are fetched on first
 * use and kept for ten minutes.
 * @returns a function from token to caller; it throws AppError `unauthenticated` with the reason when the token does not
 *   verify, and any other error when the issuer's keys cannot be had, which is our own trouble
 * @see RFC 7519, RFC 8725; https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */
export function tokenVerifier(settings: TokenSettings, now: Clock): (token: string) => Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ["RS256"],
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now(),
      });
      return {
        subject: payload.sub ?? "",
        roles: new Set(texts(payload["roles"])),
        clients: clientsOf(payload, settings.clientsClaim),
      };
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      throw new AppError("unauthenticated", reason);
    }
  };
}

function texts(claim: unknown): string[] {
  const list: unknown[] = Array.isArray(claim) ? claim : [claim];
  return list.filter((entry) => typeof entry === "string");
}

function clientsOf(payload: JWTPayload, claim: string): Caller["clients"] {
  const clients = texts(payload[claim]);
  return clients.includes("*") ? "*" : new Set(clients);
}

/** What is wrong with a token, for the caller; undefined when the token is not to blame. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof errors.JWTExpired) return "The token has expired; get a new one.";
  if (error instanceof errors.JWTClaimValidationFailed)
    return `The token's claim ${error.claim} is missing or not the one expected here.`;
  if (error instanceof errors.JOSEAlgNotAllowed) return "The token must be signed with RS256.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "The token's signature does not verify.";
  if (error instanceof errors.JWKSNoMatchingKey)
    return "The token is signed with a key that the issuer does not publish.";
  if (
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  ) {
    return "The token is not a signed JWT that can be read here.";
  }
  return undefined;
}
