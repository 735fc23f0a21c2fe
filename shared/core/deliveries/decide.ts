import type { Webhook } from "../configuration/webhook.ts";
import { answerFault, askedWaitMs, isGone, isHopeless, isSuccess, tokenVerdict } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { Fault } from "./delivery.ts";
import { retryWaitMs } from "./retry-policy.ts";

/** How an exchange ended: with an answer, or with a fault before there was one. */
export type Reply = ({ readonly kind: "answered" } & Answer) | { readonly kind: "failed"; readonly fault: Fault };

/** What a decision depends on besides the reply. */
export interface Situation {
  /** Number of the attempt, from 1. */
  readonly attempt: number;
  readonly webhook: Pick<Webhook, "retryPolicy" | "success">;
  /** The token that the request carried; `renewed` when this attempt has asked for another one already. */
  readonly token: "none" | "held" | "renewed";
  /** 0 up to 1; spreads retries. */
  readonly random: number;
  /** What an HTTP-date in Retry-After is measured from. */
  readonly now: Date;
}

/** What the caller has to do besides recording the outcome. */
export type Effect =
  /** Do not use this token again. */
  | "drop-token"
  /** Ask for a new token and send once more, as part of the same attempt. When that cannot be done, the decision stands as it is. */
  | "renew-token"
  | "pause-webhook";

/** What follows from a reply. A fault is in words for the person who set the webhook up. */
export type Decision =
  | { readonly kind: "delivered"; readonly effects: readonly Effect[] }
  | { readonly kind: "retry"; readonly at: Date; readonly fault: Fault; readonly effects: readonly Effect[] }
  | { readonly kind: "give-up"; readonly fault: Fault; readonly effects: readonly Effect[] };

/** Faults that the same attempt would run into again. */
const HOPELESS_FAULTS: ReadonlySet<Fault["kind"]> = new Set(["template", "address-refused"]);

/**
 * The one judge of attempts: what the reply to attempt number `attempt` means for the delivery, as data for the caller to act on. A retry is
 * never earlier than the receiver asked for, up to 24 hours.
 *
 * It sees one attempt. What is decided by looking at many of them, such as a breaker, is an evaluator of its own beside this one.
 */
export function decide(reply: Reply, situation: Situation): Decision {
  if (reply.kind === "failed") {
    const { fault } = reply;
    return HOPELESS_FAULTS.has(fault.kind) ? giveUp(fault) : retryIfAny(fault, 0, [], situation);
  }
  if (isSuccess(reply, situation.webhook.success)) return { kind: "delivered", effects: [] };
  const fault = answerFault(reply);
  if (isGone(reply)) return giveUp(fault, ["pause-webhook"]);
  const verdict = situation.token === "none" ? "good" : tokenVerdict(reply);
  if (verdict === "good" && isHopeless(reply)) return giveUp(fault);
  const effects = situation.token === "held" ? EFFECTS[verdict] : [];
  return retryIfAny(fault, askedWaitMs(reply, situation.now), effects, situation);
}

const EFFECTS: Readonly<Record<ReturnType<typeof tokenVerdict>, readonly Effect[]>> = {
  good: [],
  suspect: ["drop-token"],
  dead: ["drop-token", "renew-token"],
};

function retryIfAny(
  fault: Fault,
  askedMs: number,
  effects: readonly Effect[],
  { attempt, webhook, random, now }: Situation,
): Decision {
  const waitMs = retryWaitMs(webhook.retryPolicy, attempt, random);
  if (waitMs !== undefined)
    return { kind: "retry", at: new Date(now.getTime() + Math.max(waitMs, askedMs)), fault, effects };
  const message = `${fault.message} Given up after ${String(attempt)} attempts.`;
  return giveUp({ kind: fault.kind, message }, effects);
}

function giveUp(fault: Fault, effects: readonly Effect[] = []): Decision {
  return { kind: "give-up", fault, effects };
}
