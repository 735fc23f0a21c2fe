import { tokenVerdict } from "../core/deliveries/dead-token.ts";
import type { TokenVerdict } from "../core/deliveries/dead-token.ts";
import type { Attempt, Fault, SeenResponse, SentRequest, Timings } from "../core/deliveries/delivery.ts";
import type { OutboundReply, Token } from "../core/ports/outbound.ts";
import type { KlsEvent } from "../core/events/event.ts";
import { foldedHeader } from "../contract/header-rules.ts";
import type { MaskInPieces } from "../core/masking/mask.ts";
import type { Hidden } from "../core/masking/parts.ts";
import { inTurns, type Pieces } from "../lib/pieces.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import { renderRequest } from "../core/requests/render-request.ts";
import type { RenderedRequest } from "../core/requests/render-request.ts";
import type { Reply } from "../core/deliveries/retry-policy.ts";
import { statusFault } from "../core/deliveries/retry-policy.ts";
import { MASK } from "../core/secret.ts";
import { isSuccess } from "../contract/success-rule.ts";
import { RenderWork } from "../core/templates/work.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import { seenRequest, seenResponse } from "./attempt-record.ts";
import type { DeliveryDeps } from "./deps.ts";

/** How much of an answer is read and shown, in bytes. */
const MAX_ANSWER_BYTES = 65_536;

/** What is to be tried. */
export interface AttemptInput {
  readonly deliveryId: string;
  readonly webhook: Webhook;
  readonly event: KlsEvent;
  /** From 1. */
  readonly number: number;
  readonly mayBeRepeat: boolean;
}

/** What came of it: the reply to decide by, and the attempt as people see it. */
export interface AttemptResult {
  readonly reply: Reply;
  readonly attempt: Attempt;
  /** Origin of the URL, for logs, without secrets; undefined when nothing was sent. */
  readonly origin: string | undefined;
}

/** One exchange with the receiver, or why there was none. */
interface Exchange {
  readonly reply: Reply;
  readonly request?: SentRequest;
  readonly response?: SeenResponse;
  readonly timings: Timings;
  /** What the answer says of the token; absent without an answer. */
  readonly verdict?: TokenVerdict;
}

/**
 * One attempt: render, token, POST, and once more with a new token when the receiver answers that the token is dead. All of it within the webhook's
 * timeout. What is wrong with template, credential or receiver is a reply; this never throws for it.
 */
export async function attemptWebhook(made: AttemptInput, deps: DeliveryDeps): Promise<AttemptResult> {
  const startedAt = deps.clock();
  // Rendered before a token is asked for: a template that gives no request needs none.
  const rendering = await deps.turns(made.event.scope.client, () =>
    renderRequest(deps.webhookCache.compiled(made.webhook), made.event),
  );
  const exchange: Exchange = rendering.ok
    ? await exchangeWith(rendering.request, rendering.secrets, made, startedAt, deps)
    : { reply: { kind: "failed", fault: plainFault(rendering.fault) }, timings: {} };
  const fault = faultOf(exchange.reply, made.webhook);
  const attempt: Attempt = {
    number: made.number,
    startedAt,
    durationMs: deps.clock().getTime() - startedAt.getTime(),
    outcome: fault ? "failed" : "delivered",
    mayBeRepeat: made.mayBeRepeat,
    ...(fault ? { fault } : {}),
    ...(exchange.request ? { request: exchange.request } : {}),
    ...(exchange.response ? { response: exchange.response } : {}),
    timings: exchange.timings,
  };
  return {
    reply: exchange.reply,
    attempt,
    origin: originOf(exchange.request?.url),
  };
}

async function exchangeWith(
  rendered: RenderedRequest,
  secrets: readonly Hidden[],
  made: AttemptInput,
  startedAt: Date,
  deps: DeliveryDeps,
): Promise<Exchange> {
  const { credentialId } = made.webhook;
  if (credentialId === null) return post(rendered, secrets, undefined, { tokenMs: 0 }, made, startedAt, deps);
  const tokenStart = deps.clock().getTime();
  const token = await deps.tokens.get(made.event.scope, credentialId, timeLeft(made.webhook, startedAt, deps));
  const timings = { tokenMs: deps.clock().getTime() - tokenStart };
  if (token.kind === "fault") return { reply: { kind: "failed", fault: token.fault }, timings };
  const first = await postWith(token, rendered, secrets, timings, made, startedAt, deps);
  const verdict = first.verdict ?? "good";
  if (verdict === "good" || faultOf(first.reply, made.webhook) === undefined) return first;
  deps.tokens.drop(token);
  if (verdict === "renew-later") return first;
  const renewed = await deps.tokens.get(made.event.scope, credentialId, timeLeft(made.webhook, startedAt, deps));
  if (renewed.kind === "fault") return { ...first, reply: { kind: "failed", fault: renewed.fault } };
  // The very same token again: it was renewed a moment ago, and asking the receiver once more would change nothing.
  if (renewed === token) return first;
  return postWith(renewed, rendered, [...secrets, ...token.secrets], timings, made, startedAt, deps);
}

/** Posts with a token: in a header of its own, or where the templates place it, which takes rendering them anew. */
async function postWith(
  token: Token,
  rendered: RenderedRequest,
  secrets: readonly Hidden[],
  timings: Timings,
  made: AttemptInput,
  startedAt: Date,
  deps: DeliveryDeps,
): Promise<Exchange> {
  if (rendered.placesToken !== true) return post(rendered, secrets, token, timings, made, startedAt, deps);
  const placed = await deps.turns(made.event.scope.client, () =>
    renderRequest(deps.webhookCache.compiled(made.webhook), made.event, new RenderWork(), token.text),
  );
  return placed.ok
    ? post(placed.request, [...secrets, ...placed.secrets], token, timings, made, startedAt, deps)
    : { reply: { kind: "failed", fault: plainFault(placed.fault) }, timings };
}

async function post(
  rendered: RenderedRequest,
  secrets: readonly Hidden[],
  token: Token | undefined,
  timings: Timings,
  made: AttemptInput,
  startedAt: Date,
  deps: DeliveryDeps,
): Promise<Exchange> {
  const headers = attemptHeaders(rendered, inHeader(token, rendered), made, startedAt, deps.userAgent);
  const reply = await deps.send({
    method: made.webhook.method,
    url: rendered.url,
    headers,
    body: rendered.bytes ?? rendered.body,
    timeoutMs: timeLeft(made.webhook, startedAt, deps),
    maxBytes: MAX_ANSWER_BYTES,
  });
  const sent = { request: { ...rendered, headers }, secrets: [...secrets, ...(token?.secrets ?? [])], token, timings };
  return inTurns(deps.turns, made.event.scope.client, shown(reply, sent, made, deps));
}

/** The token, if it goes in a header of its own. */
function inHeader(token: Token | undefined, { placesToken }: RenderedRequest): Token | undefined {
  return placesToken === true ? undefined : token;
}

/** A request that has left. */
interface Sent {
  readonly request: RenderedRequest;
  /** Everything that must not be shown of it. */
  readonly secrets: readonly Hidden[];
  readonly token: Token | undefined;
  readonly timings: Timings;
}

/** The exchange as people see it. What came of the request counts, also when it cannot be shown. */
function* shown(reply: OutboundReply, sent: Sent, made: AttemptInput, deps: DeliveryDeps): Pieces<Exchange> {
  const { webhook } = made;
  const { token } = sent;
  const { mask } = yield* deps.webhookCache.prepared(webhook, sent.secrets);
  const ended = {
    ...(reply.kind === "failed" ? { reply: yield* withMaskedFault(reply, mask) } : answered(reply, token)),
    timings: { ...sent.timings, ...reply.timings },
  };
  try {
    const request = yield* seenRequest(webhook, sent.request, inHeader(token, sent.request), mask);
    return reply.kind === "failed"
      ? { ...ended, request }
      : { ...ended, request, response: yield* seenResponse(reply, mask) };
  } catch (error) {
    const about = { ...made.event.scope, deliveryId: made.deliveryId, webhookId: webhook.id };
    deps.log("error", "attempt.not_shown", {
      ...about,
      attempt: made.number,
      why: readableReason(error),
      at: placeOf(error),
    });
    return ended;
  }
}

/** The headers of one attempt: as rendered, the token's in place of one that receivers take for the same, and ours. */
function attemptHeaders(
  rendered: RenderedRequest,
  token: Token | undefined,
  made: AttemptInput,
  startedAt: Date,
  userAgent: string,
): [string, string][] {
  const replaced = token && foldedHeader(token.header);
  const kept = rendered.headers.filter(([key]) => foldedHeader(key) !== replaced);
  return [
    ...kept.map(([key, value]): [string, string] => [key, value]),
    ...(token ? [[token.header, token.value] satisfies [string, string]] : []),
    ["webhook-id", made.deliveryId],
    ["webhook-timestamp", String(Math.floor(startedAt.getTime() / 1000))],
    ["webhook-attempt", String(made.number)],
    ["user-agent", userAgent],
  ];
}

/** The origin of a URL from which secrets are masked: a template can make a host of one. */
function originOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const host = /^https:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? "";
  return host.includes(MASK) ? `https://${MASK}` : URL.parse(url)?.origin;
}

/** A fault names the host, which a template can make of anything. */
function* withMaskedFault({ fault }: Extract<OutboundReply, { kind: "failed" }>, mask: MaskInPieces): Pieces<Reply> {
  return { kind: "failed", fault: { ...fault, message: yield* mask(fault.message) } };
}

function answered(
  { status, headers }: Extract<OutboundReply, { kind: "answered" }>,
  token: Token | undefined,
): Pick<Exchange, "reply" | "verdict"> {
  const retryAfter = headers.find(({ key }) => key === "retry-after")?.value;
  const verdict = token ? tokenVerdict(status, headers) : "good";
  return { reply: { kind: "answered", status, retryAfter, deadToken: verdict !== "good" }, verdict };
}

function faultOf(reply: Reply, { success }: Webhook): Fault | undefined {
  if (reply.kind === "failed") return reply.fault;
  return isSuccess(reply.status, success) ? undefined : statusFault(reply.status);
}

/** Without what the template fault tells beyond a fault. */
function plainFault({ kind, message }: Fault): Fault {
  return { kind, message };
}

/** What is left of the attempt's time, in milliseconds; at least a second, so that a slow token leaves a chance. */
function timeLeft(webhook: Webhook, startedAt: Date, deps: DeliveryDeps): number {
  const spent = deps.clock().getTime() - startedAt.getTime();
  return Math.max(webhook.timeoutSeconds * 1000 - spent, 1_000);
}
