/**
 * Characters that a configured header value may contain (rule W8): every visible ASCII character and the space.
 * The setting `HEADER_VALUE_CHARACTERS` can narrow it, never widen it: {@link narrowedWhitelist}.
 */
export const HEADER_VALUE_WHITELIST = /^[\x20-\x7e]*$/;

/**
 * The whitelist without the characters that are not in a class.
 * @param characters the inside of a character class, as in `A-Za-z0-9 ._-`
 * @returns undefined when it is not the inside of one class, or leaves no character at all
 */
export function narrowedWhitelist(characters: string): RegExp | undefined {
  // A bracket that would end the class, or begin another, must be escaped.
  if (!/^(?:[^\\[\]]|\\.)+$/s.test(characters)) return undefined;
  const left = Array.from({ length: 0x7f - 0x20 }, (_, index) => String.fromCharCode(0x20 + index)).filter(
    within(characters),
  );
  if (left.length === 0) return undefined;
  // Built from what is left, so that none of the setting's text ends up in the pattern.
  return new RegExp(`^[${left.map((one) => `\\x${one.charCodeAt(0).toString(16)}`).join("")}]*$`);
}

/** Whether a character is in the class; a class that cannot be read has none. */
function within(characters: string): (character: string) => boolean {
  try {
    const inClass = new RegExp(`^[${characters}]$`);
    return (character) => inClass.test(character);
  } catch {
    return () => false;
  }
}

/** RFC 9110 section 5.6.2: token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Framing and connection headers are HTTP's own (RFC 9110 section 7.6.1, RFC 9112); `user-agent` is ours (docs/api.md, "Requests out"). */
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

/** Parts of a secret's key in lower case without punctuation: anywhere, at the end, the whole key. */
const SECRET_INSIDE = /secret|password|passwd|assertion|signature/;
const SECRET_END = /(?:token|pwd|authorization|.key)$/;
const SECRET_WHOLE = new Set(["cookie", "auth", "xauth"]);
/** Words that merely end in `key`; any other is taken for a secret's. */
const ORDINARY_WORD = /(?:monkey|donkey|turkey|hockey|jockey|whiskey)$/;

/** Whether `key` is a header name as RFC 9110 section 5.1 defines it. */
export function isHeaderName(key: string): boolean {
  return TOKEN.test(key);
}

/**
 * A header name as seen behind a gateway that passes headers on as variables (CGI, RFC 3875, section 4.1.18): lower case, all punctuation alike.
 * There, `Transfer_Encoding` and `Transfer-Encoding` are the same header.
 */
export function foldedHeader(key: string): string {
  return key
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "-");
}

/**
 * Whether `key`, in any letter case and folded ({@link foldedHeader}), is a header that HTTP or this product sets, so that a webhook cannot: `Host`,
 * `webhook-id`, `Proxy-…`, `Content_Length`. `Content_Type` is one too: a `Content-Type` is always sent next to it.
 */
export function isReservedHeader(key: string): boolean {
  const name = foldedHeader(key);
  if (name === "content-type") return key.trim().toLowerCase() !== name;
  return RESERVED.has(name) || name.startsWith("webhook-") || name.startsWith("proxy-");
}

/**
 * Whether the value under this header or body key is secret unless the caller says otherwise. In any letter case, with `-`, `_` or neither
 * between the words: `*secret*`, `*password*`, `*passwd*`, `*assertion*`, `*signature*`, `*key` (not `key` itself, not `monkey`), `*token`,
 * `*pwd`, `*authorization`, `Cookie`, `X-Auth`. A false alarm costs a `"secret": false`; a miss shows a secret to every reader.
 */
export function carriesSecret(key: string): boolean {
  const word = key.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (SECRET_INSIDE.test(word) || SECRET_WHOLE.has(word)) return true;
  return SECRET_END.test(word) && !ORDINARY_WORD.test(word);
}
