/** Quoted text; `\"` counts as a quote too: in a body that is valid JSON, quotes inside strings are written like this. */
const QUOTED = /(\\?["'])(.*?)\1/sy;
const SPACE = /\s*/y;

/** Reads a text from left to right. */
export class Scanner {
  readonly #text: string;
  /** Offset of what comes next, in UTF-16 units. */
  at: number;

  constructor(text: string, at = 0) {
    this.#text = text;
    this.at = at;
  }

  /** Whether everything has been read. */
  get ended(): boolean {
    return this.at >= this.#text.length;
  }

  /** Reads what a sticky pattern matches here; undefined, with nothing read, when it does not match. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.#text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  /** Reads `mark`, after white space, if it is next. @returns whether it was */
  takeMark(mark: string): boolean {
    this.take(SPACE);
    return this.takeHere(mark);
  }

  /** Reads `mark` if it is next. @returns whether it was */
  takeHere(mark: string): boolean {
    if (!this.#text.startsWith(mark, this.at)) return false;
    this.at += mark.length;
    return true;
  }

  /** Reads quoted text, after white space. @returns what is inside the quotes */
  takeQuoted(): string | undefined {
    this.take(SPACE);
    const quoted = this.take(QUOTED);
    const quote = quoted?.startsWith("\\") === true ? 2 : 1;
    return quoted?.slice(quote, -quote);
  }
}
