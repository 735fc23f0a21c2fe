import type { SuccessRule } from "../../contract/success-rule.ts";
import type { Fault, HeaderPair } from "./delivery.ts";
import { askedWait } from "./retry-after.ts";

/** A receiver's answer, as far as decisions look at it. */
export interface Answer {
  readonly status: number;
  /** Lower-case keys, in the order of the answer. */
  readonly headers: readonly HeaderPair[];
}

/** What an answer says of the token that the request carried. */
export type TokenVerdict =
  /** Nothing against it. */
  | "good"
  /** It is dead: the same request with a new one may succeed at once. */
  | "dead"
  /** It may be dead: the next attempt uses another one. */
  | "suspect";

/**
 * Statuses of receivers whose tokens have ended, beside 401: 403 where no 401 is known, 419 (Laravel), 440 (IIS, "login time-out"), 498 (Esri,
 * "invalid token").
 */
const SUSPECT: ReadonlySet<number> = new Set([403, 419, 440, 498]);

/** RFC 6750 section 3.1: the error that a protected resource names in its challenge. */
const INVALID_TOKEN = /\berror\s*=\s*"?invalid_token\b/i;

/** Statuses with which the same bytes would get the same answer. 410 is apart: it pauses the webhook too. */
const HOPELESS: ReadonlySet<number> = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505]);

/** Statuses whose Retry-After is honoured (RFC 9110 section 10.2.3). */
const ASKS_TO_WAIT: ReadonlySet<number> = new Set([429, 503]);

/** Whether an answer means that the request was taken. Every condition of a rule is checked here and nowhere else. */
export function isSuccess({ status }: Answer, { alsoStatuses }: SuccessRule): boolean {
  return (status >= 200 && status < 300) || alsoStatuses.includes(status);
}

export function tokenVerdict({ status, headers }: Answer): TokenVerdict {
  if (status === 401) return "dead";
  if (status === 400 && headers.some(({ key, value }) => key === "www-authenticate" && INVALID_TOKEN.test(value)))
    return "dead";
  return SUSPECT.has(status) ? "suspect" : "good";
}

/** Whether the same bytes would get the same answer again. */
export function isHopeless({ status }: Answer): boolean {
  return HOPELESS.has(status);
}

/** Whether the receiver says that this webhook's URL will never work again. */
export function isGone({ status }: Answer): boolean {
  return status === 410;
}

/** How long the receiver asks to be left alone, in milliseconds; 0 when it does not ask. */
export function askedWaitMs({ status, headers }: Answer, now: Date): number {
  if (!ASKS_TO_WAIT.has(status)) return 0;
  return askedWait(headers.find(({ key }) => key === "retry-after")?.value, now) ?? 0;
}

/** Why an answer is not a success, in words. */
export function answerFault({ status }: Answer): Fault {
  const said = `The receiver answered ${String(status)}`;
  if (status === 410) return { kind: "status", message: `${said} (gone for good); the webhook is paused.` };
  if (status >= 300 && status < 400) return { kind: "status", message: `${said}; redirects are not followed.` };
  return { kind: "status", message: `${said}.` };
}
