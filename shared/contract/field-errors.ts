import * as z from "zod";

/** Codes of one bad field; stable. */
export const FIELD_CODES = [
  "required",
  "trailing-space",
  "too-long",
  "not-https",
  "duplicate-key",
  "key-required",
  "character-not-allowed",
  "reserved-key",
  "immutable",
  "unknown-field",
  "unknown-value",
  "not-found",
  "wrong-type",
  "name-taken",
] as const;

export type FieldCode = (typeof FIELD_CODES)[number];

/** One bad field: where (a JSON pointer into the request body, RFC 6901), what, and what to do about it. */
export const fieldErrorSchema = z.strictObject({ pointer: z.string(), code: z.enum(FIELD_CODES), message: z.string() });

export type FieldError = Readonly<z.output<typeof fieldErrorSchema>>;

/** What a check gives: the value, or every bad field at once. */
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

/** Every issue of a failed zod parse in the contract's words, which must be one with `reportInput`. Unknown fields give one entry each. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => fieldError([...issue.path, key], "unknown-field", "There is no such field."));
    }
    return [fieldError(issue.path, ...codeOf(issue))];
  });
}

/** The first error of each field, in the order given. */
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
      const code = FIELD_CODES.find((known) => known === issue.params?.["code"]);
      return [code ?? "unknown-value", issue.message];
    }
    case "invalid_type":
      // Only its input says that a field is missing, hence `reportInput`.
      return issue.input === undefined
        ? ["required", "This field is required."]
        : ["wrong-type", `This must be ${issue.expected === "int" ? "a whole number" : typeName(issue.expected)}.`];
    case "invalid_value": {
      if (issue.input === undefined) return ["required", "This field is required."];
      const sameType = issue.values.some((value) => typeof value === typeof issue.input);
      const values = issue.values.map((value) => String(value)).join(", ");
      return [sameType ? "unknown-value" : "wrong-type", `This must be one of: ${values}.`];
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

/** zod reports whole numbers beyond 2^53 as `int`, those beyond a limit of ours as `number`. */
function isNumber(origin: string): boolean {
  return origin === "number" || origin === "int";
}

function typeName(expected: string): string {
  switch (expected) {
    case "array":
      return "a list";
    case "object":
      return "an object";
    case "boolean":
      return "true or false";
    default:
      return `a ${expected}`;
  }
}
