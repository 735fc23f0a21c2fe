/** A time zone, as far as writing dates needs it. */
export interface Zone {
  /** What clocks there are ahead of UTC, in milliseconds. */
  offsetAt(at: Date): number;
  /** Its abbreviation, such as `CET`; where there is none its offset, such as `+03`. */
  abbreviationAt(at: Date): string;
}

export const UTC: Zone = { offsetAt: () => 0, abbreviationAt: () => "UTC" };

/** English where it is spoken: each region has names for the zones that it uses itself. */
const LOCALES = ["en-US", "en-GB", "en-AU", "en-IN", "en-ZA"];
const OFFSET = /^GMT(?:(?<sign>[+-])(?<hours>\d{2}):(?<minutes>\d{2})(?::(?<seconds>\d{2}))?)?$/;

/** By name in lower case. It ends: only names of the time zone database get in, some 600 of 50 KB each. */
const zones = new Map<string, Zone>();

/** An offset from UTC as a zone: `+02:00`, `-0330`, `+02`. */
const FIXED = /^(?<sign>[+-])(?<hours>\d{2})(?::?(?<minutes>\d{2}))?$/;
/** No place is further away: with more, `+24` or `+99`, somebody means something else. */
const MAX_OFFSET_HOURS = 14;

/**
 * The zone of a name of the IANA time zone database, such as `Europe/Berlin`, in any letter case, or of an offset, such as `+02:00`.
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
  // Intl takes offsets too, in one spelling, and each would be kept.
  const offset = /^[a-z]/.test(key) ? formatter("en-US", name, "longOffset") : undefined;
  if (offset === undefined) return undefined;
  const zone = { offsetAt: (at: Date) => offsetOf(nameIn(offset, at)), abbreviationAt: abbreviations(name, offset) };
  zones.set(key, zone);
  return zone;
}

/** When clocks of a zone first show a day's midnight, or where they skip it the first moment of the day; `day` is that midnight in UTC. */
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

/** Made when they are first asked for: few formats hold the name of the zone. */
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
