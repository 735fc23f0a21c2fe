import { MASK } from "./secret.ts";

/** Shorter texts are no secrets worth the name, and masking them would make nonsense of what people read. */
const SHORTEST = 4;
/** A secret cut off by the end of a text is masked from so many characters on. */
const SHORTEST_CUT_OFF = 6;
/** Longer secrets are looked for as they are and base64 only. */
const LONGEST_PATTERN = 4096;
/** Characters of base64 that depend on the secret alone; fewer would be found by chance. */
const SHORTEST_BASE64 = 5;

/**
 * Replaces secrets in what people will read: texts of at least 4 characters, as they are and as receivers echo them: JSON-escaped (`\/` and
 * `\u002B` too), percent-encoded in both cases, wholly or in part, form-encoded, XML-escaped, escaped twice, base64 and base64url, also as part of a longer
 * base64. After a scheme word (`Bearer abc`) the rest is a secret by itself, after `Basic` the password is (the user name is no secret, and often a word that stands elsewhere too). A secret that the end of the
 * text cuts off is masked from 6 characters on.
 */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  return maskFor(secrets)(text);
}

/** {@link maskSecrets} with the work on the secrets done once, for several texts. */
export function maskFor(secrets: readonly string[]): (text: string) => string {
  const all = [...new Set(secrets.flatMap(partsOf))].filter((part) => part.length >= SHORTEST).sort(longestFirst);
  const needles = all.flatMap((part) => [needle(part, () => spelledAnyWay(part)), ...base64Needles(part)]);
  const cutOffs = all.filter((part) => !SCHEME.test(part)).flatMap(spellings);
  return (text) => {
    let masked = text;
    for (const { probe, pattern } of needles) {
      if (masked.includes(probe)) masked = masked.replace(pattern(), MASK);
    }
    return maskCutOff(masked, cutOffs);
  };
}

/** One form of a secret: a piece that every spelling of it holds, quick to look for, and the pattern, costly to compile. */
interface Needle {
  readonly probe: string;
  readonly pattern: () => RegExp;
}

function needle(form: string, source: () => string): Needle {
  const probe = (form.match(/[\w.~-]+/g) ?? [""]).reduce((longest, run) =>
    run.length > longest.length ? run : longest,
  );
  let compiled: RegExp | undefined;
  return { probe, pattern: () => (compiled ??= new RegExp(source(), "g")) };
}

const SCHEME = /^(?<scheme>[A-Za-z][\w-]*) +(?<rest>\S.*)$/s;

/** A secret and the secrets within it. */
function partsOf(secret: string): readonly string[] {
  const trimmed = secret.trim();
  const { scheme, rest } = SCHEME.exec(trimmed)?.groups ?? {};
  if (scheme === undefined || rest === undefined) return [trimmed];
  if (scheme.toLowerCase() !== "basic") return [trimmed, rest];
  const pair = Buffer.from(rest, "base64").toString();
  const colon = pair.indexOf(":");
  return colon === -1 ? [trimmed, rest] : [trimmed, rest, pair, pair.slice(colon + 1)];
}

function longestFirst(one: string, other: string): number {
  return other.length - one.length;
}

/**
 * A pattern that finds `text` whatever escapes its characters are written with. The text it meets is the receiver's, so no part of it may match
 * in more than a few ways: repeats are bounded, and a run of backslashes, which escapes multiply, is one part.
 */
function spelledAnyWay(text: string): string {
  if (text.length > LONGEST_PATTERN) return literally(text);
  return (text.match(/\\+|./gsu) ?? [])
    .map((part) => (part.startsWith("\\") ? backslashes(part.length) : spelled(part)))
    .join("");
}

const ENTITY_NAMES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
const LONGEST_ESCAPED_RUN = 16;

function backslashes(count: number): string {
  const run = String(count);
  return count > LONGEST_ESCAPED_RUN
    ? `\\\\{${run}}`
    : `(?:\\\\{${run},${String(count * 4)}}|(?:${encodings("\\")}){${run}})`;
}

function spelled(character: string): string {
  if (/^[\w.~-]$/.test(character)) return literally(character);
  return `(?:${encodings(character)}|\\\\{0,3}${literally(character)}${character === " " ? "|\\+" : ""})`;
}

/** The `\u` escapes of JSON, percent-encoding, and entities of XML, each up to three times over. */
function encodings(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const units = character.split("").map((unit) => unit.charCodeAt(0).toString(16).padStart(4, "0"));
  const bytes = [...Buffer.from(character)].map((byte) => byte.toString(16).padStart(2, "0"));
  const name = ENTITY_NAMES[character];
  const names = [
    `#0{0,4}${String(code)}`,
    `#[xX]0{0,4}${anyCase(code.toString(16))}`,
    ...(name === undefined ? [] : [name]),
  ];
  return [
    units.map((unit) => `\\\\{1,4}u${anyCase(unit)}`).join(""),
    bytes.map((byte) => `%(?:25){0,2}${anyCase(byte)}`).join(""),
    `&(?:amp;){0,2}(?:${names.join("|")});`,
  ].join("|");
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** Needles for the base64 of any text that holds `text`: by where it begins within three bytes, the characters that depend on it alone. */
function base64Needles(text: string): readonly Needle[] {
  const bytes = Buffer.from(text);
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const end = Math.floor(((offset + bytes.length) * 8) / 6);
    const own = encoded.slice(Math.ceil((offset * 8) / 6), end);
    if (own.length < SHORTEST_BASE64) return [];
    // Where the text ends with the secret, a character of mixed bits and the padding follow.
    const last = encoded.slice(end).replaceAll("=", "");
    const source = (): string => `${base64Text(own)}(?:[\\w+/-]?(?:=|%3[dD]){1,2}|${base64Text(last)}|)`;
    return [needle(own, source)];
  });
}

function base64Text(encoded: string): string {
  return Array.from(encoded, (character) => BASE64_SPECIAL[character] ?? character).join("");
}

/** `+` and `/` of base64 with their base64url, percent-encoded and JSON forms. */
const BASE64_SPECIAL: Readonly<Record<string, string>> = {
  "+": "(?:[+-]|%2[bB]|\\\\u002[bB])",
  "/": "(?:\\\\?[/_]|%2[fF]|\\\\u002[fF])",
};

/** The commonest forms as texts, to compare the end of a text with. */
function spellings(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [...new Set([text, json, encodeURIComponent(text.toWellFormed()), Buffer.from(text).toString("base64")])];
}

function maskCutOff(text: string, forms: readonly string[]): string {
  let begin = text.length;
  for (const form of forms) {
    const start = form.slice(0, SHORTEST_CUT_OFF);
    if (form.length <= SHORTEST_CUT_OFF) continue;
    for (
      let at = text.indexOf(start, Math.max(0, text.length - form.length));
      at !== -1;
      at = text.indexOf(start, at + 1)
    ) {
      if (at < begin && form.startsWith(text.slice(at))) begin = at;
    }
  }
  return begin === text.length ? text : text.slice(0, begin) + MASK;
}

/** A pattern for exactly this text. Not `RegExp.escape`, which Node has from 24 on: Azure may run the app on 22. */
function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
}
