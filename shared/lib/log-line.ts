import { readableReason } from "./readable-reason.ts";

/** Longest log line, in bytes of UTF-8; hosts and collectors prepend text of their own and cut what is too long for them. */
const MOST_BYTES = 8_000;
/** Longest text of one field, in characters. */
const LONGEST_TEXT = 1_000;
const MOST_ENTRIES = 50;
const DEEPEST = 4;

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * One event as one line of JSON. Never throws, and never longer than 8,000 bytes, whatever the fields hold: long texts and lists are cut, an
 * error becomes its {@link readableReason}, a value that cannot be read becomes `"?"`, and if the line is still too long its last fields are
 * left out and `cut` is set.
 */
export function logLine(event: string, fields: Readonly<Record<string, unknown>>): string {
  const plain = fieldsOf(fields);
  const name = cutText(event);
  const whole = JSON.stringify({ event: name, ...plain });
  if (fits(whole)) return whole;
  const entries = Object.entries(plain);
  for (let kept = entries.length - 1; ; kept -= 1) {
    const line = JSON.stringify({ event: name, ...Object.fromEntries(entries.slice(0, kept)), cut: true });
    if (kept <= 0 || fits(line)) return line;
  }
}

function fits(line: string): boolean {
  // No character takes more than three bytes for each of its UTF-16 units.
  return 3 * line.length <= MOST_BYTES || Buffer.byteLength(line) <= MOST_BYTES;
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, Plain>> {
  try {
    return entriesOf(fields, 0);
  } catch {
    return { fields: "?" };
  }
}

function entriesOf(value: object, depth: number): Readonly<Record<string, Plain>> {
  const entries: Record<string, Plain> = {};
  for (const key of Object.keys(value).slice(0, MOST_ENTRIES)) {
    const plain = plainMember(value, key, depth);
    if (plain !== undefined) setOwn(entries, cutText(key), plain);
  }
  return entries;
}

/** A getter or a proxy may throw. */
function plainMember(value: object, key: string, depth: number): Plain | undefined {
  try {
    return plainOf(Reflect.get(value, key), depth + 1);
  } catch {
    return "?";
  }
}

/** `__proto__` is a key like any other. */
function setOwn(object: Record<string, Plain>, key: string, value: Plain): void {
  if (key === "__proto__")
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  else object[key] = value;
}

/** As JSON.stringify would write it, and readable where it could not; undefined for what it leaves out. */
function plainOf(value: unknown, depth: number): Plain | undefined {
  switch (typeof value) {
    case "string":
      return cutText(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "boolean":
      return value;
    case "bigint":
      return String(value);
    case "object":
      return value === null ? null : plainObject(value, depth);
    default:
      return undefined;
  }
}

function plainObject(value: object, depth: number): Plain | undefined {
  if (isError(value)) return readableReason(value);
  // Dates and secrets know what may be shown of them.
  const toJSON: unknown = Reflect.get(value, "toJSON");
  if (typeof toJSON === "function") {
    const shown: unknown = Reflect.apply(toJSON, value, []);
    return typeof shown === "string" ? cutText(shown) : "?";
  }
  if (depth >= DEEPEST) return "…";
  if (!Array.isArray(value)) return entriesOf(value, depth);
  const items: readonly unknown[] = value;
  return items.slice(0, MOST_ENTRIES).map((_, at) => plainMember(items, String(at), depth) ?? null);
}

/** `instanceof` is not enough: errors of Node may come from another realm. */
function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function cutText(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
}
