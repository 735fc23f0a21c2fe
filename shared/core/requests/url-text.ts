import { bytesOf, percentBytes } from "../templates/positions/escape.ts";

/** What a path and a query may hold as it is (RFC 3986, sections 3.3 and 3.4), percent signs with two digits among it. */
const ALLOWED = bytesOf(/[A-Za-z0-9\-._~:/?@!$&'()*+,;=%]/);

/** A percent sign without two hexadecimal digits behind it stands for itself. */
const LONE_PERCENT = /%(?![\dA-Fa-f]{2})/g;

/** A text of a URL whose lone percent signs are encoded: nothing that is put behind it can make an escape of them. */
export function withoutLonePercents(text: string): string {
  return text.replace(LONE_PERCENT, "%25");
}

/**
 * A URL as RFC 3986 lets it be sent, without its fragment. URL parsers leave `|`, `[`, `]`, `^`, a lone `%` and more as they are (WHATWG URL,
 * section 1.3), and servers that go by the RFC answer them with 400; here they are percent-encoded. All else is as the parser wrote it.
 */
export function rfc3986(url: URL): string {
  const encoded = percentBytes(withoutLonePercents(url.pathname + url.search), ALLOWED);
  return url.origin + encoded;
}
