import * as z from "zod";
import { ID_PATTERN, ID_RULE } from "../scope.ts";
import { isRawNumber } from "./exact-json.ts";
import { holdsJson } from "./message-body.ts";

/** Most characters of `id` and `source`. */
const MAX_NAME_LENGTH = 1024;

const CONTROL = /\p{Cc}/u;

/** A name: a text without control characters. @param name what it is called in messages to people */
export function text(name: string): z.ZodString {
  return z
    .string({ error: ({ input }) => (input === undefined ? `${name} is missing` : `${name} must be a string`) })
    .min(1, `${name} is empty`)
    .max(MAX_NAME_LENGTH, `${name} is longer than ${String(MAX_NAME_LENGTH)} characters`)
    .refine(
      (value) => !CONTROL.test(value) && value.isWellFormed(),
      `${name} contains a control character or a lone surrogate`,
    );
}

/** The id of a program or an environment. */
export function scopeId(name: string): z.ZodString {
  return text(name).regex(ID_PATTERN, `${name} must be ${ID_RULE}`);
}

/** What is wrong, in words: at most five issues, each once. */
export function issuesOf({ issues }: z.ZodError): string {
  return [...new Set(issues.map(({ message }) => message))].slice(0, 5).join("; ");
}

/** That a value is not an object, in words; it may be a text that contains one. */
export function notAnObject(name: string, value: unknown): string {
  const instead = holdsJson(value)
    ? "; it is a string that contains JSON, serialized twice: send the object itself"
    : "";
  return `${name} must be an object${instead}`;
}

/** Whether a value is an object of JSON. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** Reads own members only. */
export function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}
