import { isRawNumber } from "../../shared/core/events/exact-json.ts";

/** Whether a value of exact JSON is an object, not a list or a number that keeps its digits. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** `over` merged over `base`: objects merge, everything else in `over` replaces, null too. */
export function mergeOver(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged = Object.entries(over).map(([key, value]): [string, unknown] => {
    const present = Object.hasOwn(base, key) ? base[key] : undefined;
    return [key, isObject(present) && isObject(value) ? mergeOver(present, value) : value];
  });
  return { ...base, ...Object.fromEntries(merged) };
}
