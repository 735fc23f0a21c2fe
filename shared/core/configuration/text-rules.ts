import * as z from "zod";
import { rule } from "./field-errors.ts";
import { plainText } from "../events/well-formed.ts";

/** Longest name, in characters (Unicode code points). */
const MAX_NAME = 120;
const MAX_DESCRIPTION = 1_000;
const MAX_URL = 4_096;

/** What follows the scheme is not looked at (rule W6), its letter case does not matter (RFC 3986, section 3.1). */
const HTTPS = /^https:/i;
/** Control characters and the two line breaks of Unicode. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/**
 * A name (rules W2, C1): kept exactly as given, so white space at its end is refused and not trimmed. A lone surrogate
 * is refused: it has no UTF-8 form, so two names could become one.
 */
export const nameSchema = z.string().superRefine((name, context) => {
  const refuse = (...said: Parameters<typeof rule>): void => {
    context.addIssue({ code: "custom", ...rule(...said) });
  };
  if (name === "") refuse("required", "A name is required.");
  else if (/\s$/u.test(name)) refuse("trailing-space", "The name may not end in white space.");
  else if (CONTROL.test(name) || !name.isWellFormed())
    refuse("character-not-allowed", "The name may not hold control characters.");
  else if (longerThan(name, MAX_NAME)) refuse("too-long", `The name may have at most ${String(MAX_NAME)} characters.`);
});

/** A text that people may paste from anywhere: kept without a byte order mark before it and without halves of characters. */
export const textSchema = z.string().overwrite(plainText);

export const descriptionSchema = textSchema
  .refine(
    (text) => !longerThan(text, MAX_DESCRIPTION),
    rule("too-long", `At most ${String(MAX_DESCRIPTION)} characters.`),
  )
  .default("");

/** A URL (rules W6, C2): HTTPS, and nothing else is checked when it is saved. */
export const urlSchema = textSchema.superRefine((url, context) => {
  const refuse = (...said: Parameters<typeof rule>): void => {
    context.addIssue({ code: "custom", ...rule(...said) });
  };
  if (url === "") refuse("required", "A URL is required.");
  else if (!HTTPS.test(url)) refuse("not-https", "The URL must begin with https:.");
  else if (longerThan(url, MAX_URL)) refuse("too-long", `The URL may have at most ${String(MAX_URL)} characters.`);
});

/** Counts code points, since one character outside the BMP is two units of a JavaScript string. */
function longerThan(text: string, characters: number): boolean {
  return text.length > characters && Array.from(text).length > characters;
}

/**
 * Entries of a list that are looked at; a longer list is one fault. Checking an entry costs a hundred times what sending it does, so that half a
 * megabyte of `{}` would take seconds.
 */
const MOST_ENTRIES = 1_000;

/** A list none of whose entries is looked at when there are more than {@link MOST_ENTRIES}. */
export function listOf<Entries extends z.ZodArray>(entries: Entries): z.ZodPipe<z.ZodArray<z.ZodUnknown>, Entries> {
  return z.array(z.unknown()).max(MOST_ENTRIES, { abort: true }).pipe(entries);
}

/** The entries of an unchecked list that are looked at: none of what is no list, or is too long. */
export function entriesOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) && list.length <= MOST_ENTRIES ? list : [];
}

/** At most `most` UTF-16 units of `text` from its beginning; never half a character. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const begin = text.slice(0, most);
  return begin.isWellFormed() ? begin : begin.slice(0, -1);
}
