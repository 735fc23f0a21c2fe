import { byTable, tableOf } from "../../../lib/by-table.ts";
import { TemplateProblem } from "../problem.ts";

/** What an unquoted field cannot contain, whichever delimiter the table uses; some readers drop white space at its ends. */
const NEEDS_QUOTES = /[",;\t|\r\n]|^\s|\s$/;

/** Inside a field's quotes (RFC 4180, section 2). */
export function csvQuoted(text: string): string {
  return text.toWellFormed().replaceAll('"', '""');
}

/** A whole field, quoted if necessary. */
export function csvField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${csvQuoted(text)}"` : text.toWellFormed();
}

/** A part of an unquoted field. */
export function csvPart(text: string): string {
  if (!/[",;\t|\r\n]/.test(text)) return text.toWellFormed();
  throw new TemplateProblem(
    'a value that contains a quote, a delimiter or a line break needs quotes around the whole field, as in "{{a}} {{b}}"',
  );
}

/** Inside quotes of a part's header: as browsers write names and file names (WHATWG HTML, section 4.10.21.8), and nothing that escapes the quote. */
const AWKWARD_IN_QUOTES = tableOf(/["\\\p{Cc}]/u, encodeURIComponent);
/** Outside quotes: nor anything that begins another parameter. */
const AWKWARD_IN_HEADER = tableOf(/["\\;\p{Cc}]/u, encodeURIComponent);

/** In a multipart part's header, inside quotes: quotes, backslashes and controls percent-encoded. */
export function partQuoted(text: string): string {
  return byTable(text.toWellFormed(), AWKWARD_IN_QUOTES);
}

/** The same outside quotes: semicolons too. */
export function partHeader(text: string): string {
  return byTable(text.toWellFormed(), AWKWARD_IN_HEADER);
}

/** In a style sheet: a word, a number or a color, which can neither end a rule nor fetch anything. */
export function styleWord(text: string): string {
  if (/^[\p{L}\p{N}_.%#-]*$/u.test(text)) return text;
  throw new TemplateProblem("in a style a value may contain only letters, digits and _ . % # -");
}
