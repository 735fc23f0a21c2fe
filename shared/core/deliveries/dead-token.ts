import type { HeaderPair } from "./delivery.ts";

/** What an answer says of the token that the request carried. */
export type TokenVerdict =
  /** Nothing against it. */
  | "good"
  /** It is dead: the same request with a new one may succeed at once. */
  | "renew-now"
  /** It may be dead: it is not used again, and the next attempt tells. */
  | "renew-later";

/**
 * Statuses of receivers whose tokens have ended, beside 401: 403 where no 401 is known, 419 (Laravel), 440 (IIS, "login time-out"), 498 (Esri,
 * "invalid token").
 */
const MAY_BE_DEAD: ReadonlySet<number> = new Set([403, 419, 440, 498]);

/** RFC 6750 section 3.1: the error that a protected resource names in its challenge. */
const INVALID_TOKEN = /\berror\s*=\s*"?invalid_token\b/i;

/** Whether an answer means that the token is dead. @param headers with lower-case keys, as they came */
export function tokenVerdict(status: number, headers: readonly HeaderPair[]): TokenVerdict {
  if (status === 401) return "renew-now";
  if (status === 400 && headers.some(({ key, value }) => key === "www-authenticate" && INVALID_TOKEN.test(value))) {
    return "renew-now";
  }
  return MAY_BE_DEAD.has(status) ? "renew-later" : "good";
}
