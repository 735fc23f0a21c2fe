import type * as z from "zod";
import type { FieldCode, FieldError } from "../../lib/errors.ts";

/** What a pure parse gives: the value, or every bad field at once. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** JSON pointer of a path. @see RFC 6901, section 3: `~` and `/` are escaped */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** A refinement's issue with one of the contract's codes; {@link fieldErrors} passes it through. */
export function rule(code: FieldCode, message: string): { params: { code: FieldCode }; message: string } {
  return { params: { code }, message };
}

/** Every issue of a failed zod parse in the contract's words. Unknown fields give one entry each. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => fieldError([...issue.path, key], "unknown-field", "There is no such field."));
    }
    return [fieldError(issue.path, ...codeOf(issue))];
  });
}

/** One entry per field: the first one said of it, in the order given. */
export function onePerField(errors: readonly FieldError[]): FieldError[] {
  const first = new Map<string, FieldError>();
  for (const error of errors) if (!first.has(error.pointer)) first.set(error.pointer, error);
  return [...first.values()];
}

export function fieldError(path: readonly PropertyKey[], code: FieldCode, message: string): FieldError {
  return { pointer: pointerOf(path), code, message };
}

type Issue = z.core.$ZodIssue;

function codeOf(issue: Issue): [FieldCode, string] {
  switch (issue.code) {
    case "custom": {
      const code: unknown = issue.params?.["code"];
      return [isFieldCode(code) ? code : "unknown-value", issue.message];
    }
    case "invalid_type":
      // zod tells a missing field only by its input (`reportInput` is on in parseShape).
      return issue.input === undefined
        ? ["required", "This field is required."]
        : ["wrong-type", `This must be ${issue.expected === "int" ? "a whole number" : typeName(issue.expected)}.`];
    case "invalid_value": {
      if (issue.input === undefined) return ["required", "This field is required."];
      const sameType = issue.values.some((value) => typeof value === typeof issue.input);
      const values = issue.values.map((value) => String(value)).join(", ");
      return sameType
        ? ["unknown-value", `This must be one of: ${values}.`]
        : ["wrong-type", `This must be one of: ${values}.`];
    }
    case "too_big":
      return isNumber(issue.origin)
        ? ["unknown-value", `This may be at most ${String(issue.maximum)}.`]
        : ["too-long", `This may be at most ${String(issue.maximum)} long.`];
    case "too_small":
      return isNumber(issue.origin)
        ? ["unknown-value", `This must be at least ${String(issue.minimum)}.`]
        : ["required", "This may not be empty."];
    default:
      return ["unknown-value", issue.message];
  }
}

/** zod tells whole numbers beyond 2^53 apart from those beyond a limit of ours. */
function isNumber(origin: string): boolean {
  return origin === "number" || origin === "int";
}

function typeName(expected: string): string {
  return expected === "array"
    ? "a list"
    : expected === "object"
      ? "an object"
      : expected === "boolean"
        ? "true or false"
        : `a ${expected}`;
}

const FIELD_CODES = {
  required: 1,
  "trailing-space": 1,
  "too-long": 1,
  "not-https": 1,
  "duplicate-key": 1,
  "key-required": 1,
  "character-not-allowed": 1,
  "reserved-key": 1,
  immutable: 1,
  "unknown-field": 1,
  "unknown-value": 1,
  "not-found": 1,
  "wrong-type": 1,
  "name-taken": 1,
} as const satisfies Record<FieldCode, 1>;

function isFieldCode(code: unknown): code is FieldCode {
  return typeof code === "string" && Object.hasOwn(FIELD_CODES, code);
}
