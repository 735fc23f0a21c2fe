/** Counts the steps of a search, in bytes read or compared, so that a test can prove it linear. */
export interface Meter {
  steps: number;
}
