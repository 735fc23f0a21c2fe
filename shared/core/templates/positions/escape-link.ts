import { TemplateProblem } from "../problem.ts";

/** Schemes that run nothing. */
const HARMLESS = /^(?:https?|mailto|tel|sms|cid):/i;

/**
 * The beginning of a link in HTML, unchanged.
 * @throws TemplateProblem when it has a scheme other than the harmless ones, even behind white space and controls that browsers skip
 * (WHATWG URL, section 4.4), or is a script's scheme whose colon may follow in the template
 */
export function linkStart(text: string): string {
  const read = text.replace(/[\t\n\r]+/g, "").replace(/^[\0- ]+/, "");
  const scheme = /^[^/?#:]*:/.test(read) && !HARMLESS.test(read);
  if (!scheme && !/^(?:javascript|vbscript)\s*$/i.test(read)) return text;
  throw new TemplateProblem(
    "a link must begin with http:, https:, mailto:, tel:, sms: or cid:, or be relative; this value begins with another scheme",
  );
}
