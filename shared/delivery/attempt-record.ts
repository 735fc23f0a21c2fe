import type { SeenResponse, SentRequest } from "../core/delivery.ts";
import type { OutboundReply, Token } from "../core/delivery-ports.ts";
import type { Mask } from "../core/mask.ts";
import type { RenderedRequest } from "../core/render-request.ts";
import { MASK } from "../core/secret.ts";
import type { Webhook } from "../core/webhook.ts";

/**
 * The request as people see it: secret headers and the token's header without their values, and every secret masked wherever else it
 * stands.
 */
export function seenRequest(
  webhook: Webhook,
  sent: Pick<RenderedRequest, "url" | "headers" | "body" | "bytes">,
  token: Token | undefined,
  mask: Mask,
): SentRequest {
  const hidden = new Set(webhook.headers.filter(({ secret }) => secret).map(({ key }) => key.toLowerCase()));
  if (token) hidden.add(token.header.toLowerCase());
  const headers = sent.headers.map(([key, value]) => ({
    key,
    value: hidden.has(key.toLowerCase()) ? MASK : mask(value),
  }));
  headers.push({ key: "content-length", value: String(sent.bytes?.length ?? Buffer.byteLength(sent.body, "utf8")) });
  return { method: webhook.method, url: mask(sent.url), headers, body: mask(sent.body) };
}

/** The answer as people see it: receivers echo what they were sent, in names of headers too, so secrets are masked here as well. */
export function seenResponse(reply: Extract<OutboundReply, { kind: "answered" }>, mask: Mask): SeenResponse {
  return {
    status: reply.status,
    headers: reply.headers.map(({ key, value }) => ({ key: mask(key), value: mask(value) })),
    body: mask(reply.body),
    truncated: reply.truncated,
  };
}
