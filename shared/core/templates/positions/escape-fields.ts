import { byTable, tableOf } from "../../../lib/by-table.ts";
import { TemplateProblem } from "../problem.ts";

/** What a field without quotes cannot hold, whatever of it is the delimiter; white space at its ends is dropped by some readers. */
const NEEDS_QUOTES = /[",;\t|\r\n]|^\s|\s$/;

/** Inside of a field's quotes (RFC 4180, section 2). */
export function csvQuoted(text: string): string {
  return text.toWellFormed().replaceAll('"', '""');
}

/** A whole field: in quotes when it must be. */
export function csvField(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${csvQuoted(text)}"` : text.toWellFormed();
}

/** A part of a field without quotes. */
export function csvPart(text: string): string {
  if (!/[",;\t|\r\n]/.test(text)) return text.toWellFormed();
  throw new TemplateProblem(
    'a value that holds a quote, a delimiter or a line break needs quotes around the whole field, as in "{{a}} {{b}}"',
  );
}

/** Inside of quotes in a part's header: as browsers write names and file names (WHATWG HTML, section 4.10.21.8), and no escape of the quote. */
const AWKWARD_IN_QUOTES = tableOf(/["\\\p{Cc}]/u, encodeURIComponent);
/** Outside of quotes: nor a parameter of its own. */
const AWKWARD_IN_HEADER = tableOf(/["\\;\p{Cc}]/u, encodeURIComponent);

/** In a multipart part's header, inside of quotes: quotes, backslashes and controls percent-encoded. */
export function partQuoted(text: string): string {
  return byTable(text.toWellFormed(), AWKWARD_IN_QUOTES);
}

/** The same outside of quotes: semicolons too. */
export function partHeader(text: string): string {
  return byTable(text.toWellFormed(), AWKWARD_IN_HEADER);
}

/** In a style sheet: a word, a number or a colour, which can end no rule and fetch nothing. */
export function styleWord(text: string): string {
  if (/^[\p{L}\p{N}_.%#-]*$/u.test(text)) return text;
  throw new TemplateProblem("in a style a value may hold letters, digits and _ . % # - only");
}
