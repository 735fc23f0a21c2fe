import { isRawNumber } from "./exact-json.ts";
import type { KlsEvent } from "./event.ts";

const JSON_TEXT = Symbol("JSON text");

/** Text that is JSON already (filter `json`): a bare JSON position takes it without quotes. */
interface JsonText {
  readonly [JSON_TEXT]: string;
}

/** Marks `text` as JSON. */
export function jsonText(text: string): JsonText {
  return { [JSON_TEXT]: text };
}

/** The text of a value that is JSON already; undefined for any other. */
export function jsonTextOf(value: unknown): string | undefined {
  return isJsonText(value) ? value[JSON_TEXT] : undefined;
}

function isJsonText(value: unknown): value is JsonText {
  return typeof value === "object" && value !== null && JSON_TEXT in value;
}

/** Whether there is nothing to put in: no such name, or null. */
export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** The event's own values. Any other name is looked up in `data.attributes`. */
const OWN: Readonly<Record<string, (event: KlsEvent) => string>> = {
  "event.id": (event) => event.id,
  "event.source": (event) => event.source,
  "event.type": (event) => event.type,
  "event.time": (event) => event.timeText,
  "event.program": (event) => event.scope.program,
  "event.environment": (event) => event.scope.environment,
};

/**
 * Compiles a dotted name to its look-up. Only own properties and list indexes are read, never a prototype's. Where nesting finds nothing, a
 * flat attribute whose key holds the dots is taken.
 */
export function reader(name: string): (event: KlsEvent) => unknown {
  const own = Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (own !== undefined) return own;
  const steps = name.split(".");
  if (steps.length === 1) return (event) => step(event.attributes, name);
  return (event) => {
    let value: unknown = event.attributes;
    for (const key of steps) {
      value = step(value, key);
      if (value === undefined) return step(event.attributes, name);
    }
    return value;
  };
}

const LIST_INDEX = /^(?:0|[1-9]\d{0,8})$/;

function step(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    return LIST_INDEX.test(key) ? list[Number(key)] : undefined;
  }
  if (!Object.hasOwn(value, key) || isRawNumber(value)) return undefined;
  const entry: unknown = Reflect.get(value, key);
  return entry;
}
