/** A time zone, as far as formatting dates needs it. */
export interface Zone {
  /** Ahead of UTC at that moment, in milliseconds. */
  offsetAt(at: Date): number;
  /** Its abbreviation, such as `CET`; if it has none, its offset, such as `+03`. */
  abbreviationAt(at: Date): string;
}

export const UTC: Zone = { offsetAt: () => 0, abbreviationAt: () => "UTC" };

/** English of several regions: each has names only for the zones that it uses. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];
const OFFSET = /^GMT(?:(?<sign>[+-])(?<hours>\d{2}):(?<minutes>\d{2})(?::(?<seconds>\d{2}))?)?$/;

/** By name in lower case. Bounded: it contains only names of the time zone database, some 600 of 50 KB each. */
const zones = new Map<string, Zone>();

/** An offset from UTC as a zone: `+02:00`, `-0330`, `+02`. */
const FIXED = /^(?<sign>[+-])(?<hours>\d{2})(?::?(?<minutes>\d{2}))?$/;
/** No place is further from UTC: a larger offset, such as `+24` or `+99`, is a mistake. */
const MAX_OFFSET_HOURS = 14;

/**
 * The zone for a name of the IANA time zone database, such as `Europe/Berlin`, in any letter case, or for an offset, such as `+02:00`.
 * @returns undefined when there is none.
 */
export function zoneNamed(name: string): Zone | undefined {
  return fixedZone(name) ?? placeNamed(name);
}

function fixedZone(name: string): Zone | undefined {
  const { sign, hours, minutes = "00" } = FIXED.exec(name)?.groups ?? {};
  const ahead = Number(hours) * 60 + Number(minutes);
  if (sign === undefined || Number(minutes) > 59 || !(ahead <= MAX_OFFSET_HOURS * 60)) return undefined;
  const offset = (sign === "-" ? -ahead : ahead) * 60_000;
  const abbreviation = `${sign}${String(hours)}${minutes === "00" ? "" : minutes}`;
  return { offsetAt: () => offset, abbreviationAt: () => abbreviation };
}

function placeNamed(name: string): Zone | undefined {
  const key = name.toLowerCase();
  const known = zones.get(key);
  if (known !== undefined) return known;
  // Intl accepts offsets too, in one spelling, and the cache would keep each.
  const offset = /^[a-z]/.test(key) ? formatter("en-US", name, "longOffset") : undefined;
  if (offset === undefined) return undefined;
  const zone = { offsetAt: (at: Date) => offsetOf(nameIn(offset, at)), abbreviationAt: abbreviations(name, offset) };
  zones.set(key, zone);
  return zone;
}

/** When a day begins in a zone: its first midnight, or its first moment if clocks skip midnight. @param day that midnight in UTC */
export function beginningOf(day: Date, zone: Zone): Date {
  const around = [-DAY_MS, DAY_MS].map((away) => zone.offsetAt(new Date(day.getTime() + away)));
  const candidates = around.map((offset) => new Date(day.getTime() - offset));
  const exact = candidates.filter((at) => at.getTime() + zone.offsetAt(at) === day.getTime());
  const times = (exact.length > 0 ? exact : candidates).map((at) => at.getTime());
  return new Date(exact.length > 0 ? Math.min(...times) : Math.max(...times));
}

const DAY_MS = 86_400_000;

function formatter(
  locale: string,
  timeZone: string,
  timeZoneName: "longOffset" | "short",
): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat(locale, { timeZone, timeZoneName, year: "numeric" });
  } catch {
    return undefined;
  }
}

function nameIn(format: Intl.DateTimeFormat, at: Date): string {
  return format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
}

function offsetOf(text: string): number {
  const parts = OFFSET.exec(text)?.groups ?? {};
  const n = (name: string): number => Number(parts[name] ?? 0);
  const ahead = ((n("hours") * 60 + n("minutes")) * 60 + n("seconds")) * 1000;
  return parts["sign"] === "-" ? -ahead : ahead;
}

/** Created on first use: few formats contain the zone's name. */
function abbreviations(zone: string, offset: Intl.DateTimeFormat): (at: Date) => string {
  let format: Intl.DateTimeFormat | undefined;
  return (at) => {
    format ??= LOCALES.map((locale) => formatter(locale, zone, "short")).find(hasNames) ?? offset;
    const name = nameIn(format, at);
    if (!isOffset(name)) return name;
    return nameIn(offset, at).slice("GMT".length).replace(/:00$/, "").replace(":", "");
  };
}

/** Whether a locale names the zone in summer and in winter. */
function hasNames(format: Intl.DateTimeFormat | undefined): boolean {
  return (
    format !== undefined && [0, 6].every((month) => !isOffset(nameIn(format, new Date(Date.UTC(2026, month, 15)))))
  );
}

function isOffset(name: string): boolean {
  return /^(?:GMT|UTC)[+-]/.test(name);
}
