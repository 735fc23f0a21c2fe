import { createHash } from "node:crypto";
import { escapeHtml, formEncode } from "../positions/escape.ts";
import { isRawNumber, numberText, parseExact } from "../../events/exact-json.ts";
import { finderOf, replacedAt } from "./replace.ts";
import { roundDecimal } from "./number.ts";
import { TemplateProblem } from "../problem.ts";
import { jsonTextOf } from "../value.ts";
import type { RenderWork } from "../work.ts";

/**
 * Maps a value that is not missing to the next one, in time linear in input and output, which is what it is charged for. A filter that multiplies
 * calls `afford` before it produces.
 * @throws TemplateProblem when it cannot.
 */
export type Filter = (value: unknown, work: RenderWork) => unknown;

/** Makes a filter from its arguments. @throws TemplateProblem when it does not take them. */
export type FilterMaker = (args: readonly unknown[]) => Filter;

/** A filter without arguments from text to text. */
function plain(name: string, change: (text: string) => string): FilterMaker {
  return (args) => none(name, args, (value, work) => change(work.textOf(value)));
}

/** @throws TemplateProblem when there are arguments. */
export function none(name: string, args: readonly unknown[], filter: Filter): Filter {
  if (args.length > 0) throw new TemplateProblem(`the filter ${name} takes no argument`);
  return filter;
}

/** Filters for text, numbers and lists, with Liquid's names and meaning (Shopify/liquid, standardfilters.rb). */
export const TEXT_FILTERS: Readonly<Record<string, FilterMaker>> = {
  upcase: plain("upcase", (text) => text.toUpperCase()),
  downcase: plain("downcase", (text) => text.toLowerCase()),
  truncate: makeTruncate,
  strip: plain("strip", (text) => text.trim()),
  replace: makeReplace,
  append: (args) => joining("append", args, (text, more) => text + more),
  prepend: (args) => joining("prepend", args, (text, more) => more + text),
  escape: plain("escape", escapeHtml),
  url_encode: plain("url_encode", formEncode),
  base64_encode: plain("base64_encode", (text) => Buffer.from(text, "utf8").toString("base64")),
  md5: plain("md5", (text) => hexDigest("md5", text)),
  sha256: plain("sha256", (text) => hexDigest("sha256", text)),
  round: makeRound,
  size: (args) => none("size", args, sizeOf),
  first: (args) => none("first", args, (value) => endOf(value, 0)),
  last: (args) => none("last", args, (value) => endOf(value, -1)),
  join: makeJoin,
};

function hexDigest(algorithm: "md5" | "sha256", text: string): string {
  return createHash(algorithm).update(text, "utf8").digest("hex");
}

/** Default length of `truncate`, in characters, including its end (as in Liquid). */
const TRUNCATE_DEFAULT = 50;

function makeTruncate(args: readonly unknown[]): Filter {
  const [length = TRUNCATE_DEFAULT, end = "..."] = args;
  if (args.length > 2 || !isWhole(length) || length < 0 || typeof end !== "string") {
    throw new TemplateProblem('the filter truncate takes a length and a text for the end, as in truncate: 10, "…"');
  }
  const room = Math.max(0, length - Array.from(end).length);
  return (value, work) => {
    const text = work.textOf(value);
    return text.length <= length || offsetOf(text, length) === text.length
      ? text
      : text.slice(0, offsetOf(text, room)) + end;
  };
}

function isWhole(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value);
}

/** Where the first `characters` code points of a text end, in UTF-16 units. */
function offsetOf(text: string, characters: number): number {
  let at = 0;
  for (let count = 0; count < characters && at < text.length; count += 1) at += unitsAt(text, at);
  return at;
}

/** UTF-16 units of the character that begins at `at`. */
function unitsAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
}

/** An argument as text: quoted text, or a number with its digits. */
function argumentText(value: unknown): string | undefined {
  return typeof value === "string" ? value : numberText(value);
}

function makeReplace(args: readonly unknown[]): Filter {
  const search = argumentText(args[0]);
  const replacement = args.length < 2 ? "" : argumentText(args[1]);
  if (args.length > 2 || search === undefined || search === "" || replacement === undefined) {
    throw new TemplateProblem(
      'the filter replace takes the text to find, which must not be empty, and its replacement, as in replace: "a", "b"',
    );
  }
  const find = finderOf(search);
  return (value, work) => {
    const text = work.textOf(value);
    const places = find(text);
    work.afford(text.length + places.length * (replacement.length - search.length));
    return replacedAt(text, places, search.length, replacement);
  };
}

function joining(name: string, args: readonly unknown[], join: (text: string, more: string) => string): Filter {
  const more = argumentText(args[0]);
  if (args.length !== 1 || more === undefined)
    throw new TemplateProblem(`the filter ${name} takes one text, as in ${name}: "x"`);
  return (value, work) => {
    const text = work.textOf(value);
    work.afford(text.length + more.length);
    return join(text, more);
  };
}

/** Most decimal places for `round`, on either side of the point. */
const MOST_PLACES = 20;

function makeRound(args: readonly unknown[]): Filter {
  const [places = 0] = args;
  if (args.length > 1 || !isWhole(places) || Math.abs(places) > MOST_PLACES)
    throw new TemplateProblem(
      `the filter round takes a number of decimal places up to ${String(MOST_PLACES)}, as in round: 2`,
    );
  return (value) => {
    if (value === "") return value;
    const text = argumentText(value);
    const rounded = text === undefined ? undefined : roundDecimal(text, places);
    if (rounded === undefined) throw new TemplateProblem("the value is not a number, so it cannot be rounded");
    return parseExact(rounded);
  };
}

/** Items of a list, entries of an object, characters of anything else as text. */
function sizeOf(value: unknown, work: RenderWork): number {
  if (Array.isArray(value)) return value.length;
  if (isObject(value)) {
    const { length } = Object.keys(value);
    work.spend(length);
    return length;
  }
  const text = work.textOf(value);
  let size = 0;
  for (let at = 0; at < text.length; at += unitsAt(text, at)) size += 1;
  return size;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !isRawNumber(value) && jsonTextOf(value) === undefined;
}

/** First (0) or last (-1) item of a list or character of a text; undefined for anything else. */
function endOf(value: unknown, index: 0 | -1): unknown {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return list.at(index);
  }
  if (typeof value !== "string") return undefined;
  if (index === 0) return value.slice(0, unitsAt(value, 0));
  return value.slice(unitsAt(value, value.length - 2) === 2 ? -2 : -1);
}

function makeJoin(args: readonly unknown[]): Filter {
  const [given = " "] = args;
  const glue = argumentText(given);
  if (args.length > 1 || glue === undefined)
    throw new TemplateProblem('the filter join takes a separator, as in join: ", "');
  return (value, work) => {
    if (!Array.isArray(value)) return work.textOf(value);
    const items: readonly unknown[] = value.flat(Infinity);
    // Nested lists have not been charged yet, and empty texts are work too.
    work.spend(items.length);
    const texts = items.map((item) => work.textOf(item));
    work.afford(texts.reduce((sum, text) => sum + text.length, glue.length * (texts.length - 1)));
    return texts.join(glue);
  };
}
