import { isRawNumber } from "../../events/exact-json.ts";
import { TemplateProblem } from "../problem.ts";
import { isMissing } from "../value.ts";
import type { RenderWork } from "../work.ts";
import { unicodeEscape } from "./escape-script.ts";

/** What YAML or TOML does not print, or reads as a line break, and JSON leaves as it is; it stands in strings only. */
const UNPRINTED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/** A whole scalar of YAML, as JSON: YAML 1.2 reads all of it. */
export function yamlValue(value: unknown, work: RenderWork): string {
  return work.jsonOf(value).replace(UNPRINTED, unicodeEscape);
}

/** A whole value of TOML. @throws TemplateProblem for what it has no form for: nothing at all, and objects */
export function tomlValue(value: unknown, work: RenderWork): string {
  if (isMissing(value)) throw new TemplateProblem("TOML has no null; give the attribute a fallback");
  if (!isPlain(value)) {
    throw new TemplateProblem("in TOML a value may be a text, a number, true or false, or a list of those");
  }
  return yamlValue(value, work);
}

/** A key of TOML, in quotes: without them a number's point would make two keys of it. */
export function tomlKey(value: unknown, work: RenderWork): string {
  return yamlValue(work.textOf(value), work);
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.every((item) => !isMissing(item) && isPlain(item));
  return typeof value !== "object" || isRawNumber(value);
}

const WORDS = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} _.@+/-]*[\p{L}\p{M}\p{N}_.@+/-])?$/u;

/** At the beginning of a scalar of YAML without quotes, which other text follows: without a value that text would begin it. */
export function yamlBegin(text: string): string {
  if (WORDS.test(text)) return text;
  throw new TemplateProblem(
    'a value that is empty or holds more than letters, digits, inner spaces and _ . @ + / - needs double quotes around the whole, as in "{{a}} {{b}}"',
  );
}

/** Within a scalar of YAML without quotes. */
export function yamlPlain(text: string): string {
  return text === "" ? text : yamlBegin(text);
}

const BREAKS = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u;

/** In single quotes of YAML, where a quote is written twice and nothing else has an escape. */
export function yamlSingle(text: string): string {
  if (BREAKS.test(text)) {
    throw new TemplateProblem(
      "in single quotes a value may hold no line break and no control character; use double quotes",
    );
  }
  return text.toWellFormed().replaceAll("'", "''");
}

/** In a block of text of YAML, whose lines are told by their indentation. */
export function yamlBlock(text: string): string {
  if (!BREAKS.test(text) && !text.startsWith(" ")) return text.toWellFormed();
  throw new TemplateProblem(
    "in a block of text a value may hold no line break and no control character, and not begin with a space; use double quotes",
  );
}

/** In single quotes of TOML, where nothing has an escape. */
export function tomlLiteral(text: string): string {
  if (!text.includes("'") && !BREAKS.test(text)) return text.toWellFormed();
  throw new TemplateProblem(
    "in single quotes a value may hold no single quote, line break or control character; use double quotes",
  );
}
