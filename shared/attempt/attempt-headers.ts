import { foldedHeader } from "../contract/header-rules.ts";
import type { Token } from "../core/ports/outbound.ts";
import type { RenderedRequest } from "../core/requests/render-request.ts";
import type { Attempting } from "./attempt.ts";

/** The headers that we add, whose values are made of no text of others; webhooks cannot have them. */
export const OUR_HEADERS: ReadonlySet<string> = new Set([
  "webhook-id",
  "webhook-timestamp",
  "webhook-attempt",
  "user-agent",
]);

/** The headers of one attempt: as rendered, the token's instead of any that receivers take for the same, and ours. */
export function attemptHeaders(
  rendered: RenderedRequest,
  token: Token | undefined,
  { input, startedAt, deps }: Attempting,
): [string, string][] {
  const replaced = token && foldedHeader(token.header);
  const kept = rendered.headers.filter(([key]) => foldedHeader(key) !== replaced);
  return [
    ...kept.map(([key, value]): [string, string] => [key, value]),
    ...(token ? [[token.header, token.value] satisfies [string, string]] : []),
    ["webhook-id", input.deliveryId],
    ["webhook-timestamp", String(Math.floor(startedAt.getTime() / 1000))],
    ["webhook-attempt", String(input.number)],
    ["user-agent", deps.userAgent],
  ];
}
