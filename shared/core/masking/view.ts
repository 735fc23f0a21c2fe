/** Most header values fit in this many bytes, so arrays seldom grow. */
const SMALLEST = 512;

/**
 * A text as bytes, each with the piece of the original text that it came from (UTF-16 units, `to` exclusive). Decoding a view gives
 * another view of the same text, so that whatever is found in any of them can be located in the original.
 *
 * The arrays grow and are reused: only the first {@link View.length} elements count.
 */
export class View {
  /** False when positions in the text are not needed: for a secret, or when asking only whether a text contains any. */
  readonly mapped: boolean;
  bytes = new Uint8Array(0);
  from = new Uint32Array(0);
  to = new Uint32Array(0);
  length = 0;
  /** How many bytes are whole: those after them, at the end of an open view, begin something that is cut off. */
  whole = 0;
  /** Whether its last byte is at the end of the text, so that a secret may be cut off there. */
  open = false;

  constructor(mapped = true) {
    this.mapped = mapped;
  }

  /** Empties it and makes room for `capacity` bytes. */
  reset(capacity: number, open: boolean): this {
    this.length = 0;
    this.open = open;
    if (this.bytes.length < capacity) {
      const size = Math.max(capacity, SMALLEST);
      this.bytes = new Uint8Array(size);
      this.from = new Uint32Array(this.mapped ? size : 0);
      this.to = new Uint32Array(this.mapped ? size : 0);
    }
    return this;
  }

  byte(at: number): number {
    return this.bytes[at] ?? 0;
  }

  /** Where the origin of a byte begins in the text. */
  begin(at: number): number {
    return this.from[at] ?? 0;
  }

  /** Where the origin of a byte ends in the text. */
  end(at: number): number {
    return this.to[at] ?? 0;
  }

  /** Copies bytes of another view, from `first` up to `end` (exclusive). */
  copy(view: View, first: number, end: number): void {
    const { bytes, from, to, length } = this;
    let into = length;
    if (!this.mapped) {
      bytes.set(view.bytes.subarray(first, end), into);
      this.length = into + end - first;
      return;
    }
    for (let at = first; at < end; at += 1, into += 1) {
      bytes[into] = view.bytes[at] ?? 0;
      from[into] = view.from[at] ?? 0;
      to[into] = view.to[at] ?? 0;
    }
    this.length = into;
  }

  put(byte: number, from: number, to: number): void {
    const at = this.length;
    this.bytes[at] = byte;
    if (this.mapped) {
      this.from[at] = from;
      this.to[at] = to;
    }
    this.length = at + 1;
  }

  /** Adds the byte that bytes `first` to `last` of another view represent. */
  putFor(byte: number, view: View, first: number, last: number): void {
    if (this.mapped) this.put(byte, view.begin(first), view.end(last));
    else this.bytes[this.length++] = byte;
  }

  /** Adds the character that bytes `first` to `last` of another view represent. */
  putCharacterFor(code: number, view: View, first: number, last: number): void {
    if (this.mapped) this.putCharacter(code, view.begin(first), view.end(last));
    else this.putCharacter(code, 0, 0);
  }

  /** Extends the origin of its last byte to where that of byte `at` of another view begins or ends. */
  endWith(view: View, at: number, where: "begin" | "end"): void {
    if (this.mapped) this.to[this.length - 1] = where === "begin" ? view.begin(at) : view.end(at);
  }

  /** A character in UTF-8. A half of a surrogate pair becomes U+FFFD, as everywhere in Node. */
  putCharacter(code: number, from: number, to: number): void {
    if (code < 0x80) {
      this.put(code, from, to);
    } else if (code < 0x800) {
      this.put(0xc0 | (code >> 6), from, to);
      this.put(0x80 | (code & 0x3f), from, to);
    } else if (code < 0x10000) {
      const whole = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code;
      this.put(0xe0 | (whole >> 12), from, to);
      this.put(0x80 | ((whole >> 6) & 0x3f), from, to);
      this.put(0x80 | (whole & 0x3f), from, to);
    } else {
      this.put(0xf0 | (code >> 18), from, to);
      this.put(0x80 | ((code >> 12) & 0x3f), from, to);
      this.put(0x80 | ((code >> 6) & 0x3f), from, to);
      this.put(0x80 | (code & 0x3f), from, to);
    }
  }
}

const ENCODER = new TextEncoder();

/** The text itself as UTF-8. */
export function viewText(text: string, into: View): View {
  into.reset(Buffer.byteLength(text), true);
  if (!into.mapped) {
    into.length = ENCODER.encodeInto(text, into.bytes).written;
    return into;
  }
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      into.put(unit, at, at + 1);
      continue;
    }
    const code = text.codePointAt(at) ?? 0;
    const end = at + (code > 0xffff ? 2 : 1);
    into.putCharacter(code, at, end);
    at = end - 1;
  }
  return into;
}

const BACKSLASH = 0x5c;

/**
 * Each byte as it is compared: spellings are equal that differ by letter case (of ASCII), by `+` for a space, or by a letter for a control
 * character, as in the short escapes of JSON.
 */
export const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  const special: Readonly<Record<string, string>> = { "+": " ", "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };
  const character = String.fromCharCode(byte);
  const folded = byte < 0x80 ? character.toLowerCase() : character;
  return (special[folded] ?? folded).charCodeAt(0);
});

/** The view without backslashes, each of which becomes part of what it escapes; the view itself when it has none. */
export function withoutBackslashes(view: View, spare: View): View {
  const { bytes, length } = view;
  let backslash = nextOf(BACKSLASH, view, 0);
  if (backslash === length) return view;
  spare.reset(length, view.open);
  let at = 0;
  while (at < length) {
    spare.copy(view, at, backslash);
    let next = backslash;
    while (next < length && bytes[next] === BACKSLASH) next += 1;
    if (next < length) spare.putFor(view.byte(next), view, backslash, next);
    at = next + 1;
    backslash = nextOf(BACKSLASH, view, at);
  }
  spare.whole = spare.length - (length - view.whole) + countOf(BACKSLASH, view, view.whole);
  return spare;
}

/** Position of the next such byte, or the view's length. */
function nextOf(wanted: number, { bytes, length }: View, from: number): number {
  // Only the part in use: leftovers of an earlier text are not searched.
  const found = bytes.subarray(from, length).indexOf(wanted);
  return found === -1 ? length : from + found;
}

function countOf(wanted: number, { bytes, length }: View, from: number): number {
  let count = 0;
  for (let at = from; at < length; at += 1) if (bytes[at] === wanted) count += 1;
  return count;
}
