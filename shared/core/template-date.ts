import { parseTime } from "./event-time.ts";
import { numberText } from "./exact-json.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86_400_000;

const digits = (value: number, width = 2, fill = "0"): string => String(value).padStart(width, fill);
const hour12 = (at: Date): number => at.getUTCHours() % 12 || 12;
const dayOfYear = (at: Date): number => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;

/** The subset of strftime (POSIX.1-2024) that can be asked for; always in UTC, names in English. */
const DIRECTIVES: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => digits(at.getUTCFullYear(), 4),
  y: (at) => digits(at.getUTCFullYear() % 100),
  m: (at) => digits(at.getUTCMonth() + 1),
  d: (at) => digits(at.getUTCDate()),
  e: (at) => digits(at.getUTCDate(), 2, " "),
  j: (at) => digits(dayOfYear(at), 3),
  H: (at) => digits(at.getUTCHours()),
  I: (at) => digits(hour12(at)),
  M: (at) => digits(at.getUTCMinutes()),
  S: (at) => digits(at.getUTCSeconds()),
  L: (at) => digits(at.getUTCMilliseconds(), 3),
  p: (at) => (at.getUTCHours() < 12 ? "AM" : "PM"),
  P: (at) => (at.getUTCHours() < 12 ? "am" : "pm"),
  B: (at) => MONTHS[at.getUTCMonth()] ?? "",
  b: (at) => (MONTHS[at.getUTCMonth()] ?? "").slice(0, 3),
  A: (at) => DAYS[at.getUTCDay()] ?? "",
  a: (at) => (DAYS[at.getUTCDay()] ?? "").slice(0, 3),
  u: (at) => String(at.getUTCDay() || 7),
  w: (at) => String(at.getUTCDay()),
  F: (at) => `${digits(at.getUTCFullYear(), 4)}-${digits(at.getUTCMonth() + 1)}-${digits(at.getUTCDate())}`,
  T: (at) => `${digits(at.getUTCHours())}:${digits(at.getUTCMinutes())}:${digits(at.getUTCSeconds())}`,
  R: (at) => `${digits(at.getUTCHours())}:${digits(at.getUTCMinutes())}`,
  D: (at) => `${digits(at.getUTCMonth() + 1)}/${digits(at.getUTCDate())}/${digits(at.getUTCFullYear() % 100)}`,
  s: (at) => String(Math.floor(at.getTime() / 1000)),
  z: () => "+0000",
  Z: () => "UTC",
  "%": () => "%",
};

/**
 * Compiles a strftime format such as `%d.%m.%Y`; `%-d` leaves leading zeros out.
 * @returns the formatter, or the directive that is not known.
 */
export function compileDateFormat(format: string): ((at: Date) => string) | { readonly unknown: string } {
  const pieces: (string | ((at: Date) => string))[] = [];
  let at = 0;
  for (const found of format.matchAll(/%(-?)(.?)/gsu)) {
    const [whole, flag, letter = ""] = found;
    const directive = Object.hasOwn(DIRECTIVES, letter) ? DIRECTIVES[letter] : undefined;
    if (directive === undefined) return { unknown: whole };
    pieces.push(format.slice(at, found.index));
    pieces.push(flag === "" ? directive : (time) => directive(time).replace(/^[0 ]+(?=\d)/, ""));
    at = found.index + whole.length;
  }
  pieces.push(format.slice(at));
  return (time) => pieces.map((piece) => (typeof piece === "string" ? piece : piece(time))).join("");
}

const DAY_ONLY = /^\d{4}-\d{2}-\d{2}$/;
const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?$/;
/** Numbers from here on are milliseconds: as seconds they would be a year beyond 5000. */
const MILLISECONDS_FROM = 1e11;

/**
 * Reads what an attribute may hold as a date: an RFC 3339 time (without a zone it is UTC), a day, or a number of Unix seconds or
 * milliseconds.
 * @returns undefined for anything else.
 */
export function dateOf(value: unknown): Date | undefined {
  const number = numberText(value);
  if (number !== undefined) {
    const seconds = Number(number);
    const date = new Date(Math.abs(seconds) < MILLISECONDS_FROM ? seconds * 1000 : seconds);
    return Number.isNaN(date.getTime()) ? undefined : date;
  }
  if (typeof value !== "string") return undefined;
  if (DAY_ONLY.test(value)) return parseTime(`${value}T00:00:00Z`);
  return parseTime(WITHOUT_ZONE.test(value) ? `${value}Z` : value);
}
