import { RestError } from "@azure/data-tables";
import { AppError } from "../core/errors.ts";

/** A property holds at most 32 Ki UTF-16 units. */
const MAX_PROPERTY_UNITS = 32_000;
/** An entity holds at most 1 MiB, names and overhead included. */
const MAX_ENTITY_BYTES = 1_000_000;

/**
 * A long text as properties `name0`, `name1`, … Never cuts a surrogate pair: the halves would not survive UTF-8.
 * @throws AppError `too-large` when it cannot fit in one entity
 */
export function splitText(name: string, text: string): Record<string, string> {
  if (text.length * 2 > MAX_ENTITY_BYTES) {
    throw new AppError("too-large", "This is too large to be stored: headers and body together may have about 500,000 characters.");
  }
  const parts: Record<string, string> = {};
  for (let at = 0, part = 0; at < text.length; part += 1) {
    let end = Math.min(at + MAX_PROPERTY_UNITS, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end -= 1;
    parts[`${name}${String(part)}`] = text.slice(at, end);
    at = end;
  }
  return parts;
}

/** The text that {@link splitText} wrote. */
export function joinText(name: string, entity: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let part = 0; ; part += 1) {
    const piece = entity[`${name}${String(part)}`];
    if (typeof piece !== "string") return text;
    text += piece;
  }
}

/** Status of a refusal by the table service: 404, 409, 412, …; the code is missing in some, so nothing leans on it. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof RestError ? error.statusCode : undefined;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
