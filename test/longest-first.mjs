import Sequencer from "@jest/test-sequencer";

/** Files that take longest, most of it waiting for locks to end and for compilers: they begin first, so that the rest runs beside them. */
const LONGEST = ["e2e/crash.", "infra/broken-copies.", "infra/flex.", "e2e/", "infra/", "contract/", "host/", "azure/"];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((part) => path.replaceAll("\\", "/").includes(`/${part}`));
      return found < 0 ? LONGEST.length : found;
    };
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}
