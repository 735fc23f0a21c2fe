import { compileDateFormat } from "./date.ts";
import { DATE_FORMS, readDate } from "./read-date.ts";
import { none, TEXT_FILTERS, type Filter, type FilterMaker } from "./text.ts";
import { shortened, type FilterCall } from "../parse.ts";
import { TemplateLimit, TemplateProblem } from "../problem.ts";
import { nearestName } from "../suggest.ts";
import { isMissing, jsonText } from "../value.ts";
import { MAX_FILTERS } from "../work.ts";
import { UTC, zoneNamed } from "./zone.ts";

/** Makers of the filters that change a value, by name. Without `raw`, which changes the escaping, not the value. */
const MAKERS: Readonly<Record<string, FilterMaker>> = {
  default: makeDefault,
  date: makeDate,
  ...TEXT_FILTERS,
  json: (args) => none("json", args, (value, work) => jsonText(work.jsonOf(value))),
};

const NAMES = [...Object.keys(MAKERS), "raw"];

/** The filters of one placeholder, compiled. */
interface Filtering {
  readonly apply: Filter;
  /** Escaping is switched off. */
  readonly raw: boolean;
  /** A `default` is among them: it wins over the webhook's attributes. */
  readonly hasDefault: boolean;
}

/**
 * Compiles the filters of one placeholder, applied from left to right. A missing value passes all but `default`.
 * @throws TemplateProblem for an unknown filter or arguments that a filter does not take, TemplateLimit for too many filters.
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
      if (make === undefined) throw unknownFilter(name);
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

function unknownFilter(name: string): TemplateProblem {
  const near = nearestName(name, NAMES);
  const meant = near === undefined ? "" : ` (did you mean ${near}?)`;
  return new TemplateProblem(`unknown filter "${shortened(name)}"${meant}; the filters are ${NAMES.join(", ")}`);
}

/** As in Liquid, an empty text counts as missing here; false does not. */
function makeDefault(args: readonly unknown[]): Filter {
  const [fallback] = args;
  if (args.length !== 1) throw new TemplateProblem('the filter default takes one argument, as in default: "x"');
  return (value) => (isMissing(value) || value === "" ? fallback : value);
}

/** Charged for a date in a zone besides its characters: a look-up in the time zone database takes about as long as this many. */
const ZONE_CHARACTERS = 1_000;

function makeDate(args: readonly unknown[]): Filter {
  const [format, zoneName = ""] = args;
  if (args.length > 2 || typeof format !== "string" || typeof zoneName !== "string") {
    throw new TemplateProblem(
      'the filter date takes a format and a time zone, as in date: "%Y-%m-%d" and date: "%d.%m.%Y %H:%M", "Europe/Berlin"',
    );
  }
  const zone = args.length === 1 ? UTC : zoneNamed(zoneName);
  if (zone === undefined) {
    throw new TemplateProblem(
      `unknown time zone "${shortened(zoneName)}"; use a name such as "Europe/Berlin" or "UTC", or an offset such as "+02:00"`,
    );
  }
  const write = compileDateFormat(format, zone);
  if (typeof write !== "function") throw new TemplateProblem(`the filter date does not support "${write.unknown}"`);
  return (value, work) => {
    if (value === "") return value;
    const date = readDate(value);
    if (date === undefined) throw new TemplateProblem(`the value is not a date in a supported format: ${DATE_FORMS}`);
    if (zone !== UTC) work.spend(ZONE_CHARACTERS);
    return write(date);
  };
}
