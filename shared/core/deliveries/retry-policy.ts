import type { Fault } from "./delivery.ts";
import { isSuccess } from "../../contract/success-rule.ts";
import type { RetryPolicyName } from "../../contract/webhook.ts";
import type { Webhook } from "../configuration/webhook.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STANDARD = [
  5 * SECOND,
  30 * SECOND,
  2 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  DAY,
  DAY,
] as const;

/** Waits between attempts in milliseconds, before jitter: the first stands between attempts 1 and 2. */
export const RETRY_WAITS_MS: Readonly<Record<RetryPolicyName, readonly number[]>> = {
  /** 12 waits, about 76 hours. */
  standard: STANDARD,
  /** 9 waits, about 30 minutes. */
  fast: [1, 5, 15, 30, 60, 120, 240, 480, 840].map((seconds) => seconds * SECOND),
  /** 17 waits, about 8 days. */
  patient: [...STANDARD, DAY, DAY, DAY, DAY, DAY],
};

/** Share of a wait by which it may be shorter or longer, so that what failed together does not come back together. */
const JITTER = 0.2;

/** The longest wait a receiver can ask for with Retry-After, in milliseconds. */
const LONGEST_ASKED_WAIT_MS = DAY;

/** Statuses with which the same bytes would get the same answer. 410 is apart: it pauses the webhook too. */
const HOPELESS: ReadonlySet<number> = new Set([400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505]);

/** How an attempt ended: with an answer, or with a fault before there was one. */
export type Reply =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly retryAfter?: string | undefined;
      /** The answer blames the token that the request carried; with another one the same bytes may be taken. */
      readonly deadToken?: boolean;
    }
  | { readonly kind: "failed"; readonly fault: Fault };

/** What follows from a reply. */
export type Decision =
  | { readonly kind: "delivered" }
  | { readonly kind: "retry"; readonly afterMs: number; readonly fault: Fault }
  | { readonly kind: "given-up"; readonly fault: Fault; readonly pause: boolean };

/**
 * What to do after attempt number `attempt` (from 1) of a webhook with this policy and success rule. `random` gives 0 up to 1 (it spreads the
 * waits), `now` is what an HTTP-date in Retry-After is measured from. Waits are in milliseconds: a retry is never earlier than
 * Retry-After asked on 429 and 503 (RFC 9110 section 10.2.3), which is honoured up to 24 hours.
 */
export function decide(
  reply: Reply,
  attempt: number,
  { retryPolicy, success }: Pick<Webhook, "retryPolicy" | "success">,
  random: () => number,
  now: Date,
): Decision {
  if (reply.kind === "answered" && isSuccess(reply.status, success)) return { kind: "delivered" };
  const fault = reply.kind === "failed" ? reply.fault : statusFault(reply.status);
  if (reply.kind === "answered" && reply.status === 410) return { kind: "given-up", fault, pause: true };
  if (isHopeless(reply)) return { kind: "given-up", fault, pause: false };
  const wait = RETRY_WAITS_MS[retryPolicy][attempt - 1];
  if (wait === undefined) {
    const message = `${fault.message} Given up after ${String(attempt)} attempts.`;
    return { kind: "given-up", fault: { kind: fault.kind, message }, pause: false };
  }
  const jittered = Math.round(wait * (1 - JITTER + 2 * JITTER * random()));
  const asked =
    reply.kind === "answered" && (reply.status === 429 || reply.status === 503)
      ? askedWait(reply.retryAfter, now)
      : undefined;
  return { kind: "retry", afterMs: Math.max(jittered, asked ?? 0), fault };
}

/**
 * Milliseconds that a Retry-After value asks for: seconds or an HTTP-date, 0 up to {@link LONGEST_ASKED_WAIT_MS}; undefined when
 * it is neither.
 */
export function askedWait(retryAfter: string | undefined, now: Date): number | undefined {
  const text = retryAfter?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * SECOND, LONGEST_ASKED_WAIT_MS);
  // Every form of an HTTP-date begins with the name of a day; Date.parse alone would take "1.5" for a date in 2001.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  return Math.min(Math.max(until - now.getTime(), 0), LONGEST_ASKED_WAIT_MS);
}

/** The fault of an answer that is no success, in words. */
export function statusFault(status: number): Fault {
  const said = `The receiver answered ${String(status)}`;
  if (status === 410) return { kind: "status", message: `${said} (gone for good); the webhook is paused.` };
  if (status >= 300 && status < 400) return { kind: "status", message: `${said}; redirects are not followed.` };
  return { kind: "status", message: `${said}.` };
}

function isHopeless(reply: Reply): boolean {
  if (reply.kind === "answered") return HOPELESS.has(reply.status) && reply.deadToken !== true;
  return reply.fault.kind === "template" || reply.fault.kind === "address-refused";
}
