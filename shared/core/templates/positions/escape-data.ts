import { isRawNumber } from "../../events/exact-json.ts";
import { TemplateProblem } from "../problem.ts";
import { isMissing } from "../value.ts";
import type { RenderWork } from "../work.ts";
import { unicodeEscape } from "./escape-script.ts";

/** Characters that YAML or TOML cannot contain or reads as line breaks, and that JSON leaves unescaped; they occur in strings only. */
const UNPRINTED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A whole scalar of YAML, as JSON: YAML 1.2 reads all of it. */
export function yamlValue(value: unknown, work: RenderWork): string {
  return work.jsonOf(value).replace(UNPRINTED, unicodeEscape);
}

/** A whole value of TOML. @throws TemplateProblem for what TOML cannot express: missing values and objects */
export function tomlValue(value: unknown, work: RenderWork): string {
  if (isMissing(value)) throw new TemplateProblem("TOML has no null; give the attribute a fallback");
  if (!isPlain(value)) {
    throw new TemplateProblem("in TOML a value must be a string, a number, true or false, or a list of those");
  }
  return yamlValue(value, work);
}

/** A key of TOML, quoted: otherwise the point of a number would split it into two keys. */
export function tomlKey(value: unknown, work: RenderWork): string {
  return yamlValue(work.textOf(value), work);
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => !isMissing(item) && isPlain(item));
  return typeof value !== "object" || isRawNumber(value);
}

const WORDS = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} _.@+/-]*[\p{L}\p{M}\p{N}_.@+/-])?$/u;

/** At the beginning of a plain (unquoted) scalar of YAML that goes on with other text: not empty, or that text would begin the scalar. */
export function yamlBegin(text: string): string {
  if (WORDS.test(text)) return text;
  throw new TemplateProblem(
    'a value that is empty or contains anything but letters, digits, inner spaces and _ . @ + / - needs double quotes around the whole scalar, as in "{{a}} {{b}}"',
  );
}

/** Within a plain scalar of YAML. */
export function yamlPlain(text: string): string {
  return text === "" ? text : yamlBegin(text);
}

const BREAKS = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** In single quotes of YAML, where a quote is doubled and nothing else can be escaped. */
export function yamlSingle(text: string): string {
  if (BREAKS.test(text)) {
    throw new TemplateProblem(
      "in single quotes a value may not contain line breaks or control characters; use double quotes",
    );
  }
  return text.toWellFormed().replaceAll("'", "''");
}

/** In a block scalar of YAML, whose lines are recognized by their indentation. */
export function yamlBlock(text: string): string {
  if (!BREAKS.test(text) && !text.startsWith(" ")) return text.toWellFormed();
  throw new TemplateProblem(
    "in a block scalar a value may not contain line breaks or control characters, nor begin with a space; use double quotes",
  );
}

/** In single quotes of TOML, where nothing can be escaped. */
export function tomlLiteral(text: string): string {
  if (!text.includes("'") && !BREAKS.test(text)) return text.toWellFormed();
  throw new TemplateProblem(
    "in single quotes a value may not contain single quotes, line breaks or control characters; use double quotes",
  );
}
