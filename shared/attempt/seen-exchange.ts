import type { Webhook } from "../core/configuration/webhook.ts";
import { MAX_RECORDED_BODY_CHARACTERS } from "../contract/limits.ts";
import type { Fault, HeaderPair, SeenResponse, SentRequest } from "../core/deliveries/delivery.ts";
import type { MaskInPieces } from "../core/masking/mask.ts";
import type { OutboundReply, Token } from "../core/ports/outbound.ts";
import type { RenderedRequest } from "../core/requests/render-request.ts";
import { MASK } from "../core/secret.ts";
import type { Pieces } from "../lib/pieces.ts";
import { OUR_HEADERS } from "./attempt-headers.ts";

/**
 * The request as people see it: secret headers and the token's header without their values, and every secret masked wherever else it occurs.
 * Only as much of the body is looked through as a record shows.
 */
export function* seenRequest(
  webhook: Webhook,
  sent: Pick<RenderedRequest, "url" | "headers" | "body" | "bytes">,
  token: Token | undefined,
  mask: MaskInPieces,
): Pieces<SentRequest> {
  const hidden = new Set(webhook.headers.filter(({ secret }) => secret).map(({ key }) => key.toLowerCase()));
  if (token) hidden.add(token.header.toLowerCase());
  const headers: HeaderPair[] = [];
  for (const [key, value] of sent.headers) {
    if (OUR_HEADERS.has(key)) headers.push({ key, value });
    else headers.push({ key, value: hidden.has(key.toLowerCase()) ? MASK : yield* mask(value) });
  }
  headers.push({ key: "content-length", value: String(sent.bytes?.length ?? Buffer.byteLength(sent.body, "utf8")) });
  const url = yield* mask(sent.url);
  return { method: webhook.method, url, headers, body: yield* mask(sent.body, MAX_RECORDED_BODY_CHARACTERS) };
}

/** The answer as people see it: receivers echo what they were sent, even in names of headers, so secrets are masked here as well. */
export function* seenResponse(
  reply: Extract<OutboundReply, { kind: "answered" }>,
  mask: MaskInPieces,
): Pieces<SeenResponse> {
  const headers: HeaderPair[] = [];
  for (const { key, value } of reply.headers) headers.push({ key: yield* mask(key), value: yield* mask(value) });
  return { status: reply.status, headers, body: yield* mask(reply.body), truncated: reply.truncated };
}

/** A fault as people see it. */
export function* maskedFault(fault: Fault, mask: MaskInPieces): Pieces<Fault> {
  return { ...fault, message: yield* mask(fault.message) };
}

/** The origin of a URL from which secrets are masked: a template can make a host of one. */
export function seenOrigin(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  const host = /^https:\/\/[^/?#\\]*/i.exec(url)?.[0] ?? "";
  return host.includes(MASK) ? `https://${MASK}` : URL.parse(url)?.origin;
}
