/** A quoted text; `\"` counts as a quote too, since a body that is kept as valid JSON writes quotes inside its strings so. */
const QUOTED = /(\\?["'])(.*?)\1/sy;
const SPACE = /\s*/y;

/** Reads a text from left to right. */
export class Scanner {
  readonly #text: string;
  /** What comes next begins here, in UTF-16 units. */
  at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.at = at;
  }

  /** Whether all is read. */
  get ended(): boolean {
    return this.at >= this.#text.length;
  }

  /** What a sticky pattern finds here; undefined, and nothing is read, when it does not match. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Whether `mark` is next, after white space; it is read then. */
  takeMark(mark: string): boolean {
    this.take(SPACE);
    return this.takeHere(mark);
  }

  /** Whether `mark` is next; it is read then. */
  takeHere(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.at)) return false;
    this.at += mark.length;
    return true;
  }

  /** The inside of a quoted text, after white space. */
  takeQuoted(): string | undefined {
    this.take(SPACE);
    const quoted = this.take(QUOTED);
    const quote = quoted?.startsWith("\\") === true ? 2 : 1;
    return quoted?.slice(quote, -quote);
  }
}
