/** Counts the steps of a search, in bytes gone over or compared, so that a test can hold it to be linear. */
export interface Meter {
  steps: number;
}
