import type { Reply } from "../core/deliveries/decide.ts";
import type { SeenResponse, SentRequest, Timings } from "../core/deliveries/delivery.ts";
import type { Hidden } from "../core/masking/parts.ts";
import type { OutboundReply, Token } from "../core/ports/outbound.ts";
import type { RenderedRequest } from "../core/requests/render-request.ts";
import { inTurns, type Pieces } from "../lib/pieces.ts";
import { placeOf, readableReason } from "../lib/readable-reason.ts";
import { attemptHeaders } from "./attempt-headers.ts";
import { timeLeftMs } from "./attempt.ts";
import type { Attempting } from "./attempt.ts";
import { maskedFault, seenRequest, seenResponse } from "./seen-exchange.ts";

/** How much of an answer is read and shown, in bytes. */
const MAX_ANSWER_BYTES = 65_536;

/** A rendered request and everything that must not be shown of it. */
export interface Rendered {
  readonly request: RenderedRequest;
  readonly secrets: readonly Hidden[];
}

/** One exchange with the receiver as people see it, or why there was none. */
export interface Exchange {
  readonly reply: Reply;
  readonly request?: SentRequest;
  readonly response?: SeenResponse;
  readonly timings: Timings;
}

/** Sends a request and reads the answer, within what is left of the attempt's time. Never throws. */
export async function exchange(
  { request, secrets }: Rendered,
  token: Token | undefined,
  timings: Timings,
  attempting: Attempting,
): Promise<Exchange> {
  const { input, deps } = attempting;
  const headerToken = request.placesToken === true ? undefined : token;
  const headers = attemptHeaders(request, headerToken, attempting);
  const reply = await deps.send({
    method: input.webhook.settings.method,
    url: request.url,
    headers,
    body: request.bytes ?? request.body,
    timeoutMs: timeLeftMs(attempting),
    maxBytes: MAX_ANSWER_BYTES,
  });
  const sent: Sent = {
    request: { ...request, headers },
    secrets: [...secrets, ...(token?.secrets ?? [])],
    headerToken,
    timings: { ...timings, ...reply.timings },
  };
  return inTurns(deps.turns, input.event.scope.client, seenExchange(reply, sent, attempting));
}

/** A request that has left. */
interface Sent extends Rendered {
  readonly headerToken: Token | undefined;
  readonly timings: Timings;
}

/** What came of a request that has left counts, even when it cannot be shown: this never throws. */
function* seenExchange(reply: OutboundReply, sent: Sent, { input, deps }: Attempting): Pieces<Exchange> {
  const { settings } = input.webhook;
  const { timings } = sent;
  let seenReply: Reply = reply.kind === "answered" ? reply : { kind: "failed", fault: notShown(reply) };
  try {
    const { mask } = yield* input.webhook.prepared(sent.secrets);
    if (reply.kind === "failed") seenReply = { kind: "failed", fault: yield* maskedFault(reply.fault, mask) };
    const request = yield* seenRequest(settings, sent.request, sent.headerToken, mask);
    if (reply.kind === "failed") return { reply: seenReply, request, timings };
    return { reply: seenReply, request, response: yield* seenResponse(reply, mask), timings };
  } catch (error) {
    deps.log("error", "attempt.not_shown", {
      ...input.event.scope,
      deliveryId: input.deliveryId,
      webhookId: settings.id,
      attempt: input.number,
      why: readableReason(error),
      at: placeOf(error),
    });
    return { reply: seenReply, timings };
  }
}

/** A fault names the host, which a template can make of anything; when that could not be masked, its kind has to do. */
function notShown({ fault }: Extract<OutboundReply, { kind: "failed" }>): typeof fault {
  return { kind: fault.kind, message: `The request failed (${fault.kind}); the details cannot be shown.` };
}
