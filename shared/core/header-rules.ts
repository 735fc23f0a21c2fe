/**
 * Characters that a configured header value may hold (rule W8): every visible ASCII character and the space.
 * The setting `HEADER_VALUE_CHARACTERS` can narrow it, never widen it.
 */
export const HEADER_VALUE_WHITELIST = /^[\x20-\x7e]*$/;

/** What a text of some content type is made of; it decides how placeholders in it are escaped. */
export type ContentKind = "json" | "xml" | "form" | "text";

/** RFC 9110 section 5.6.2: token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Framing and connection headers are HTTP's own (RFC 9110 section 7.6.1, RFC 9112); `user-agent` is ours by contract. */
const RESERVED = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "http2-settings",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
]);

const SECRET_KEY = /^(?:authorization|cookie|.*[-_](?:key|token)|.*secret.*|.*password.*)$/i;

/** Whether `key` is a header name as RFC 9110 section 5.1 defines it. */
export function isHeaderName(key: string): boolean {
  return TOKEN.test(key);
}

/** Whether `key`, in any letter case, is a header that HTTP or this product sets itself, so that a webhook cannot: `Host`, `webhook-id`, `Proxy-…`. */
export function isReservedHeader(key: string): boolean {
  const name = key.trim().toLowerCase();
  return RESERVED.has(name) || name.startsWith("webhook-") || name.startsWith("proxy-");
}

/**
 * Whether the value under this header or body key is secret unless the caller says otherwise: `Authorization`, `Cookie`, `*-key`,
 * `*-token`, `*secret*`, `*password*`, in any letter case, with `-` or `_`.
 */
export function carriesSecret(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** Kind of a content type (RFC 9110 section 8.3.1, suffixes by RFC 6839): parameters and letter case do not matter. */
export function contentKind(contentType: string): ContentKind {
  const type = (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
  if (type.endsWith("/json") || type.endsWith("+json")) return "json";
  if (type.endsWith("/xml") || type.endsWith("+xml")) return "xml";
  return type === "application/x-www-form-urlencoded" ? "form" : "text";
}
