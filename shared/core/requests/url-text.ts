import { bytesOf, percentBytes } from "../templates/positions/escape.ts";

/** Allowed unencoded in a path and a query (RFC 3986, sections 3.3 and 3.4), including the percent signs of escapes. */
const ALLOWED = bytesOf(/[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]/);

/** A percent sign that two hexadecimal digits do not follow is literal. */
const LONE_PERCENT = /%(?![\dA-Fa-f]{2})/g;

/** Encodes the lone percent signs of a URL's text, so that nothing that follows can turn them into escapes. */
export function withoutLonePercents(text: string): string {
  return text.replace(LONE_PERCENT, "%25");
}

/**
 * A URL as RFC 3986 allows it, without its fragment. URL parsers leave `|`, `[`, `]`, `^`, a lone `%` and more unencoded (WHATWG URL,
 * section 1.3), and servers that follow the RFC answer 400; here they are percent-encoded. The rest is as the parser serialized it.
 */
export function rfc3986(url: URL): string {
  const encoded = percentBytes(withoutLonePercents(url.pathname + url.search), ALLOWED);
  return url.origin + encoded;
}
