import { isRawNumber } from "./exact-json.ts";

/**
 * A value of JSON in which each lone surrogate, even in names, is U+FFFD: JSON can write `"\ud800"`, but no encoding can, and storage and
 * receivers refuse the escape. The value itself when there is none. Recursive: for values whose depth is known.
 */
export function wellFormed(value: unknown): unknown {
  return isWellFormed(value) ? value : mended(value);
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null || isRawNumber(value)) return true;
  if (Array.isArray(value)) return value.every(isWellFormed);
  // Of every event: without a list of pairs that is looked at once.
  for (const name of Object.keys(value))
    if (!name.isWellFormed() || !isWellFormed(Reflect.get(value, name))) return false;
  return true;
}

function mended(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null || isRawNumber(value)) return value;
  if (Array.isArray(value)) return value.map(mended);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toWellFormed(), mended(inner)]));
}
