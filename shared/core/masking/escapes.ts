import { HTML_ENTITIES } from "./html-entities.ts";
import type { View } from "./view.ts";

const PERCENT = 0x25;
const AMPERSAND = 0x26;
const BACKSLASH = 0x5c;
const NUMBER_SIGN = 0x23;
const SEMICOLON = 0x3b;
const [B, F, N, R, T, U, X, CAPITAL_U, CAPITAL_X] = [0x62, 0x66, 0x6e, 0x72, 0x74, 0x75, 0x78, 0x55, 0x58];

/** Short escapes of JSON (RFC 8259, section 7) for characters other than the escape's own letter. */
const CONTROLS: ReadonlyMap<number, number> = new Map([
  [B, 0x08],
  [T, 0x09],
  [N, 0x0a],
  [F, 0x0c],
  [R, 0x0d],
]);
const LONGEST_NAME = 8;
const BEYOND_UNICODE = 0x110000;

/** The value of a hexadecimal digit, 255 for any other byte. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(digit) ? 255 : digit;
});

/** An escape that was read: its value and its length in bytes. */
interface Escape {
  value: number;
  length: number;
  kind: "byte" | "character" | "literal";
}

/**
 * Removes one layer of escapes: percent-encoding (RFC 3986, and the `%uXXXX` of old JavaScript), `\u`, `\x` and the short escapes of JSON after
 * any number of backslashes, and entities of XML and HTML.
 * @returns whether there were any; `into` is then the decoded view
 */
export function unescapeInto(view: View, into: View): boolean {
  if (nextSpecial(view, 0) === view.length) return false;
  into.reset(view.length, view.open);
  const escape: Escape = { value: 0, length: 0, kind: "literal" };
  let found = false;
  for (let at = 0; at < view.length; at += escape.length) {
    const special = nextSpecial(view, at);
    into.copy(view, at, special);
    at = special;
    if (at === view.length) break;
    readEscape(view, at, escape);
    const last = at + escape.length - 1;
    if (escape.kind === "byte") into.putFor(escape.value, view, at, last);
    else if (escape.kind === "character") into.putCharacterFor(escape.value, view, at, last);
    else into.copy(view, at, last + 1);
    found ||= escape.kind !== "literal";
  }
  return found;
}

/** Position of the next byte that may begin an escape, or the view's length. */
function nextSpecial({ bytes, length }: View, from: number): number {
  let at = from;
  while (at < length && IS_SPECIAL[bytes[at] ?? 0] === 0) at += 1;
  return at;
}

const IS_SPECIAL = new Uint8Array(256);
for (const byte of [PERCENT, BACKSLASH, AMPERSAND]) IS_SPECIAL[byte] = 1;

/** Longest truncated escape that {@link measureWhole} recognizes, in bytes. */
const LONGEST_CUT_OFF = 24;
const CUT_OFF =
  /(?:%(?:[0-9a-f]?|u[0-9a-f]{0,3})|\\+(?:u[0-9a-f]{0,3}|x[0-9a-f]?|ud[89ab][0-9a-f]{2}(?:\\+(?:u[0-9a-f]{0,3})?)?)?|&(?:#x?[0-9a-f]*|[a-z0-9]*)|(?:\xef\xbf\xbd)+)$/i;

/** Last byte of U+FFFD in UTF-8. */
const LAST_OF_REPLACEMENT = 0xbd;

/** Sets how much of a view is whole: at the end of an open view, an escape or a character of UTF-8 (now U+FFFD) may be cut off. */
export function measureWhole(view: View): void {
  const { bytes, length, open } = view;
  view.whole = length;
  if (!open) return;
  const from = Math.max(0, length - LONGEST_CUT_OFF);
  // Checked first, since few texts end with an escape.
  if (nextSpecial(view, from) === length && bytes[length - 1] !== LAST_OF_REPLACEMENT) return;
  const end = Buffer.from(bytes.subarray(from, length)).toString("latin1");
  view.whole -= CUT_OFF.exec(end)?.[0].length ?? 0;
}

/** Reads what begins at `at`: an escape, a run of backslashes that escapes nothing, or a byte that only looks like an escape. */
function readEscape(view: View, at: number, escape: Escape): void {
  escape.kind = "literal";
  escape.length = 1;
  const byte = view.byte(at);
  if (byte === PERCENT) readPercent(view, at, escape);
  else if (byte === BACKSLASH) readBackslashes(view, at, escape);
  else if (byte === AMPERSAND && view.byte(at + 1) === NUMBER_SIGN) readNumber(view, at, escape);
  else if (byte === AMPERSAND) readName(view, at, escape);
}

function readPercent(view: View, at: number, escape: Escape): void {
  if (view.byte(at + 1) === U) {
    const unit = hexNumber(view, at + 2, 4);
    if (unit !== -1) set(escape, "character", unit, 6);
    return;
  }
  const byte = hexNumber(view, at + 1, 2);
  if (byte !== -1) set(escape, "byte", byte, 3);
}

function readBackslashes(view: View, at: number, escape: Escape): void {
  const { length } = view;
  let next = at;
  while (next < length && view.byte(next) === BACKSLASH) next += 1;
  const run = next - at;
  // The whole run at once: what it escapes is looked at only once, however long the run is.
  escape.length = run;
  const letter = next < length ? view.byte(next) : 0;
  const control = CONTROLS.get(letter);
  if (control !== undefined) {
    set(escape, "character", control, run + 1);
  } else if (letter === X || letter === CAPITAL_X) {
    const byte = hexNumber(view, next + 1, 2);
    if (byte !== -1) set(escape, "byte", byte, run + 3);
  } else if (letter === U || letter === CAPITAL_U) {
    const unit = hexNumber(view, next + 1, 4);
    if (unit !== -1) set(escape, "character", unit, run + 5);
    if (unit >= 0xd800 && unit < 0xdc00) readLowSurrogate(view, next + 5, unit, escape);
  }
}

/** The second half of a character beyond U+FFFF, after any number of backslashes. */
function readLowSurrogate(view: View, at: number, high: number, escape: Escape): void {
  const { length } = view;
  let next = at;
  while (next < length && view.byte(next) === BACKSLASH) next += 1;
  if (next === at || (view.byte(next) | 0x20) !== U) return;
  const low = hexNumber(view, next + 1, 4);
  if (low < 0xdc00 || low > 0xdfff) return;
  set(escape, "character", 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), escape.length + next + 5 - at);
}

/** `&#233;` or `&#xe9;`, with any number of leading zeros: no other escape can begin among the digits, so each is read once. */
function readNumber(view: View, at: number, escape: Escape): void {
  const isHex = view.byte(at + 2) === X || view.byte(at + 2) === CAPITAL_X;
  const first = at + (isHex ? 3 : 2);
  const base = isHex ? 16 : 10;
  let code = 0;
  let next = first;
  for (; next < view.length; next += 1) {
    const digit = hexDigit(view, next);
    if (digit >= base) break;
    code = Math.min(code * base + digit, BEYOND_UNICODE);
  }
  const isWhole = next > first && next < view.length && view.byte(next) === SEMICOLON;
  if (isWhole && code < BEYOND_UNICODE) set(escape, "character", code, next + 1 - at);
}

/** `&eacute;` */
function readName(view: View, at: number, escape: Escape): void {
  let name = "";
  for (let next = at + 1; next < view.length && name.length <= LONGEST_NAME; next += 1) {
    if (view.byte(next) === SEMICOLON) {
      // Changing the case of a text may change the names too.
      const code = HTML_ENTITIES.get(name) ?? HTML_ENTITIES.get(name.toLowerCase());
      if (code !== undefined) set(escape, "character", code, next + 1 - at);
      return;
    }
    name += String.fromCharCode(view.byte(next));
  }
}

/** The number that `digits` hexadecimal digits form, or -1. */
function hexNumber(view: View, at: number, digits: number): number {
  if (at + digits > view.length) return -1;
  let number = 0;
  for (let next = at; next < at + digits; next += 1) {
    const digit = hexDigit(view, next);
    if (digit === 255) return -1;
    number = number * 16 + digit;
  }
  return number;
}

function hexDigit(view: View, at: number): number {
  return HEX[view.byte(at)] ?? 255;
}

function set(escape: Escape, kind: "byte" | "character", value: number, length: number): void {
  escape.kind = kind;
  escape.value = value;
  escape.length = length;
}
