import type { View } from "./view.ts";

/** Receives where in a view secrets were found. */
export interface Found {
  /** Whether the search can stop. */
  readonly isEnough: boolean;
  /** At bytes `first` up to `end` (exclusive). */
  add(view: View, first: number, end: number): void;
  /** From byte `first` to the end of the text, which cuts it off. */
  addToEnd(view: View, first: number): void;
}

/** Records only whether there is any secret. */
export class Sighting implements Found {
  any = false;

  get isEnough(): boolean {
    return this.any;
  }

  add(): void {
    this.any = true;
  }

  addToEnd(): void {
    this.any = true;
  }
}

/** The parts of one text to mask: ranges in any order, which may overlap, each added in constant time. */
export class Ranges implements Found {
  readonly isEnough = false;
  readonly #text: string;
  /** By position: how many ranges begin there minus how many end. */
  readonly #steps: Int32Array;

  constructor(text: string) {
    this.#text = text;
    this.#steps = new Int32Array(text.length + 1);
  }

  add(view: View, first: number, end: number): void {
    this.#count(view.begin(first), view.end(end - 1));
  }

  addToEnd(view: View, first: number): void {
    this.#count(view.begin(first), this.#text.length);
  }

  #count(from: number, to: number): void {
    this.#steps[from] = (this.#steps[from] ?? 0) + 1;
    this.#steps[to] = (this.#steps[to] ?? 0) - 1;
  }

  /** The text up to `end`, with `mask` in place of each stretch covered by ranges, even if they extend beyond `end`. */
  replaceWith(mask: string, end = this.#text.length): string {
    const text = this.#text.slice(0, end);
    const kept: string[] = [];
    let depth = 0;
    let start = 0;
    for (let at = 0; at < text.length; at += 1) {
      const step = this.#steps[at] ?? 0;
      if (step === 0) continue;
      const before = depth;
      depth += step;
      if (before === 0 && depth > 0) kept.push(text.slice(start, at), mask);
      else if (before > 0 && depth === 0) start = at;
    }
    if (depth === 0) kept.push(text.slice(start));
    return kept.join("");
  }
}
