import * as z from "zod";
import { rule } from "./field-errors.ts";
import { MAX_DESCRIPTION_CHARACTERS, MAX_NAME_CHARACTERS, MAX_URL_CHARACTERS } from "./limits.ts";
import { plainText } from "./plain-text.ts";

/** Nothing after the scheme is checked (rule W6); its letter case does not matter (RFC 3986, section 3.1). */
const HTTPS = /^https:/i;
/** Control characters and the two line breaks of Unicode. */
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/**
 * A name (rules W2, C1), kept exactly as given: trailing white space is refused, not trimmed. So is a lone surrogate: it has no UTF-8 form, so two
 * different names would be stored as the same.
 */
export const nameSchema = z.string().superRefine((name, context) => {
  const refuse = (...said: Parameters<typeof rule>): void => {
    context.addIssue({ code: "custom", ...rule(...said) });
  };
  if (name === "") refuse("required", "A name is required.");
  else if (/\s$/u.test(name)) refuse("trailing-space", "The name may not end in white space.");
  else if (CONTROL.test(name) || !name.isWellFormed())
    refuse("character-not-allowed", "The name may not contain control characters.");
  else if (longerThan(name, MAX_NAME_CHARACTERS))
    refuse("too-long", `The name may have at most ${String(MAX_NAME_CHARACTERS)} characters.`);
});

/** A text that people may paste from anywhere: kept without a byte order mark and without lone surrogates. */
export const textSchema = z.string().overwrite(plainText);

export const descriptionSchema = textSchema
  .refine(
    (text) => !longerThan(text, MAX_DESCRIPTION_CHARACTERS),
    rule("too-long", `At most ${String(MAX_DESCRIPTION_CHARACTERS)} characters.`),
  )
  .default("");

/** A URL (rules W6, C2): HTTPS; nothing else is checked when it is saved. */
export const urlSchema = textSchema.superRefine((url, context) => {
  const refuse = (...said: Parameters<typeof rule>): void => {
    context.addIssue({ code: "custom", ...rule(...said) });
  };
  if (url === "") refuse("required", "A URL is required.");
  else if (!HTTPS.test(url)) refuse("not-https", "The URL must begin with https:.");
  else if (longerThan(url, MAX_URL_CHARACTERS))
    refuse("too-long", `The URL may have at most ${String(MAX_URL_CHARACTERS)} characters.`);
});

/** Counts code points: a character outside the BMP is two units of a JavaScript string. */
function longerThan(text: string, characters: number): boolean {
  return text.length > characters && Array.from(text).length > characters;
}

/**
 * A list with more entries is one error, and none of its entries is looked at: checking an entry costs a hundred times what sending it does, so that
 * half a megabyte of `{}` would take seconds.
 */
const MAX_CHECKED_ENTRIES = 1_000;

/** A list whose entries are checked only when there are at most {@link MAX_CHECKED_ENTRIES} of them. */
export function listOf<Entries extends z.ZodArray>(entries: Entries): z.ZodPipe<z.ZodArray<z.ZodUnknown>, Entries> {
  return z.array(z.unknown()).max(MAX_CHECKED_ENTRIES, { abort: true }).pipe(entries);
}

/** The entries of an unchecked list that are worth a look: none when it is not a list or is too long. */
export function entriesOf(list: unknown): readonly unknown[] {
  return Array.isArray(list) && list.length <= MAX_CHECKED_ENTRIES ? list : [];
}
