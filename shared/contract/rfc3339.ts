const RFC_3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;

/**
 * Reads a time as RFC 3339 section 5.6 defines it, zone required; a leap second counts as the second before it.
 * @returns undefined when `text` is not such a time, or not a day of the calendar. Digits beyond milliseconds are dropped.
 */
export function parseTime(text: string): Date | undefined {
  const parts = RFC_3339.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, sign, zoneHour, zoneMinute] = parts;
  const n = (part: string | undefined): number => Number(part ?? 0);
  if (n(hour) > 23 || n(minute) > 59 || n(second) > 60 || n(zoneHour) > 23 || n(zoneMinute) > 59) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(n(year), n(month) - 1, n(day));
  if (midnight.getUTCMonth() !== n(month) - 1 || midnight.getUTCDate() !== n(day)) return undefined;
  const ms = Math.floor(Number(`0${fraction ?? ""}`) * 1000);
  const offset = (n(zoneHour) * 60 + n(zoneMinute)) * (sign === "-" ? -60_000 : 60_000);
  const ofDay = ((n(hour) * 60 + n(minute)) * 60 + Math.min(n(second), 59)) * 1000;
  return new Date(midnight.getTime() + ofDay + ms - offset);
}
