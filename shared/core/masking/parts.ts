/** A text that must not be shown. */
export interface SecretText {
  readonly text: string;
  /** How many of its first characters are not secret: those of the scheme word. */
  readonly publicStart: number;
}

/** A value that may contain secrets, or a secret that has already been found. */
export type Hidden = string | SecretText;

/** Shortest secret that is masked, in characters: masking shorter ones would make texts unreadable. */
export const SHORTEST_SECRET = 4;

/**
 * Names of values that are not secret: they say who, where and how (RFC 7616, RFC 5849, AWS Signature Version 4, Azure SAS and connection
 * strings). Masking those values everywhere would make texts unreadable.
 */
const PUBLIC_NAMES = new Set(
  (
    "realm uri username user uid id qop nc nonce cnonce opaque algorithm charset keyid headers created expires version domain path host server port " +
    "credential signedheaders sr se st sv sp spr sip skn ss srt sharedaccesskeyname endpoint entitypath transporttype accountname " +
    "defaultendpointsprotocol endpointsuffix database catalog driver oauth_consumer_key oauth_nonce oauth_timestamp oauth_version " +
    "oauth_signature_method ts"
  ).split(" "),
);

/** A value that is longer, or has more parts, is not a list but noise, which has a separator at every other character. */
const LONGEST_LIST = 8_192;
const MOST_PARTS = 100;

/** Separators of a list; quotes are handled separately. */
const SEPARATORS = " \t\r\n;,&?#{}[]()<>";

/** A scheme word of HTTP authentication, and what follows it. */
const SCHEME = /^([A-Za-z][\w-]*) +(?=\S)/;

/**
 * The secrets within a value: all of it, and the parts that are secret on their own and that receivers may extract: what follows a scheme
 * word (`Bearer abc`), the password in `Basic` and in `user:password` anywhere, values in lists of names and values (`sid=abc; theme=x`,
 * `Token token="abc"`, `SharedAccessKey=…`), texts in JSON, passwords in URLs. User names are not secret, and are often words that occur
 * elsewhere too. The work is linear in the value.
 */
export function secretsIn(value: string): readonly SecretText[] {
  const whole = value.trim();
  const start = SCHEME.exec(whole)?.[0].length ?? 0;
  const rest = whole.slice(start);
  if (whole.length > LONGEST_LIST)
    return [whole, rest].map((text): SecretText => ({ text, publicStart: text === rest ? 0 : start }));
  const parts = [...(start > 0 ? [rest] : []), ...pairIn(rest), ...(textsInJson(rest) ?? partsOfList(rest))];
  const texts = new Set(parts.map((part) => part.trim()).filter((part) => part.length >= SHORTEST_SECRET));
  const counted = texts.size > MOST_PARTS ? [] : [...texts];
  return [{ text: whole, publicStart: start }, ...counted.map((text): SecretText => ({ text, publicStart: 0 }))];
}

/** `user:password` in base64, and the password alone: of `Basic`, and of schemes like it (Elasticsearch's `ApiKey`). */
function pairIn(text: string): readonly string[] {
  if (!/^[\w+/-]{4,}={0,2}$/.test(text)) return [];
  const pair = Buffer.from(text, "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 || /[\p{Cc}\ufffd]/u.test(pair) ? [] : [pair, pair.slice(colon + 1)];
}

/** String values in a JSON object or array; undefined when the text is neither. */
function textsInJson(text: string): readonly string[] | undefined {
  if (!/^[{[]/.test(text)) return undefined;
  const texts: string[] = [];
  try {
    JSON.parse(text, (name, value: unknown) => {
      if (typeof value === "string" && !PUBLIC_NAMES.has(name.toLowerCase())) texts.push(value);
      return null;
    });
    return texts;
  } catch {
    return undefined;
  }
}

function partsOfList(list: string): readonly string[] {
  const parts: string[] = [];
  const unclosed = new Set<string>();
  let start = 0;
  for (let at = 0; at < list.length; at += 1) {
    const character = list.charAt(at);
    const isQuote = character === '"' || character === "'";
    const close = isQuote && !unclosed.has(character) ? closingQuote(list, at) : -1;
    if (close !== -1) {
      if (!isPublic(nameAtEnd(list.slice(start, at)))) parts.push(list.slice(at + 1, close));
      at = close;
      start = close + 1;
    } else if (isQuote || SEPARATORS.includes(character)) {
      // Without this, a text of quotes only would be scanned to its end from each of them.
      if (isQuote) unclosed.add(character);
      parts.push(...valuesIn(list.slice(start, at)));
      start = at + 1;
    }
  }
  parts.push(...valuesIn(list.slice(start)));
  return [...parts, ...valuesWithSpaces(list)];
}

function closingQuote(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at += 1) {
    if (text.charAt(at) === "\\") at += 1;
    else if (text.charAt(at) === text.charAt(opening)) return at;
  }
  return -1;
}

/** What follows the first and the last `=` or `:` of a word: `name=value`, `id:key:secret`, `https://user:password@host`. */
function valuesIn(word: string): readonly string[] {
  const first = word.search(/[=:](?!\/\/)/);
  if (first === -1 || isPublic(word.slice(0, first))) return [];
  const value = word.slice(first + 1);
  // Any `=` at its end is base64 padding.
  const last = Math.max(trimEnd(value, "=").lastIndexOf("="), value.lastIndexOf(":"));
  const inner = value.slice(last + 1);
  return word.includes("://") ? [value, inner, inner.slice(0, Math.max(0, inner.lastIndexOf("@")))] : [value, inner];
}

/** Values of a list that is separated by semicolons only, as in connection strings: they may contain the separators of other lists. */
function valuesWithSpaces(list: string): readonly string[] {
  return list.split(";").flatMap((entry) => {
    const equals = entry.indexOf("=");
    const name = entry.slice(0, Math.max(0, equals));
    return /^[\w .-]+$/.test(name) && !isPublic(nameAtEnd(name)) ? [entry.slice(equals + 1)] : [];
  });
}

/** The last word of a text, without the `=` or `:` after it. */
function nameAtEnd(text: string): string {
  const name = trimEnd(text, " =:");
  return name.slice(name.lastIndexOf(" ") + 1);
}

function isPublic(name: string): boolean {
  return PUBLIC_NAMES.has(name.trim().toLowerCase());
}

/** Strips these characters from the end. Not by pattern, which would be tried at each of them. */
function trimEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
