import { widened } from "./arrays.ts";
import type { Meter } from "./meter.ts";
import type { Found } from "./ranges.ts";
import { FOLDED } from "./view.ts";
import type { View } from "./view.ts";

/** Length of the pieces by which long needles are found, in bytes. */
const PIECE = 32;

/** Shortest needle for {@link LongNeedles}, in bytes. */
export const SHORTEST_LONG = 2 * PIECE;

/** The rolling hash of Karp and Rabin (IBM Journal of Research and Development 31/2, 1987), modulo 2^32. */
const BASE = 0x2f0b4a27;
const BASE_TO_PIECE = new Uint8Array(PIECE).reduce((power) => Math.imul(power, BASE), 1);

/** How far from its home a piece may be placed: secrets do not crowd the table by chance. */
const FARTHEST = 64;

/**
 * Finds long needles by their pieces, each of which counts on its own: of a needle that was cut off or taken apart, every piece that is still
 * whole is found. Needles must be folded, views are folded here: see {@link FOLDED}. One table and one pass for all, so the work is linear in the
 * needles and in the text, whatever they look like.
 */
export class LongNeedles {
  readonly #meter: Meter;
  /** All needles, concatenated. */
  #bytes = new Uint8Array(512);
  #length = 0;
  /** By number of the piece, from 1: where it begins in {@link #bytes}, its hash, and whether a needle ends with it. */
  #begins = new Uint32Array(128);
  #hashes = new Int32Array(128);
  #isEnd = new Uint8Array(128);
  #count = 0;
  /** Hash table of piece numbers: open addressing, at most half full. */
  #numbers = new Uint32Array(256);

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param needle at least {@link SHORTEST_LONG} bytes; a copy is kept */
  add(needle: Uint8Array): void {
    const first = this.#length;
    const end = first + needle.length;
    if (end > this.#bytes.length) this.#bytes = widened(this.#bytes, new Uint8Array(Math.max(end, 2 * first)));
    this.#bytes.set(needle, first);
    this.#length = end;
    for (let begin = first; begin + PIECE <= end; begin += PIECE) this.#addPiece(begin, begin + PIECE === end);
    if (needle.length % PIECE > 0) this.#addPiece(end - PIECE, true);
  }

  #addPiece(begin: number, isEnd: boolean): void {
    const hash = hashOf(this.#bytes, begin);
    const known = this.#pieceAt(this.#bytes, begin, hash);
    const number = known === 0 ? this.#newPiece(begin, hash) : known;
    if (isEnd) this.#isEnd[number] = 1;
  }

  #newPiece(begin: number, hash: number): number {
    const number = (this.#count += 1);
    if (number === this.#begins.length) this.#widen();
    this.#begins[number] = begin;
    this.#hashes[number] = hash;
    this.#enter(hash, number);
    return number;
  }

  /** Makes room for twice as many pieces. */
  #widen(): void {
    const most = 2 * this.#begins.length;
    this.#begins = widened(this.#begins, new Uint32Array(most));
    this.#hashes = widened(this.#hashes, new Int32Array(most));
    this.#isEnd = widened(this.#isEnd, new Uint8Array(most));
    this.#numbers = new Uint32Array(2 * most);
    for (let number = 1; number < this.#count; number += 1) this.#enter(this.#hashes[number] ?? 0, number);
  }

  /** Memory, in bytes. */
  get bytes(): number {
    const { byteLength } = this.#begins;
    return this.#bytes.length + this.#isEnd.length + 2 * byteLength + this.#numbers.byteLength;
  }

  #enter(hash: number, number: number): void {
    const last = this.#numbers.length - 1;
    for (let step = 0; step < FARTHEST; step += 1) {
      const place = (homeOf(hash) + step) & last;
      if (this.#numbers[place] !== 0) continue;
      this.#numbers[place] = number;
      return;
    }
    throw new RangeError("Too many secrets have the same hash.");
  }

  /** The number of the piece with these bytes, folded or not; 0 when there is none. */
  #pieceAt(bytes: Uint8Array, begin: number, hash: number): number {
    const last = this.#numbers.length - 1;
    const home = homeOf(hash);
    for (let step = 0; step < FARTHEST; step += 1) {
      const number = this.#numbers[(home + step) & last] ?? 0;
      if (number === 0) return 0;
      this.#meter.steps += 1;
      if (this.#hashes[number] === hash && this.#isSame(bytes, begin, this.#begins[number] ?? 0)) return number;
    }
    return 0;
  }

  #isSame(bytes: Uint8Array, begin: number, piece: number): boolean {
    this.#meter.steps += PIECE;
    for (let at = 0; at < PIECE; at += 1) if (fold(bytes, begin + at) !== this.#bytes[piece + at]) return false;
    return true;
  }

  /**
   * Adds the positions of pieces in a view to `found`. In an open view, what follows a piece that does not end its needle is taken for the next
   * one, cut off.
   */
  find(view: View, found: Found): void {
    const { bytes, length } = view;
    if (this.#count === 0 || length < PIECE) return;
    this.#meter.steps += length;
    const last = this.#numbers.length - 1;
    let hash = hashOf(bytes, 0);
    let latest = 0;
    let latestBegin = 0;
    for (let begin = 0; begin + PIECE <= length; begin += 1) {
      // Most places are free: checked inline, since a call costs more.
      const piece = this.#numbers[homeOf(hash) & last] === 0 ? 0 : this.#pieceAt(bytes, begin, hash);
      if (piece !== 0) {
        found.add(view, begin, begin + PIECE);
        latest = piece;
        latestBegin = begin;
      }
      hash = (Math.imul(hash, BASE) + fold(bytes, begin + PIECE) - Math.imul(fold(bytes, begin), BASE_TO_PIECE)) | 0;
    }
    const rest = length - latestBegin - PIECE;
    if (view.open && latest !== 0 && this.#isEnd[latest] === 0 && rest < PIECE) found.addToEnd(view, latestBegin);
  }
}

function hashOf(bytes: Uint8Array, begin: number): number {
  let hash = 0;
  for (let at = begin; at < begin + PIECE; at += 1) hash = (Math.imul(hash, BASE) + fold(bytes, at)) | 0;
  return hash;
}

/** Where in the table a piece belongs: the low bits of a hash modulo 2^32 depend on few bytes. */
function homeOf(hash: number): number {
  return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 7;
}

function fold(bytes: Uint8Array, at: number): number {
  return FOLDED[bytes[at] ?? 0] ?? 0;
}
