import type { View } from "./view.ts";

/** An encoding of bytes as digits. */
interface Encoding {
  /** The value of each digit; {@link PASSED_OVER} or {@link NO_DIGIT} for other bytes. */
  readonly values: Uint8Array;
  readonly bitsPerDigit: number;
  /** Fewer digits in a row cannot contain a secret. */
  readonly shortest: number;
  /** Where in the first group of digits a byte may begin: other letters may directly precede a stretch. */
  readonly phases: readonly number[];
}

const NO_DIGIT = 255;
/** A byte that may occur between digits. */
const PASSED_OVER = 254;
/** Separates stretches of digits, so that nothing is found across two of them. Never a byte of UTF-8. */
const BREAK = 0xff;
const EQUALS_SIGN = 0x3d;

/** Base64 and base64url (RFC 4648), in lines too (RFC 2045). */
export const BASE64: Encoding = {
  values: valuesOf(
    [
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
    ],
    "\r\n",
  ),
  bitsPerDigit: 6,
  shortest: 6,
  phases: [0, 1, 2, 3],
};

/** Hexadecimal, with the separators that dumps put between bytes. */
export const HEX: Encoding = {
  values: valuesOf(["0123456789abcdef", "0123456789ABCDEF"], " :-\t\r\n"),
  bitsPerDigit: 4,
  shortest: 8,
  phases: [0, 1],
};

function valuesOf(alphabets: readonly string[], passedOver: string): Uint8Array {
  const values = new Uint8Array(256).fill(NO_DIGIT);
  for (const byte of Buffer.from(passedOver)) values[byte] = PASSED_OVER;
  for (const alphabet of alphabets) Buffer.from(alphabet).forEach((byte, value) => (values[byte] = value));
  return values;
}

/**
 * The stretches of digits in a view that are long enough, as the digits' values, separated by {@link BREAK}.
 * @param fewestBytes the shortest needle, unless the view's end cuts it off
 */
export function digitsInto(view: View, encoding: Encoding, fewestBytes: number, into: View): View {
  const { values, shortest, bitsPerDigit } = encoding;
  const { bytes, whole } = view;
  const fewest = Math.max(shortest, Math.ceil((8 * fewestBytes) / bitsPerDigit));
  into.reset(whole + 1, false);
  let first = 0;
  let count = 0;
  for (let at = 0; at < whole; at += 1) {
    const value = values[bytes[at] ?? 0] ?? NO_DIGIT;
    if (value < PASSED_OVER) {
      if (count === 0) first = at;
      count += 1;
    } else if (value === NO_DIGIT) {
      if (count >= fewest) putStretch(view, first, at, values, into);
      count = 0;
    }
  }
  if (count >= shortest) putDigits(view, first, whole, values, into);
  into.open = view.open && count >= shortest;
  return into;
}

/** The digits from byte `first` up to `end` (exclusive). */
function putStretch(view: View, first: number, end: number, values: Uint8Array, into: View): void {
  putDigits(view, first, end, values, into);
  // Padding belongs to the last digit.
  for (let next = end; next < end + 2 && next < view.whole && view.byte(next) === EQUALS_SIGN; next += 1)
    into.endWith(view, next, "end");
  into.put(BREAK, 0, 0);
}

function putDigits(view: View, first: number, end: number, values: Uint8Array, into: View): void {
  for (let at = first; at < end; at += 1) {
    const value = values[view.byte(at)] ?? NO_DIGIT;
    if (value >= PASSED_OVER) continue;
    // Skipped bytes belong to the digit before them.
    if (at > first) into.endWith(view, at, "begin");
    into.putFor(value, view, at, at);
  }
}

/**
 * Decodes digits, the first byte of each stretch beginning at digit `phase`. Only what may be text is kept, with a {@link BREAK} after each piece:
 * that drops nearly all of the noise that the wrong phases give.
 */
export function decodeInto(digits: View, encoding: Encoding, phase: number, into: View): View {
  const { length, open } = digits;
  const { bitsPerDigit, phases } = encoding;
  const last = phases.length - 1;
  into.reset(length, false);
  const pieces = new TextPieces(into);
  let before = 0;
  let position = -phase;
  for (let at = 0; at < length; at += 1) {
    const value = digits.byte(at);
    if (value === BREAK) {
      pieces.end();
      position = -phase;
      continue;
    }
    const inGroup = position & last;
    if (inGroup > 0 && position > 0) {
      const byte = (((before << bitsPerDigit) | value) >> (2 * (last - inGroup))) & 0xff;
      pieces.put(byte, digits, at - 1, at);
    }
    before = value;
    position += 1;
  }
  into.open = open && pieces.endAtEnd();
  return into;
}

/** Fewer bytes of text cannot contain a secret. */
const SHORTEST_PIECE = 4;

/** How many continuation bytes follow the first byte of a character in UTF-8; -1 for a byte that cannot begin a character of text. */
const FOLLOWING = Int8Array.from({ length: 256 }, (_, byte) => {
  if (byte < 0x20) return [0x08, 0x09, 0x0a, 0x0c, 0x0d].includes(byte) ? 0 : -1;
  if (byte < 0x7f) return 0;
  if (byte < 0xc2 || byte > 0xf4) return -1;
  return byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
});

/** Adds to a view what may be UTF-8, in pieces. */
class TextPieces {
  readonly #into: View;
  /** Where in the view the current piece begins. */
  #start = 0;
  /** How many continuation bytes of the current character are still missing. */
  #lacking = 0;

  constructor(into: View) {
    this.#into = into;
  }

  put(byte: number, digits: View, first: number, last: number): void {
    if (this.#lacking > 0) {
      this.#lacking = byte >= 0x80 && byte < 0xc0 ? this.#lacking - 1 : -1;
    } else {
      this.#lacking = FOLLOWING[byte] ?? -1;
    }
    if (this.#lacking === -1) this.end();
    else this.#into.putFor(byte, digits, first, last);
  }

  /** Ends the current piece: keeps it if it is long enough. */
  end(): void {
    this.#lacking = 0;
    const { length } = this.#into;
    if (length === this.#start) return;
    if (length - this.#start < SHORTEST_PIECE) this.#into.length = this.#start;
    else this.#into.put(BREAK, 0, 0);
    this.#start = this.#into.length;
  }

  /** Whether a piece extends to the end. A piece that is too short is dropped. */
  endAtEnd(): boolean {
    if (this.#into.length - this.#start < SHORTEST_PIECE) this.#into.length = this.#start;
    return this.#into.length > this.#start;
  }
}
