/** When a timer runs: an NCRONTAB expression of six fields, or a fixed interval. */
export type Schedule =
  | { readonly kind: "interval"; readonly ms: number; readonly text: string }
  | { readonly kind: "cron"; readonly fields: readonly ReadonlySet<number>[]; readonly text: string };

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words: readonly string[];
}

const FIELDS: readonly Field[] = [
  { name: "second", least: 0, most: 59, words: [] },
  { name: "minute", least: 0, most: 59, words: [] },
  { name: "hour", least: 0, most: 23, words: [] },
  { name: "day", least: 1, most: 31, words: [] },
  {
    name: "month",
    least: 1,
    most: 12,
    words: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of week", least: 0, most: 6, words: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/**
 * Reads a timer's schedule: `{second} {minute} {hour} {day} {month} {day-of-week}`, five fields (second 0) or `hh:mm:ss`
 * (Microsoft Learn, "Timer trigger for Azure Functions", NCRONTAB expressions).
 * @throws when it cannot be read, naming the field.
 */
export function parseSchedule(text: string): Schedule {
  const span = /^(\d+):(\d{2}):(\d{2})$/.exec(text.trim());
  if (span) {
    const ms = ((Number(span[1]) * 60 + Number(span[2])) * 60 + Number(span[3])) * 1000;
    if (ms === 0) throw new Error(`Schedule '${text}': the interval must not be zero.`);
    return { kind: "interval", ms, text };
  }
  const parts = text.trim().split(/\s+/);
  const six = parts.length === 5 ? ["0", ...parts] : parts;
  if (six.length !== 6)
    throw new Error(`Schedule '${text}' has ${String(parts.length)} fields; six are needed: second first.`);
  return { kind: "cron", fields: FIELDS.map((field, index) => parseField(field, six[index] ?? "", text)), text };
}

/** The first time after `after` (UTC) that fits, or undefined when there is none within eight years. */
export function nextOccurrence(schedule: Schedule, after: Date): Date | undefined {
  if (schedule.kind === "interval") return new Date(after.getTime() + schedule.ms);
  const [seconds, minutes, hours, days, months, weekdays] = schedule.fields;
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) return undefined;
  const at = new Date(Math.floor(after.getTime() / 1000) * 1000 + 1000);
  const end = after.getTime() + 8 * 366 * 86_400_000;
  while (at.getTime() <= end) {
    // Both day fields must fit, as NCrontab has it (unlike Vixie cron).
    if (!months.has(at.getUTCMonth() + 1)) toNextMonth(at);
    else if (!days.has(at.getUTCDate()) || !weekdays.has(at.getUTCDay())) toNext(at, 86_400_000);
    else if (!hours.has(at.getUTCHours())) toNext(at, 3_600_000);
    else if (!minutes.has(at.getUTCMinutes())) toNext(at, 60_000);
    else if (!seconds.has(at.getUTCSeconds())) toNext(at, 1000);
    else return at;
  }
  return undefined;
}

function toNext(at: Date, unit: number): void {
  at.setTime((Math.floor(at.getTime() / unit) + 1) * unit);
}

function toNextMonth(at: Date): void {
  at.setTime(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 1));
}

function parseField(field: Field, text: string, whole: string): ReadonlySet<number> {
  const allowed = new Set<number>();
  for (const part of text.split(",")) {
    const found = /^(?:(\*)|(\w+)(?:-(\w+))?)(?:\/(\d+))?$/.exec(part);
    const step = Number(found?.[4] ?? "1");
    if (!found || step === 0) throw new Error(`Schedule '${whole}': '${part}' is no ${field.name}.`);
    const first = found[1] === undefined ? numberOf(field, found[2] ?? "", whole) : field.least;
    const single = found[1] === undefined && found[3] === undefined && found[4] === undefined;
    const last = single ? first : found[3] === undefined ? field.most : numberOf(field, found[3], whole);
    if (last < first) throw new Error(`Schedule '${whole}': '${part}' runs backwards.`);
    for (let value = first; value <= last; value += step) allowed.add(value);
  }
  return allowed;
}

function numberOf(field: Field, text: string, whole: string): number {
  const word = field.words.indexOf(text.toLowerCase().slice(0, 3));
  const value = word >= 0 ? word + field.least : /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= field.least && value <= field.most) return value;
  throw new Error(
    `Schedule '${whole}': '${text}' is no ${field.name} (${String(field.least)} to ${String(field.most)}).`,
  );
}
