import { LongNeedles, SHORTEST_LONG } from "./long-needles.ts";
import type { Meter } from "./meter.ts";
import type { Found } from "./ranges.ts";
import { ShortNeedles } from "./short-needles.ts";
import { FOLDED, View, withoutBackslashes } from "./view.ts";
import type { Pieces } from "../../lib/pieces.ts";

/** Shortest secret that is masked, in bytes: masking shorter ones would make texts unreadable. */
const SHORTEST = 4;

const BACKSLASH = 0x5c;

/** Finds secrets in views, whatever backslashes escaping has inserted. */
export class Needles {
  readonly #loose: NeedlesOfAnyLength;
  /** For secrets that are too short without their backslashes, and for those that end with a backslash. */
  readonly #exact: NeedlesOfAnyLength;
  readonly #spare = new View();
  readonly #spareForSecrets = new View(false);

  constructor(meter: Meter) {
    this.#loose = new NeedlesOfAnyLength(meter);
    this.#exact = new NeedlesOfAnyLength(meter);
  }

  /** @param cutFrom its first bytes, at least this many, at the end of a text count as this secret, cut off */
  add(secret: View, cutFrom: number): void {
    const { bytes, length } = secret;
    const loose = withoutBackslashes(secret, this.#spareForSecrets);
    if (loose.length < SHORTEST) this.#exact.add(bytes.subarray(0, length), cutFrom);
    else this.#loose.add(loose.bytes.subarray(0, loose.length), cutFrom);
    if (loose.length >= SHORTEST && bytes[length - 1] === BACKSLASH)
      this.#exact.add(bytes.subarray(Math.max(0, length - SHORTEST_LONG + 1), length), Infinity);
  }

  /** Must be called once, after all secrets have been added. */
  *link(): Pieces<void> {
    yield* this.#loose.link();
    yield* this.#exact.link();
  }

  /** Length of the shortest secret, or of the shortest piece that is searched for on its own, in bytes. */
  get fewestBytes(): number {
    return Math.min(this.#loose.fewestBytes, this.#exact.fewestBytes);
  }

  /** Approximate memory, in bytes. */
  get bytes(): number {
    return this.#loose.bytes + this.#exact.bytes;
  }

  find(view: View, found: Found): void {
    this.#loose.find(withoutBackslashes(view, this.#spare), found);
    this.#exact.find(view, found);
  }
}

class NeedlesOfAnyLength {
  readonly #short: ShortNeedles;
  readonly #long: LongNeedles;
  #fewestBytes = Infinity;

  constructor(meter: Meter) {
    this.#short = new ShortNeedles(meter);
    this.#long = new LongNeedles(meter);
  }

  add(bytes: Uint8Array, cutFrom: number): void {
    if (bytes.length < SHORTEST) return;
    const needle = new Uint8Array(bytes.length);
    for (let at = 0; at < bytes.length; at += 1) needle[at] = FOLDED[bytes[at] ?? 0] ?? 0;
    const isLong = needle.length >= SHORTEST_LONG;
    this.#fewestBytes = Math.min(this.#fewestBytes, isLong ? SHORTEST_LONG / 2 : needle.length);
    if (isLong) this.#long.add(needle);
    // The beginning of a long one, so that it is found at the end of a text that cuts it off.
    this.#short.add(isLong ? needle.subarray(0, SHORTEST_LONG / 2) : needle, cutFrom);
  }

  link(): Pieces<void> {
    return this.#short.link();
  }

  get fewestBytes(): number {
    return this.#fewestBytes;
  }

  get bytes(): number {
    return this.#short.bytes + this.#long.bytes;
  }

  find(view: View, found: Found): void {
    if (this.#fewestBytes === Infinity) return;
    this.#short.find(view, found);
    this.#long.find(view, found);
  }
}
