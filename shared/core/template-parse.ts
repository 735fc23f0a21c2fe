import { parseExact } from "./exact-json.ts";
import { TemplateProblem } from "./template-problem.ts";

/** `name` or `name: "x", 2` after a bar. */
export interface FilterCall {
  readonly name: string;
  /** Texts, booleans and exact numbers. */
  readonly args: readonly unknown[];
}

/** One `{{ … }}` as written. */
export interface PlaceholderToken {
  /** Dotted name. */
  readonly name: string;
  readonly filters: readonly FilterCall[];
  /** The placeholder's own text with its braces, spaces taken out at the ends, for messages. */
  readonly source: string;
  /** Where it begins; both from 1, columns in UTF-16 units. */
  readonly line: number;
  readonly column: number;
}

/** Literal text or a placeholder. */
export type Token = string | PlaceholderToken;

/** At most so many placeholders in one field. */
export const MAX_PLACEHOLDERS = 1000;

const SPACE = /\s*/y;
const NAME = /[\p{L}\p{N}_$@-]+(?:\.[\p{L}\p{N}_$@-]+)*/uy;
const FILTER_NAME = /[A-Za-z_]+/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y;
const WORD = /(?:true|false)(?!\w)/y;
/** A quoted text; `\"` counts as a quote too, since a body that is kept as valid JSON writes quotes inside its strings so. */
const QUOTED = /(\\?["'])(.*?)\1/sy;

/**
 * Splits a template into literal text and placeholders.
 *
 * A backslash before `{{` writes the braces as they are. Two backslashes stand for one and the placeholder counts; where the text has
 * backslash escapes of its own (`keepPairs`, JSON) both stay. Of three braces and more the last two open the placeholder.
 * @throws TemplateProblem naming the place when a placeholder is not closed or cannot be read.
 */
export function parseTemplate(text: string, keepPairs: boolean): readonly Token[] {
  const tokens: Token[] = [];
  let literal = "";
  let at = 0;
  let count = 0;
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
    const { token, end } = readPlaceholder(text, open);
    tokens.push(token);
    at = end;
    count += 1;
    if (count > MAX_PLACEHOLDERS)
      throw new TemplateProblem(`more than ${String(MAX_PLACEHOLDERS)} placeholders; use fewer`);
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

function readPlaceholder(text: string, open: number): { token: PlaceholderToken; end: number } {
  let at = open + 2;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const takeMark = (mark: string): boolean => {
    take(SPACE);
    if (!text.startsWith(mark, at)) return false;
    at += mark.length;
    return true;
  };
  const fail = (problem: string): never => {
    const close = text.indexOf("}}", open);
    const said =
      close === -1
        ? 'the braces are not closed; end the placeholder with "}}" or write "\\{{" for braces as they are'
        : problem;
    throw new TemplateProblem(`${describePlace(text, open)}, ${excerpt(text, open, close)}: ${said}`);
  };
  const readArgument = (): unknown => {
    take(SPACE);
    const number = take(NUMBER) ?? take(WORD);
    if (number !== undefined) return parseExact(number);
    const quoted = take(QUOTED) ?? fail("a filter's argument is a quoted text, a number, true or false");
    const quote = quoted.startsWith("\\") ? 2 : 1;
    return quoted.slice(quote, -quote);
  };
  const readFilter = (): FilterCall => {
    take(SPACE);
    const filter = take(FILTER_NAME) ?? fail('the name of a filter is missing after "|"');
    const args: unknown[] = [];
    if (takeMark(":")) {
      do args.push(readArgument());
      while (takeMark(","));
    }
    return { name: filter, args };
  };

  take(SPACE);
  const name = take(NAME) ?? fail("a name is missing: letters, digits, _ and -, with dots between");
  const filters: FilterCall[] = [];
  while (takeMark("|")) filters.push(readFilter());
  if (!takeMark("}}")) fail('after the name come only filters, each after "|", and then "}}"');
  return { token: { name, filters, source: text.slice(open, at), ...placeOf(text, open) }, end: at };
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at);
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n") };
}

function describePlace(text: string, at: number): string {
  const { line, column } = placeOf(text, at);
  return `line ${String(line)} column ${String(column)}`;
}

function excerpt(text: string, open: number, close: number): string {
  const whole = close === -1 ? text.slice(open) : text.slice(open, close + 2);
  return whole.length > 60 ? `${whole.slice(0, 60)}…` : whole;
}
