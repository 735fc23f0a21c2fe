/** Options of a bench. */
export interface BenchOptions {
  /** One short round: to see whether a change helps, not to report. */
  readonly quick: boolean;
  /** Prints lines and adds them to the report. */
  readonly print: (...lines: readonly string[]) => void;
}
