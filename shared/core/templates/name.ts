import { Scanner } from "./scan.ts";

/** One step of a name: a key, or the index of a list (the number in brackets), counted from 0, or from the end when negative. */
export type Step = string | number;

const KEY = /[\p{L}\p{N}_$@-]+/uy;
const DOT_AND_KEY = /\.[\p{L}\p{N}_$@-]+/uy;
const INDEX = /\s*-?\d{1,9}(?=\s*\])/y;

/**
 * Reads a name such as `reward.id`, `["Loyalty Tier"]`, `items[0].name` or `member['First Name'].short`: keys of letters, digits, `_`, `$`, `@` and
 * `-`, separated by dots; anything else in brackets and quotes.
 * @returns its steps, empty when no name begins here; undefined when a bracket cannot be read.
 */
export function readName(scanner: Scanner): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (;;) {
    if (scanner.takeHere("[")) {
      const index = scanner.take(INDEX);
      const step = index === undefined ? scanner.takeQuoted() : Number(index);
      if (step === undefined || !scanner.takeMark("]")) return undefined;
      steps.push(step);
      continue;
    }
    const key = steps.length === 0 ? scanner.take(KEY) : scanner.take(DOT_AND_KEY)?.slice(1);
    if (key === undefined) return steps;
    steps.push(key);
  }
}

/** The canonical spelling of a name, by which it is matched with a webhook's attributes: its steps joined with dots, as in `items.0.name`. */
export function dotted(steps: readonly Step[]): string {
  return steps.join(".");
}

/** {@link dotted} for the name of a webhook's attribute. Text that does not parse as a name, such as `Loyalty Tier` without brackets, is taken literally. */
export function dottedName(written: string): string {
  const name = written.trim();
  const scanner = new Scanner(name);
  const steps = readName(scanner);
  return steps !== undefined && steps.length > 0 && scanner.ended ? dotted(steps) : name;
}
