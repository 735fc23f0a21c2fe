import type { ReadDate } from "./read-date.ts";
import { beginningOf, type Zone } from "./zone.ts";

const MONTHS = "January February March April May June July August September October November December".split(" ");
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const DAY_MS = 86_400_000;

const digits = (value: number, width = 2, fill = "0"): string => String(value).padStart(width, fill);
const hour12 = (at: Date): number => at.getUTCHours() % 12 || 12;
const dayOfYear = (at: Date): number => Math.floor((at.getTime() - Date.UTC(at.getUTCFullYear(), 0, 1)) / DAY_MS) + 1;

/** The local time of a zone, in the UTC fields of `wall`, and its relation to UTC. */
interface WallClock {
  readonly wall: Date;
  readonly at: Date;
  /** Ahead of UTC, in minutes. */
  readonly offset: number;
  readonly abbreviation: string;
}

function offsetText({ offset }: WallClock, mark: string): string {
  const minutes = Math.abs(offset);
  return `${offset < 0 ? "-" : "+"}${digits(Math.floor(minutes / 60))}${mark}${digits(minutes % 60)}`;
}

/** The supported subset of strftime (POSIX.1-2024), names in English. */
const FIELDS: Readonly<Record<string, (at: Date) => string>> = {
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
  "%": () => "%",
};
const OF_ZONE: Readonly<Record<string, (clock: WallClock) => string>> = {
  s: ({ at }) => String(Math.floor(at.getTime() / 1000)),
  z: (clock) => offsetText(clock, ""),
  ":z": (clock) => offsetText(clock, ":"),
  Z: ({ abbreviation }) => abbreviation,
};

type Directive = (clock: WallClock) => string;

/** By name; with a hyphen before the name, without leading zeros. Built once: a format may contain tens of thousands. */
const DIRECTIVES: ReadonlyMap<string, Directive> = new Map(
  [
    ...Object.entries(FIELDS).map(([name, field]): [string, Directive] => [name, ({ wall }) => field(wall)]),
    ...Object.entries(OF_ZONE),
  ].flatMap(([name, write]): [string, Directive][] => [
    [name, write],
    [`-${name}`, (clock) => write(clock).replace(/^[0 ]+(?=\d)/, "")],
  ]),
);

/**
 * Compiles a strftime format such as `%d.%m.%Y`; `%-d` omits leading zeros, `%:z` is an offset with a colon.
 * @returns the formatter for dates in `zone`, or the first unknown directive.
 */
export function compileDateFormat(
  format: string,
  zone: Zone,
): ((date: ReadDate) => string) | { readonly unknown: string } {
  const pieces: (string | Directive)[] = [];
  let from = 0;
  let namesZone = false;
  for (const found of format.matchAll(/%(-?)(:z|.?)/gsu)) {
    const [whole, flag = "", name = ""] = found;
    const directive = DIRECTIVES.get(flag + name);
    if (directive === undefined) return { unknown: whole };
    if (name === "Z") namesZone = true;
    pieces.push(format.slice(from, found.index));
    pieces.push(directive);
    from = found.index + whole.length;
  }
  pieces.push(format.slice(from));
  return (date) => {
    const at = date.isDay ? beginningOf(date.at, zone) : date.at;
    const ahead = zone.offsetAt(at);
    const abbreviation = namesZone ? zone.abbreviationAt(at) : "";
    const clock = { wall: new Date(at.getTime() + ahead), at, offset: Math.trunc(ahead / 60_000), abbreviation };
    return pieces.map((piece) => (typeof piece === "string" ? piece : piece(clock))).join("");
  };
}
