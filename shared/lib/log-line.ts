import { readableReason } from "./readable-reason.ts";

/** Longest log line, in bytes of UTF-8; hosts and collectors put their own in front of it and cut what they find too long. */
const MOST_BYTES = 8_000;
/** Longest text of one field, in characters. */
const LONGEST_TEXT = 1_000;
const MOST_ENTRIES = 50;
const DEEPEST = 4;

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain };

/**
 * One event as one line of JSON. Never throws and is never longer than 8,000 bytes, whatever the fields hold: long texts and lists are cut,
 * an error is told as {@link readableReason} tells it, a value that cannot be read is `"?"`, and of what is still too long the last fields
 * go, which `cut` says.
 */
export function logLine(event: string, fields: Readonly<Record<string, unknown>>): string {
  const plain = Object.entries(fieldsOf(fields));
  for (let kept = plain.length; ; kept -= 1) {
    const cut = kept < plain.length ? { cut: true } : {};
    const line = JSON.stringify({ event: cutText(event), ...Object.fromEntries(plain.slice(0, kept)), ...cut });
    if (kept === 0 || Buffer.byteLength(line) <= MOST_BYTES) return line;
  }
}

function fieldsOf(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, Plain>> {
  try {
    return entriesOf(fields, 0);
  } catch {
    return { fields: "?" };
  }
}

function entriesOf(value: object, depth: number): Readonly<Record<string, Plain>> {
  const entries = Object.keys(value)
    .slice(0, MOST_ENTRIES)
    .flatMap((key): [string, Plain][] => {
      const plain = readable(() => plainOf(Reflect.get(value, key), depth + 1));
      return plain === undefined ? [] : [[cutText(key), plain]];
    });
  return Object.fromEntries(entries);
}

/** As JSON has it, but for what JSON cannot write; undefined for what JSON leaves out. */
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
  // Dates and secrets say by themselves what may be shown of them.
  const toJSON: unknown = Reflect.get(value, "toJSON");
  if (typeof toJSON === "function") {
    const shown: unknown = Reflect.apply(toJSON, value, []);
    return typeof shown === "string" ? cutText(shown) : "?";
  }
  if (depth >= DEEPEST) return "…";
  if (!Array.isArray(value)) return entriesOf(value, depth);
  const items: readonly unknown[] = value;
  return items.slice(0, MOST_ENTRIES).map((item) => readable(() => plainOf(item, depth + 1)) ?? null);
}

/** Told by what it has: errors of Node may be of another realm. */
function isError(value: object): boolean {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** A getter or a proxy may throw. */
function readable(read: () => Plain | undefined): Plain | undefined {
  try {
    return read();
  } catch {
    return "?";
  }
}

function cutText(text: string): string {
  return text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT - 1).toWellFormed()}…`;
}
