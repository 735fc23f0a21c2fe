/** Counts the steps of a search, in bytes scanned or compared, so that a test can check that it is linear. */
export interface Meter {
  steps: number;
}
