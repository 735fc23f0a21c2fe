import { compileDateFormat, dateOf } from "./template-date.ts";
import { shortened, type FilterCall } from "./template-parse.ts";
import { TemplateLimit, TemplateProblem } from "./template-problem.ts";
import { isMissing, jsonText } from "./template-value.ts";
import { MAX_FILTERS, type RenderWork } from "./template-work.ts";

/**
 * Takes a value that is there and gives the next one, in time linear to what goes in and what comes out: that is what it is charged for.
 * @throws TemplateProblem when it cannot.
 */
type Filter = (value: unknown, work: RenderWork) => unknown;

/** Length of `truncate` without an argument, in characters, its end included (as in Liquid). */
const TRUNCATE_DEFAULT = 50;

/** Filters that change a value, by name: how each is made from its arguments. `raw` is not here: it changes the escaping, not the value. */
const MAKERS: Readonly<Record<string, (args: readonly unknown[]) => Filter>> = {
  default: makeDefault,
  date: makeDate,
  upcase: (args) => none("upcase", args, (value, work) => work.textOf(value).toUpperCase()),
  downcase: (args) => none("downcase", args, (value, work) => work.textOf(value).toLowerCase()),
  truncate: makeTruncate,
  json: (args) => none("json", args, (value, work) => jsonText(work.jsonOf(value))),
};

const NAMES = [...Object.keys(MAKERS), "raw"].join(", ");

/** What the filters of one placeholder come to. */
interface Filtering {
  readonly apply: Filter;
  /** Escaping is switched off. */
  readonly raw: boolean;
  /** A `default` is among them: it wins over the webhook's attributes. */
  readonly hasDefault: boolean;
}

/**
 * Compiles the filters of one placeholder, applied from left to right. A missing value passes all but `default`.
 * @throws TemplateProblem for a filter that is not known or has arguments it does not take, TemplateLimit for too many filters.
 */
export function compileFilters(calls: readonly FilterCall[]): Filtering {
  if (calls.length > MAX_FILTERS)
    throw new TemplateLimit(`more than ${String(MAX_FILTERS)} filters on one placeholder; use fewer`);
  const filters: Filter[] = [];
  let raw = false;
  for (const { name, args } of calls) {
    if (name === "raw") {
      raw = true;
      none("raw", args, (value) => value);
    } else {
      const make = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
      if (make === undefined) throw new TemplateProblem(`there is no filter "${shortened(name)}"; there are ${NAMES}`);
      const filter = make(args);
      filters.push(name === "default" ? filter : (value, work) => (isMissing(value) ? value : filter(value, work)));
    }
  }
  return {
    apply: (value, work) =>
      filters.reduce((current, filter) => work.step(current, (given) => filter(given, work)), value),
    raw,
    hasDefault: calls.some(({ name }) => name === "default"),
  };
}

function none(name: string, args: readonly unknown[], filter: Filter): Filter {
  if (args.length > 0) throw new TemplateProblem(`the filter ${name} takes no argument`);
  return filter;
}

/** As in Liquid, an empty text counts as missing here; false does not. */
function makeDefault(args: readonly unknown[]): Filter {
  const [fallback] = args;
  if (args.length !== 1) throw new TemplateProblem('the filter default takes one argument, as in default: "x"');
  return (value) => (isMissing(value) || value === "" ? fallback : value);
}

function makeDate(args: readonly unknown[]): Filter {
  const [format] = args;
  if (args.length !== 1 || typeof format !== "string") {
    throw new TemplateProblem('the filter date takes one format, as in date: "%Y-%m-%d"');
  }
  const write = compileDateFormat(format);
  if (typeof write !== "function") throw new TemplateProblem(`the filter date does not know "${write.unknown}"`);
  return (value) => {
    if (value === "") return value;
    const date = dateOf(value);
    if (date === undefined)
      throw new TemplateProblem("the value is no date (a time as in RFC 3339, a day, or Unix seconds)");
    return write(date);
  };
}

function makeTruncate(args: readonly unknown[]): Filter {
  const [length = TRUNCATE_DEFAULT, end = "..."] = args;
  if (
    args.length > 2 ||
    typeof length !== "number" ||
    !Number.isInteger(length) ||
    length < 0 ||
    typeof end !== "string"
  ) {
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

/** Where the first so many characters (code points) of a text end, in UTF-16 units. */
function offsetOf(text: string, characters: number): number {
  let at = 0;
  for (let count = 0; count < characters && at < text.length; count += 1)
    at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return at;
}
