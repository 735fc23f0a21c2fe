import { TemplateProblem } from "./template-problem.ts";

/** What could end a string, a comment, a template or a script, or begin an entity; and the line ends that JSON does not count as such. */
const SCRIPT_AWKWARD = /["\\'`$*/<>&\p{Cc}\p{Cs}\u2028\u2029]/gu;
const IN_SCRIPT_VALUE = /[<>&\u2028\u2029]/g;

/** Inside any string or comment of JavaScript and its relatives: what is awkward as `\u` escapes (of which there is one spelling only). */
export function scriptText(text: string): string {
  return text.toWellFormed().replace(SCRIPT_AWKWARD, unicodeEscape);
}

/** JSON that stands in a script element: the characters that HTML or a script could misread stand in strings only, where they are escaped. */
export function scriptValue(json: string): string {
  return json.replace(IN_SCRIPT_VALUE, unicodeEscape);
}

/** `\uXXXX` of each UTF-16 unit. */
export function unicodeEscape(character: string): string {
  return Array.from(
    { length: character.length },
    (_, index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`,
  ).join("");
}

/** Inside a block string of GraphQL (section 2.9.4), where three quotes have an escape and nothing else has. */
export function blockString(text: string): string {
  if (/^"|["\\]$/.test(text))
    throw new TemplateProblem("in a block string a value may not begin or end with a quote, nor end with a backslash");
  return text.toWellFormed().replaceAll('"""', '\\"""');
}
