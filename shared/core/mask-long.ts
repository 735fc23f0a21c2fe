import type { Meter } from "./mask-meter.ts";
import type { Ranges } from "./mask-ranges.ts";
import { FOLDED } from "./mask-view.ts";
import type { View } from "./mask-view.ts";

/** Length of the pieces that long needles are looked for by, in bytes. */
const PIECE = 32;

/** Shorter needles are not for {@link LongNeedles}, in bytes. */
export const SHORTEST_LONG = 2 * PIECE;

/** Of the rolling hash of Karp and Rabin (IBM Journal of Research and Development 31/2, 1987), modulo 2^32. */
const BASE = 0x2f0b4a27;
const BASE_TO_PIECE = new Uint8Array(PIECE).reduce((power) => Math.imul(power, BASE), 1);

/** Pieces stand at most so many places from where they belong: nobody's secrets crowd the table by chance. */
const FARTHEST = 64;

/** 32 bytes of a needle. */
interface Piece {
  readonly needle: Uint8Array;
  readonly begin: number;
  readonly hash: number;
  /** Whether a needle ends with it. */
  isEnd: boolean;
}

/**
 * Finds long needles by their pieces, each of which counts by itself: of a needle that was cut off or taken apart every piece is found that came
 * out whole. Needles are folded, views are folded here: see {@link FOLDED}. One table and one pass for all, so the work is linear in the
 * needles and in the text, whatever they look like.
 */
export class LongNeedles {
  readonly #meter: Meter;
  readonly #pieces: Piece[] = [];
  /** Open addressing, at most half full: by place the number of a piece, from 1, and its hash. */
  #numbers = new Int32Array(256);
  #hashes = new Int32Array(256);

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** @param needle at least {@link SHORTEST_LONG} bytes, kept as it is */
  add(needle: Uint8Array): void {
    for (let begin = 0; begin + PIECE <= needle.length; begin += PIECE) this.#addPiece(needle, begin);
    this.#addPiece(needle, needle.length - PIECE);
  }

  #addPiece(needle: Uint8Array, begin: number): void {
    const hash = hashOf(needle, begin);
    const isEnd = begin + PIECE === needle.length;
    const known = this.#pieceAt(needle, begin, hash);
    if (known) {
      known.isEnd ||= isEnd;
      return;
    }
    this.#pieces.push({ needle, begin, hash, isEnd });
    if (this.#pieces.length * 2 <= this.#numbers.length) {
      this.#enter(hash, this.#pieces.length);
      return;
    }
    this.#numbers = new Int32Array(this.#numbers.length * 2);
    this.#hashes = new Int32Array(this.#numbers.length);
    this.#pieces.forEach((piece, index) => {
      this.#enter(piece.hash, index + 1);
    });
  }

  #enter(hash: number, number: number): void {
    const last = this.#numbers.length - 1;
    for (let step = 0; step < FARTHEST; step += 1) {
      const place = (homeOf(hash) + step) & last;
      if (this.#numbers[place] !== 0) continue;
      this.#numbers[place] = number;
      this.#hashes[place] = hash;
      return;
    }
    throw new RangeError("Secrets that cannot be told apart.");
  }

  /** The piece with these bytes. */
  #pieceAt(bytes: Uint8Array, begin: number, hash: number): Piece | undefined {
    const last = this.#numbers.length - 1;
    const home = homeOf(hash);
    for (let step = 0; step < FARTHEST; step += 1) {
      const place = (home + step) & last;
      const number = this.#numbers[place] ?? 0;
      if (number === 0) return undefined;
      this.#meter.steps += 1;
      const piece = this.#hashes[place] === hash ? this.#pieces[number - 1] : undefined;
      if (piece && this.#isSame(bytes, begin, piece)) return piece;
    }
    return undefined;
  }

  #isSame(bytes: Uint8Array, begin: number, piece: Piece): boolean {
    this.#meter.steps += PIECE;
    for (let at = 0; at < PIECE; at += 1) if (fold(bytes, begin + at) !== piece.needle[piece.begin + at]) return false;
    return true;
  }

  /**
   * Adds to `found` where pieces stand in a view. In an open view, what follows a piece that does not end its needle is taken for the next
   * one, cut off.
   */
  find(view: View, found: Ranges): void {
    const { bytes, length } = view;
    if (this.#pieces.length === 0 || length < PIECE) return;
    this.#meter.steps += length;
    const last = this.#numbers.length - 1;
    let hash = hashOf(bytes, 0);
    let latest: Piece | undefined;
    let latestBegin = 0;
    for (let begin = 0; begin + PIECE <= length; begin += 1) {
      // Most places are free: asked here, since a call costs more.
      const piece = this.#numbers[homeOf(hash) & last] === 0 ? undefined : this.#pieceAt(bytes, begin, hash);
      if (piece) {
        found.add(view, begin, begin + PIECE);
        latest = piece;
        latestBegin = begin;
      }
      hash = (Math.imul(hash, BASE) + fold(bytes, begin + PIECE) - Math.imul(fold(bytes, begin), BASE_TO_PIECE)) | 0;
    }
    const rest = length - latestBegin - PIECE;
    if (view.open && latest?.isEnd === false && rest < PIECE) found.addToEnd(view, latestBegin);
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
