import { parseExact } from "../events/exact-json.ts";
import { dotted, readName, type Step } from "./name.ts";
import { TemplateProblem, type PlaceholderPlace } from "./problem.ts";
import { Scanner } from "./scan.ts";

/** `name` or `name: "x", 2` after a bar. */
export interface FilterCall {
  readonly name: string;
  /** Texts, booleans and exact numbers. */
  readonly args: readonly unknown[];
}

/** One `{{ … }}` as written, with its place. */
export interface PlaceholderToken extends PlaceholderPlace {
  /** Its path into the values. */
  readonly steps: readonly Step[];
  /** The steps, {@link dotted}: matches the names of the webhook's attributes. */
  readonly name: string;
  readonly filters: readonly FilterCall[];
}

/** Literal text or a placeholder. */
export type Token = string | PlaceholderToken;

/** Longest piece of a template that a fault quotes, in UTF-16 units. */
const LONGEST_QUOTE = 60;

const SPACE = /\s*/y;
/** Wider than the names of filters, so that an unknown one is quoted in full. */
const FILTER_NAME = /[\p{L}_][\p{L}\p{N}_-]*/uy;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /(?:true|false)(?!\w)/y;

/**
 * Splits a template into literal text and placeholders.
 *
 * A backslash before `{{` makes the braces literal. Two backslashes become one and leave the placeholder active; where the text has
 * backslash escapes of its own (`keepPairs`, JSON) both stay. Of three or more braces the last two open the placeholder.
 * @throws TemplateProblem with the place when a placeholder is not closed or cannot be read.
 */
export function parseTemplate(text: string, keepPairs: boolean): readonly Token[] {
  const tokens: Token[] = [];
  let literal = "";
  const placeOf = placeFinder(text);
  let at = 0;
  for (let braces = text.indexOf("{{"); braces !== -1; braces = text.indexOf("{{", at)) {
    const slashes = backslashesBefore(text, at, braces);
    const kept = keepPairs ? slashes - (slashes % 2) : Math.floor(slashes / 2);
    literal += text.slice(at, braces - slashes) + "\\".repeat(kept);
    if (slashes % 2 === 1) {
      literal += "{{";
      at = braces + 2;
      continue;
    }
    let open = braces;
    while (text[open + 2] === "{") open += 1;
    literal += text.slice(braces, open);
    if (literal !== "") tokens.push(literal);
    literal = "";
    const { token, end } = readPlaceholder(text, open, placeOf(open));
    tokens.push(token);
    at = end;
  }
  literal += text.slice(at);
  if (literal !== "") tokens.push(literal);
  return tokens;
}

function backslashesBefore(text: string, from: number, to: number): number {
  let count = 0;
  while (to - count > from && text[to - count - 1] === "\\") count += 1;
  return count;
}

function readPlaceholder(text: string, open: number, place: LineAndColumn): { token: PlaceholderToken; end: number } {
  const scanner = new Scanner(text, open + 2);
  const fail = (problem: string): never => {
    const close = text.indexOf("}}", open);
    const said =
      close === -1
        ? 'the braces are not closed; end the placeholder with "}}" or write "\\{{" for literal braces'
        : problem;
    throw new TemplateProblem(said, {
      ...place,
      source: shortened(text.slice(open, close === -1 ? undefined : close + 2)),
    });
  };
  const readArgument = (): unknown => {
    scanner.take(SPACE);
    const number = scanner.take(NUMBER) ?? scanner.take(WORD);
    if (number !== undefined) return parseExact(number);
    return scanner.takeQuoted() ?? fail("a filter's argument must be quoted text, a number, true or false");
  };
  const readFilter = (): FilterCall => {
    scanner.take(SPACE);
    const filter = scanner.take(FILTER_NAME) ?? fail('the name of a filter is missing after "|"');
    const args: unknown[] = [];
    if (scanner.takeMark(":")) {
      do args.push(readArgument());
      while (scanner.takeMark(","));
    }
    return { name: filter, args };
  };

  scanner.take(SPACE);
  const steps = readName(scanner) ?? fail(BRACKETS);
  if (steps.length === 0) fail("a name is missing: letters, digits, _ and -, with dots between");
  const filters: FilterCall[] = [];
  while (scanner.takeMark("|")) filters.push(readFilter());
  if (!scanner.takeMark("}}"))
    fail(scanner.take(WORD_START) === undefined ? AFTER_NAME : `${AFTER_NAME}; ${SPACED_NAME}`);
  const source = shortened(text.slice(open, scanner.at));
  return { token: { steps, name: dotted(steps), filters, ...place, source }, end: scanner.at };
}

const BRACKETS =
  'brackets must contain a quoted name or a list index from 0, as in {{["First Name"]}} and {{items[0].name}}';
const AFTER_NAME = 'only filters, each after "|", may follow the name, and then "}}"';
const SPACED_NAME = 'a name with spaces needs brackets, as in {{["First Name"]}}';
const WORD_START = /[\p{L}\p{N}]/uy;

type LineAndColumn = Pick<PlaceholderPlace, "line" | "column">;

/** Finds line and column of offsets. They must be asked for in rising order, so that the text is read only once. */
function placeFinder(text: string): (at: number) => LineAndColumn {
  let line = 1;
  let begin = 0;
  let lineBreak = text.indexOf("\n");
  return (at) => {
    while (lineBreak !== -1 && lineBreak < at) {
      line += 1;
      begin = lineBreak + 1;
      lineBreak = text.indexOf("\n", begin);
    }
    return { line, column: at - begin + 1 };
  };
}

/** Cuts a piece of a template to the length that faults quote. */
export function shortened(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}
