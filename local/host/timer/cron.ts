/** When a timer runs: an NCRONTAB expression of six fields, or a fixed interval. */
export type Schedule =
  | { readonly kind: "interval"; readonly ms: number; readonly text: string }
  | { readonly kind: "cron"; readonly fields: readonly ReadonlySet<number>[]; readonly text: string };

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** English names of the values; any prefix will do. */
  readonly names: readonly string[];
}

const MONTHS = "january february march april may june july august september october november december".split(" ");
const WEEKDAYS = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

const FIELDS: readonly Field[] = [
  { name: "second", least: 0, most: 59, names: [] },
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  { name: "day of week", least: 0, most: 6, names: WEEKDAYS },
];

/** A date such as Monday, February 29, comes back after 40 years at the latest, in milliseconds. */
const LONGEST_GAP_MS = 41 * 366 * 86_400_000;

/**
 * Reads a timer's schedule: `{second} {minute} {hour} {day} {month} {day-of-week}`, five fields (second 0), or an interval `hh:mm:ss` or
 * `d.hh:mm:ss` (Microsoft Learn, "Timer trigger for Azure Functions"; NCrontab, `CrontabFieldImpl`).
 * Rejected although Azure accepts it, because Azure reads it as nobody means it: a range that runs backwards (its ends are swapped), a step of 0
 * (taken as 1), `24:00:00` (24 days).
 * @throws when it is not valid, naming the field.
 */
export function parseSchedule(text: string): Schedule {
  if (text.includes(":")) return { kind: "interval", ms: intervalMs(text), text };
  const parts = text.trim().split(/ +/);
  const six = parts.length === 5 ? ["0", ...parts] : parts;
  if (six.length !== 6)
    throw new Error(`Schedule '${text}': expected six fields, second first; got ${String(parts.length)}.`);
  return { kind: "cron", fields: FIELDS.map((field, index) => parseField(field, six[index] ?? "", text)), text };
}

/** The first time after `after` (UTC) that matches, or undefined when there is none. */
export function nextOccurrence(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === "interval") return new Date(after.getTime() + schedule.ms);
  const [seconds, minutes, hours, days, months, weekdays] = schedule.fields;
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) return undefined;
  const at = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
  const end = after.getTime() + LONGEST_GAP_MS;
  while (at.getTime() <= end) {
    // Both day fields must match, as in NCrontab (unlike Vixie cron).
    if (!months.has(at.getUTCMonth() + 1)) toNextMonth(at);
    else if (!days.has(at.getUTCDate()) || !weekdays.has(at.getUTCDay())) toNext(at, 86_400_000);
    else if (!hours.has(at.getUTCHours())) toNext(at, 3_600_000);
    else if (!minutes.has(at.getUTCMinutes())) toNext(at, 60_000);
    else if (!seconds.has(at.getUTCSeconds())) toNext(at, 1000);
    else return at;
  }
  return undefined;
}

function toNext(at: Date, unitMs: number): void {
  at.setTime((Math.floor(at.getTime() / unitMs) + 1) * unitMs);
}

function toNextMonth(at: Date): void {
  at.setTime(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
}

function intervalMs(text: string): number {
  const [whole, days = "0", hours = "", minutes = "", seconds = ""] =
    /^(?:(\d{1,8})[.:])?(\d{1,2}):(\d{1,2}):(\d{1,2})$/.exec(text.trim()) ?? [];
  if (whole === undefined || Number(minutes) > 59 || Number(seconds) > 59)
    throw new Error(`Schedule '${text}' is not a valid interval: write hh:mm:ss or d.hh:mm:ss.`);
  if (Number(hours) > 23)
    throw new Error(`Schedule '${text}': Azure takes hours above 23 for days. Write one day as 1.00:00:00.`);
  const ms = (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  if (ms === 0) throw new Error(`Schedule '${text}': the interval must not be zero.`);
  return ms;
}

function parseField(field: Field, text: string, schedule: string): ReadonlySet<number> {
  const allowed = new Set<number>();
  for (const part of text.split(",")) {
    const found = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    const step = Number(found?.[4] ?? "1");
    if (!found || step === 0) throw new Error(`Schedule '${schedule}': '${part}' is not a valid ${field.name}.`);
    const first = found[1] === undefined ? valueOf(field, found[2] ?? "", schedule) : field.least;
    const single = found[1] === undefined && found[3] === undefined && found[4] === undefined;
    const last = single ? first : found[3] === undefined ? field.most : valueOf(field, found[3], schedule);
    if (last < first)
      throw new Error(`Schedule '${schedule}': the range '${part}' runs backwards; Azure would swap its ends.`);
    for (let value = first; value <= last; value += step) allowed.add(value);
  }
  return allowed;
}

function valueOf(field: Field, text: string, schedule: string): number {
  const named = field.names.findIndex((name) => name.startsWith(text.toLowerCase()));
  const value = named >= 0 ? named + field.least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.most) return value;
  throw new Error(
    `Schedule '${schedule}': '${text}' is not a valid ${field.name} (${String(field.least)} to ${String(field.most)}).`,
  );
}
