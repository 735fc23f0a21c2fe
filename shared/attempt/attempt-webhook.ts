import { decide } from "../core/deliveries/decide.ts";
import type { Decision, Situation } from "../core/deliveries/decide.ts";
import type { Attempt, Fault, Timings } from "../core/deliveries/delivery.ts";
import type { Token, TokenSource } from "../core/ports/outbound.ts";
import { renderRequest } from "../core/requests/render-request.ts";
import type { Rendering } from "../core/requests/render-request.ts";
import { RenderWork } from "../core/templates/work.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import { timeLeftMs } from "./attempt.ts";
import type { AttemptDeps, Attempting, AttemptInput, AttemptResult } from "./attempt.ts";
import { exchange } from "./exchange.ts";
import type { Exchange, Rendered } from "./exchange.ts";
import { seenOrigin } from "./seen-exchange.ts";

/** An exchange, and what `decide` says of it. */
interface Judged {
  readonly exchange: Exchange;
  readonly decision: Decision;
}

/**
 * One attempt: render, token, POST, and once more with a new token when the receiver answers that the token is dead. All of it within the
 * webhook's timeout. What is wrong with template, credential or receiver is part of the result.
 * @throws only what broke on our side before a request left; after that there is always a result
 */
export async function attemptWebhook(input: AttemptInput, deps: AttemptDeps): Promise<AttemptResult> {
  const startedAt = deps.clock();
  const attempting: Attempting = { input, startedAt, deps };
  // Rendered before a token is asked for: a template that gives no request needs none.
  const rendering = await render(attempting);
  const judged = rendering.ok ? await send(rendering, attempting) : unsent(rendering.fault, {}, attempting);
  const { request, response, timings } = judged.exchange;
  const { decision } = judged;
  const attempt: Attempt = {
    number: input.number,
    trigger: input.trigger,
    startedAt,
    durationMs: deps.clock().getTime() - startedAt.getTime(),
    outcome: decision.kind === "delivered" ? "delivered" : "failed",
    mayBeRepeat: input.mayBeRepeat,
    ...(decision.kind === "delivered" ? {} : { fault: decision.fault }),
    ...(request ? { request } : {}),
    ...(response ? { response } : {}),
    timings,
  };
  return { decision, attempt, origin: seenOrigin(request?.url) };
}

async function send(rendered: Rendered, attempting: Attempting): Promise<Judged> {
  const { input, deps } = attempting;
  const { credentialId } = input.webhook.settings;
  if (credentialId === null)
    return judge(await exchange(rendered, undefined, { tokenMs: 0 }, attempting), "none", attempting);
  const askedAt = deps.clock().getTime();
  const token = await tokenFor(credentialId, attempting);
  const timings = { tokenMs: deps.clock().getTime() - askedAt };
  if (token.kind === "fault") return unsent(token.fault, timings, attempting);
  const first = judge(await sendWith(token, rendered, timings, attempting), "held", attempting);
  const { effects } = first.decision;
  try {
    if (effects.includes("drop-token")) deps.tokens.drop(token);
    if (!effects.includes("renew-token")) return first;
    const renewed = await tokenFor(credentialId, attempting);
    if (renewed.kind === "fault") {
      const reply = { kind: "failed", fault: renewed.fault } as const;
      return judge({ ...first.exchange, reply }, "renewed", attempting);
    }
    // The very same token again: it was renewed a moment ago, and asking the receiver once more would change nothing.
    if (renewed === token) return first;
    const secrets = [...rendered.secrets, ...token.secrets];
    return judge(await sendWith(renewed, { ...rendered, secrets }, timings, attempting), "renewed", attempting);
  } catch (error) {
    // A request has left, and its answer is what counts.
    logNotRenewed(error, attempting);
    return first;
  }
}

function tokenFor(credentialId: string, attempting: Attempting): ReturnType<TokenSource["get"]> {
  const { input, deps } = attempting;
  return deps.tokens.get(input.event.scope, credentialId, timeLeftMs(attempting));
}

/** Sends with a token: in a header of its own, or where the templates place it, which takes rendering them anew. */
async function sendWith(token: Token, rendered: Rendered, timings: Timings, attempting: Attempting): Promise<Exchange> {
  if (rendered.request.placesToken !== true) return exchange(rendered, token, timings, attempting);
  const placed = await render(attempting, token.text);
  if (!placed.ok) return { reply: { kind: "failed", fault: plainFault(placed.fault) }, timings };
  const secrets = [...rendered.secrets, ...placed.secrets];
  return exchange({ request: placed.request, secrets }, token, timings, attempting);
}

function render({ input, deps }: Attempting, tokenText?: string): Promise<Rendering> {
  const { event, webhook } = input;
  return deps.turns(event.scope.client, () => renderRequest(webhook.compiled(), event, new RenderWork(), tokenText));
}

function judge(made: Exchange, token: Situation["token"], { input, deps }: Attempting): Judged {
  const { number: attempt, webhook } = input;
  const situation = { attempt, webhook: webhook.settings, token, random: deps.random(), now: deps.clock() };
  return { exchange: made, decision: decide(made.reply, situation) };
}

/** Nothing was sent, for this reason. */
function unsent(fault: Fault, timings: Timings, attempting: Attempting): Judged {
  return judge({ reply: { kind: "failed", fault: plainFault(fault) }, timings }, "none", attempting);
}

/** Without what a template's fault says beyond a fault. */
function plainFault({ kind, message }: Fault): Fault {
  return { kind, message };
}

function logNotRenewed(error: unknown, { input, deps }: Attempting): void {
  deps.log("error", "attempt.token_not_renewed", {
    ...input.event.scope,
    deliveryId: input.deliveryId,
    webhookId: input.webhook.settings.id,
    attempt: input.number,
    why: readableReason(error),
    at: placeOf(error),
  });
}
