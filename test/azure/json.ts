export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Parsed text; the one place where what `JSON.parse` gives is taken for JSON. */
export function parseJson(text: string): Json {
  return toJson(JSON.parse(text));
}

function toJson(value: unknown): Json {
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string")
    return value;
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== "object") throw new Error(`JSON has no ${typeof value}.`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toJson(item)]));
}

/** A field of an object; null for anything else, as JMESPath has it. */
export function fieldOf(value: Json, name: string): Json {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return null;
  return Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

/** The text of a field; empty when it is none. */
export function textOf(value: Json, ...path: string[]): string {
  const found = path.reduce(fieldOf, value);
  return typeof found === "string" ? found : "";
}
