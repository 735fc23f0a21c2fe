import { numberText } from "../../events/exact-json.ts";

/** A parsed date. */
export interface ReadDate {
  readonly at: Date;
  /** A day without a time: `at` is its midnight in UTC, and the day is the same in every zone. */
  readonly isDay: boolean;
}

/** The supported formats, for messages. */
export const DATE_FORMS =
  'a day or time as in 2026-11-23, 2026-11-23T10:00Z, 20261123T100000+0100 or "Mon, 23 Nov 2026 10:00:00 GMT", Unix seconds or milliseconds, or /Date(1795600000000)/';

/** No form is longer; limits what the patterns have to look at. */
const LONGEST = 100;
/** Numbers from here on are milliseconds: as seconds they would be beyond the year 5000. */
const MILLISECONDS_FROM = 1e11;
/** Digits in text are Unix time from here on (1973): shorter ones could be a year, a day or some other number. */
const UNIX_TEXT_FROM = 1e8;

const ZONE = String.raw`(?<zone>[A-Za-z]{1,5}|(?:GMT|UTC|UT)?[+-]\d{2}(?::?\d{2})?)`;
const CLOCK = String.raw`(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?(?:\s?(?<half>[AaPp][Mm]))?`;
const WEEKDAY = String.raw`[A-Za-z]{3,9}`;
const MONTH = String.raw`(?<monthName>[A-Za-z]{3,9})`;

/** Supported forms. None for dates whose day and month could be confused (01/02/2026) or whose year is abbreviated. */
const FORMS: readonly RegExp[] = [
  // ISO 8601 extended and basic, RFC 3339, SQL; Java adds the zone's name in brackets.
  new RegExp(
    String.raw`^(?<year>\d{4})(?<dash>-?)(?<month>\d{2})\k<dash>(?<day>\d{2})(?:(?:[Tt]| {1,2})(?<hour>\d{2})(?<colon>:?)(?<minute>\d{2})(?:\k<colon>(?<second>\d{2})(?:[.,](?<fraction>\d+))?)?(?: ?${ZONE}(?:\[[\w/+-]+\])?)?)?$`,
  ),
  // RFC 1123 and 5322; cookies and Oracle write hyphens.
  new RegExp(
    String.raw`^(?:${WEEKDAY}, {0,2})?(?<day>\d{1,2})(?<mark>[ -])${MONTH}\k<mark>(?<year>\d{4})(?: ${CLOCK}(?: ${ZONE})?)?(?: \([\w ]+\))?$`,
  ),
  // Unix date, Java's Date.toString, C's asctime.
  new RegExp(String.raw`^${WEEKDAY} ${MONTH} {1,2}(?<day>\d{1,2}) ${CLOCK}(?: ${ZONE})? (?<year>\d{4})$`),
  // JavaScript's Date.toString.
  new RegExp(
    String.raw`^${WEEKDAY} ${MONTH} (?<day>\d{2}) (?<year>\d{4}) ${CLOCK}(?: ${ZONE})?(?: \([\p{L}\p{N} +:-]+\))?$`,
    "u",
  ),
  // Java's DateFormat for the United States, and therefore Gson.
  new RegExp(String.raw`^${MONTH} (?<day>\d{1,2}), (?<year>\d{4})(?:,? ${CLOCK}(?: ${ZONE})?)?$`),
];
/** .NET's DataContractJsonSerializer and JavaScriptSerializer; the offset says where it was written and does not change the time. */
const DOT_NET = /^\\?\/Date\((?<ms>-?\d+)(?:[+-]\d{4})?\)\\?\/$/;
const UNIX = /^[+-]?\d+(?:\.\d+)?(?:[eE]\+?\d{1,2})?$/;
/** LDAP, SAP, file names: the basic format without a T. */
const DIGITS_OF_TIME = /^(\d{8})(\d{6}(?!\d).*)$/s;

const MONTHS = "January February March April May June July August September October November December".split(" ");
/** Offsets of unambiguous zone names, in hours (RFC 5322 section 4.3, and Europe's). */
const ZONES: Readonly<Record<string, number>> = {
  Z: 0,
  UT: 0,
  UTC: 0,
  GMT: 0,
  EST: -5,
  EDT: -4,
  CST: -6,
  CDT: -5,
  MST: -7,
  MDT: -6,
  PST: -8,
  PDT: -7,
  WET: 0,
  WEST: 1,
  CET: 1,
  CEST: 2,
  EET: 2,
  EEST: 3,
};

/**
 * Reads an attribute's value as a date ({@link DATE_FORMS}). A time without a zone is UTC, names of months are English, and the name of a
 * weekday is not checked. A leap second counts as the second before it, 24:00 as the next day's midnight; digits beyond milliseconds are dropped.
 * @returns undefined for anything else, and outside the years 0 to 9999.
 */
export function readDate(value: unknown): ReadDate | undefined {
  const number = numberText(value);
  if (number !== undefined) return withinYears(unixTime(Number(number)), false);
  if (typeof value !== "string" || value.length > 2 * LONGEST) return undefined;
  // Java writes a narrow no-break space before AM.
  const text = value.trim().replaceAll(/[\u00a0\u202f]/g, " ");
  if (text.length > LONGEST) return undefined;
  const milliseconds = DOT_NET.exec(text)?.groups?.["ms"];
  if (milliseconds !== undefined) return withinYears(Number(milliseconds), false);
  const compact = DIGITS_OF_TIME.exec(text);
  const written = compact === null ? text : `${compact[1] ?? ""}T${compact[2] ?? ""}`;
  for (const form of FORMS) {
    const parts = form.exec(written)?.groups;
    if (parts !== undefined) return withinYears(timeOf(parts), parts["hour"] === undefined);
  }
  const unix = UNIX.test(text) ? Number(text) : 0;
  return Math.abs(unix) < UNIX_TEXT_FROM ? undefined : withinYears(unixTime(unix), false);
}

type Parts = Readonly<Record<string, string | undefined>>;

/** Milliseconds since 1970; undefined for a time that does not exist. */
function timeOf(parts: Parts): number | undefined {
  const n = (name: string): number => Number(parts[name] ?? 0);
  const month = parts["monthName"] === undefined ? n("month") : monthOf(parts["monthName"]);
  const hour = hourOf(n("hour"), parts["half"]);
  const offset = offsetOf(parts["zone"] ?? "Z");
  const milliseconds = Number((parts["fraction"] ?? "").padEnd(3, "0").slice(0, 3));
  const ofDay = ((hour * 60 + n("minute")) * 60 + Math.min(n("second"), 59)) * 1000 + milliseconds;
  const midnight = new Date(0);
  midnight.setUTCFullYear(n("year"), month - 1, n("day"));
  const isDay = midnight.getUTCMonth() === month - 1 && midnight.getUTCDate() === n("day");
  if (!isDay || offset === undefined || n("minute") > 59 || n("second") > 60) return undefined;
  if (!(hour < 24 || (hour === 24 && ofDay === DAY_MS))) return undefined;
  return midnight.getTime() + ofDay - offset;
}

const DAY_MS = 86_400_000;

function monthOf(name: string): number {
  const word = name.toLowerCase();
  return MONTHS.findIndex((month) => [month, month.slice(0, 3)].some((form) => form.toLowerCase() === word)) + 1;
}

/** From 0 to 24; NaN for an hour that a 12-hour clock does not have. */
function hourOf(hour: number, half: string | undefined): number {
  if (half === undefined) return hour;
  if (hour < 1 || hour > 12) return Number.NaN;
  return (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
}

/** In milliseconds; undefined for an unknown zone. */
function offsetOf(zone: string): number | undefined {
  const numeric = /^[A-Z]*([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (numeric === null) {
    const name = zone.toUpperCase();
    return Object.hasOwn(ZONES, name) ? (ZONES[name] ?? 0) * 3_600_000 : undefined;
  }
  const [, sign, hours = "", minutes = "0"] = numeric;
  if (Number(hours) > 23 || Number(minutes) > 59) return undefined;
  return (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000);
}

function unixTime(number: number): number {
  return Math.abs(number) < MILLISECONDS_FROM ? number * 1000 : number;
}

function withinYears(milliseconds: number | undefined, isDay: boolean): ReadDate | undefined {
  if (milliseconds === undefined) return undefined;
  const at = new Date(milliseconds);
  const year = at.getUTCFullYear();
  return year >= 0 && year <= 9999 ? { at, isDay } : undefined;
}
