import { byTable, tableOf } from "../../../lib/by-table.ts";
import { TemplateProblem } from "../problem.ts";

/** Characters that could end a string, a comment, a template literal or a script, or begin an entity. */
const AWKWARD = tableOf(/["\\'`$*/<>&\p{Cc}]/u, unicodeEscape);
/** Characters of JSON that HTML or a script could misread; they occur in strings only, where they can be escaped. */
const AWKWARD_IN_HTML = tableOf(/[<>&]/, unicodeEscape);
/** Beyond ASCII: line ends that JSON does not regard as such, the remaining controls, and what XML cannot express. */
const AWKWARD_BEYOND = /[\u0080-\u009f\u2028\u2029\ufffe\uffff]/g;

/** Inside any string or comment of JavaScript and its relatives: awkward characters become `\u` escapes, which have only one spelling. */
export function scriptText(text: string): string {
  return byTable(text.toWellFormed(), AWKWARD).replace(AWKWARD_BEYOND, unicodeEscape);
}

/** JSON inside a script element. */
export function scriptValue(json: string): string {
  return byTable(json, AWKWARD_IN_HTML).replace(AWKWARD_BEYOND, unicodeEscape);
}

/** `\uXXXX` of each UTF-16 unit. */
export function unicodeEscape(character: string): string {
  let written = "";
  for (let at = 0; at < character.length; at += 1) {
    written += `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`;
  }
  return written;
}

/** Inside a block string of GraphQL (section 2.9.4), where only three quotes can be escaped. */
export function blockString(text: string): string {
  if (/^"|["\\]$/.test(text))
    throw new TemplateProblem("in a block string a value may not begin or end with a quote, nor end with a backslash");
  return text.toWellFormed().replaceAll('"""', '\\"""');
}
