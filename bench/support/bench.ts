/** What a bench is told. */
export interface BenchOptions {
  /** Fewer rounds and shorter ones: to see whether a change did something, not to report. */
  readonly quick: boolean;
  /** Prints lines of the report. */
  readonly print: (...lines: readonly string[]) => void;
}
