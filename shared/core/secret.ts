import { inspect } from "node:util";

/** What stands wherever a secret would have been shown. */
export const MASK = "•••";

/**
 * A text that cannot print itself: JSON, string concatenation, templates and `util.inspect` all give {@link MASK}.
 * Only {@link Secret.reveal} gives the value, so every place that uses one can be found by that word.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Never for logs, errors or answers. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
