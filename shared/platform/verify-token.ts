import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { JWTPayload } from "jose";
import type { Caller } from "../core/caller.ts";
import { AppError } from "../lib/errors.ts";
import type { Clock } from "../lib/clock.ts";

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

/** How much the clocks of issuer and app may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** An unknown key id asks the issuer again at most this often, so that made-up ids cannot make us hammer it. */
const KEYS_COOLDOWN_MS = 30_000;
const KEYS_TIMEOUT_MS = 5_000;

/**
 * Checks access tokens as Entra ID issues them: RS256 only, issuer, audience, expiry, subject, and that it is not an ID token. Keys are fetched on
 * first use and cached for ten minutes.
 * @returns a function from token to caller; it throws AppError `unauthenticated` with the reason when the token does not
 *   verify, and any other error when the issuer's keys cannot be fetched, which is a failure on our side
 * @see RFC 7519, RFC 8725; https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens
 */
export function tokenVerifier(settings: TokenSettings, now: Clock): (token: string) => Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl), {
    cooldownDuration: KEYS_COOLDOWN_MS,
    timeoutDuration: KEYS_TIMEOUT_MS,
  });
  return async (token) => {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms: ["RS256"],
        issuer: settings.issuer,
        audience: settings.audience,
        requiredClaims: ["exp", "sub"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now(),
      });
      if (!isAccessToken(payload, protectedHeader.typ)) {
        throw new AppError(
          "unauthenticated",
          "The token is not an access token; send the one that was issued for this API.",
        );
      }
      return {
        subject: payload.sub ?? "",
        roles: new Set(texts(payload["roles"])),
        clients: clientsOf(payload, settings.clientsClaim),
      };
    } catch (error) {
      if (error instanceof AppError) throw error;
      const reason = reasonOf(error);
      if (reason === undefined) throw error;
      throw new AppError("unauthenticated", reason);
    }
  };
}

/** Claims that only ID tokens have, since they bind it to a sign-in (OpenID Connect Core 1.0, sections 2 and 3.3.2.11). */
const OF_ID_TOKENS = ["nonce", "at_hash", "c_hash"];

/**
 * Whether the token was issued for calling an API. An ID token tells a page who signed in; where page and API are one registration it has our issuer,
 * keys and audience, and the user's roles too. In Entra ID an access token names what it may do for a user (`scp`), or the client that asked for it
 * (`azp`, before version 2.0 `appid`), and an ID token neither; elsewhere the type may say it (RFC 9068).
 * @see https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference, …/id-token-claims-reference
 */
function isAccessToken(claims: JWTPayload, type: string | undefined): boolean {
  if (OF_ID_TOKENS.some((claim) => claims[claim] !== undefined)) return false;
  const named = ["scp", "azp", "appid"].some((claim) => texts(claims[claim]).some((text) => text !== ""));
  return named || /^(?:application\/)?at\+jwt$/i.test(type ?? "");
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
