import { secretsIn, SHORTEST_SECRET, type SecretText } from "../masking/parts.ts";
import { isFlag, isPlainWord } from "./plain-words.ts";
import type { Slot, Template } from "../templates/template.ts";

/** Each value of the event is marked by a character of the private use area: header templates are ASCII. */
const FIRST_MARK = 0xe000;
const MARK = /[\ue000-\uf8ff]/g;
/** Values at the start, where a scheme word would be. */
const MARKED_SCHEME = /^[\ue000-\uf8ff]+ +(?=\S)/;

/** Separators between a literal text and the values next to it. */
const EDGES = /^[\s"'=:;,./&?()[\]{}_-]+|[\s"'=:;,./&?()[\]{}_-]+$/g;

/**
 * The parts of a secret header that must not be shown anywhere else (decision 0026). In its own place the whole value is hidden; elsewhere only
 * what the configuration wrote is secret: values of the event belong in the body, and so do everyday words and numbers.
 * @param texts each piece of the template as rendered, in order
 */
export function secretsOfHeader(template: Template, texts: readonly string[]): readonly SecretText[] {
  const known = ofLiterals.get(template);
  if (known !== undefined) return known;
  const found = findSecrets(template, texts);
  if (template.pieces.every((piece) => typeof piece === "string")) ofLiterals.set(template, found);
  return found;
}

/** Of headers without placeholders, which have the same secrets in every request. */
const ofLiterals = new WeakMap<Template, readonly SecretText[]>();

function findSecrets({ pieces }: Template, texts: readonly string[]): readonly SecretText[] {
  const values: string[] = [];
  const outline = pieces
    .map((piece, index) => {
      const text = texts[index] ?? "";
      if (typeof piece === "string" || text === "" || writesLiteral(piece)) return text;
      values.push(text);
      return String.fromCharCode(FIRST_MARK + values.length - 1);
    })
    .join("");
  const written = (text: string): string => text.replace(MARK, (mark) => values[mark.charCodeAt(0) - FIRST_MARK] ?? "");
  const whole = outline.trim();
  const behindScheme = whole.replace(MARKED_SCHEME, "");
  const parts = [...secretsIn(whole), ...(behindScheme === whole ? [] : secretsIn(behindScheme))];
  return parts
    .filter((part) => isSecret(part, part.text === whole))
    .map((part) => ({ text: written(part.text), publicStart: written(publicBegin(part)).length }));
}

/** What comes before the first literal text that is secret: a text that is cut off there reveals nothing. */
function publicBegin({ text, publicStart }: SecretText): string {
  const first = text.slice(publicStart).split(MARK).find(isLiteralSecret);
  return first === undefined ? text.slice(0, publicStart) : text.slice(0, text.indexOf(first, publicStart));
}

/** Whether a placeholder can write text of the template, namely arguments of its filters. Date formats are not secret. */
function writesLiteral({ token }: Slot): boolean {
  return token.filters.some(
    ({ name, args }) => name !== "date" && args.some((arg) => typeof arg === "string" && isLiteralSecret(arg)),
  );
}

function isSecret({ text, publicStart }: SecretText, isWhole: boolean): boolean {
  const shown = text.slice(publicStart);
  if (shown.length === 0) return false;
  const literals = shown.split(MARK);
  if (literals.length > 1) return literals.some(isLiteralSecret);
  return isWhole ? !isPlainWord(shown) : !isFlag(shown);
}

function isLiteralSecret(literal: string): boolean {
  const inner = literal.replace(EDGES, "");
  return inner.length >= SHORTEST_SECRET && !isPlainWord(inner);
}
