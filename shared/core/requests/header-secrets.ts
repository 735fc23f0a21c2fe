import { secretsIn, SHORTEST_SECRET, type SecretText } from "../masking/parts.ts";
import { isFlag, isPlainWord } from "./plain-words.ts";
import type { Slot, Template } from "../templates/template.ts";

/** A character of the private use area stands for each value of the event: header templates are ASCII. */
const FIRST_MARK = 0xe000;
const MARK = /[\ue000-\uf8ff]/g;
/** Values first, where a scheme word would stand. */
const MARKED_SCHEME = /^[\ue000-\uf8ff]+ +(?=\S)/;

/** What parts a literal text from values beside it, or names them. */
const EDGES = /^[\s"'=:;,./&?()[\]{}_-]+|[\s"'=:;,./&?()[\]{}_-]+$/g;

/**
 * What of a secret header must not be seen anywhere else (decision 0026). Its own value is hidden in its place whatever it is; elsewhere the
 * secret is what the configuration wrote: values of the event stand in the body by right, and so do words and numbers of everyday use.
 * @param texts what each piece of the template came to, in order
 */
export function secretsOfHeader({ pieces }: Template, texts: readonly string[]): readonly SecretText[] {
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

/** What comes before the first literal text that is a secret: cut off there, it tells nothing. */
function publicBegin({ text, publicStart }: SecretText): string {
  const first = text.slice(publicStart).split(MARK).find(isLiteralSecret);
  return first === undefined ? text.slice(0, publicStart) : text.slice(0, text.indexOf(first, publicStart));
}

/** Whether a placeholder can write a text of the template: an argument of its filters. Formats of dates are read by everybody. */
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
