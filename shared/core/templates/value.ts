import { isRawNumber } from "../events/exact-json.ts";
import type { KlsEvent } from "../events/event.ts";
import { dotted, type Step } from "./name.ts";

/** What placeholders can name. */
export interface TemplateValues {
  readonly event: KlsEvent;
  /** The credential's token, for `oauth.token`; undefined until one has been requested. */
  readonly token: string | undefined;
}

const JSON_TEXT = Symbol("JSON text");

/** Text that is already JSON (filter `json`): a bare JSON position takes it without quotes. */
interface JsonText {
  readonly [JSON_TEXT]: string;
}

/** Marks `text` as JSON. */
export function jsonText(text: string): JsonText {
  return { [JSON_TEXT]: text };
}

/** The text of a value that is already JSON; undefined for any other. */
export function jsonTextOf(value: unknown): string | undefined {
  return isJsonText(value) ? value[JSON_TEXT] : undefined;
}

function isJsonText(value: unknown): value is JsonText {
  return typeof value === "object" && value !== null && JSON_TEXT in value;
}

/** Whether there is no value: no such name, or null. */
export function isMissing(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Names that do not come from `data.attributes` and cannot be shadowed by it. */
const OWN: Readonly<Record<string, (values: TemplateValues) => string | undefined>> = {
  "event.id": ({ event }) => event.id,
  "event.source": ({ event }) => event.source,
  "event.type": ({ event }) => event.type,
  "event.time": ({ event }) => event.timeText,
  "event.program": ({ event }) => event.scope.program,
  "event.environment": ({ event }) => event.scope.environment,
  "oauth.token": ({ token }) => token,
};

/** Whether a name is `oauth.token`. */
export function isTokenName(steps: readonly Step[]): boolean {
  return steps.length === 2 && steps[0] === "oauth" && steps[1] === "token";
}

/**
 * Compiles a name to its look-up. Only own properties and list indexes are read, never a prototype's. If the nested look-up finds nothing, a flat
 * attribute whose key contains the dots is used.
 */
export function reader(steps: readonly Step[]): (values: TemplateValues) => unknown {
  const name = dotted(steps);
  const own = steps.length === 2 && Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  if (own !== undefined) return own;
  return ({ event: { attributes } }) => {
    let value: unknown = attributes;
    for (const key of steps) {
      value = step(value, key);
      if (value === undefined) return steps.length === 1 ? undefined : step(attributes, name);
    }
    return value;
  };
}

const LIST_INDEX = /^(?:0|[1-9]\d{0,8})$/;

function step(value: unknown, key: Step): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value;
    if (typeof key === "number") return list.at(key);
    return LIST_INDEX.test(key) ? list[Number(key)] : undefined;
  }
  if (!Object.hasOwn(value, key) || isRawNumber(value)) return undefined;
  const entry: unknown = Reflect.get(value, key);
  return entry;
}
