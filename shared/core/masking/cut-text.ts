import { MASK } from "../secret.ts";

/** What must not be split: an escape of JSON (a pair of them for one character), the percent-encoding of a character, an entity of XML, a mask. */
const WHOLE =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\[^]|%[cdCD][\da-fA-F]%[89abAB][\da-fA-F]|%[eE][\da-fA-F](?:%[89abAB][\da-fA-F]){2}|%[fF][\da-fA-F](?:%[89abAB][\da-fA-F]){3}|%[\da-fA-F]{2}|&#?\w{1,10};|•••/g;

/** A little more than the longest match of {@link WHOLE}, in UTF-16 units. */
const AROUND = 16;

/**
 * `text` if it has at most `longest` UTF-16 units, else its beginning and a note of its length, which together are no longer. Never cuts
 * through a character, an escape or a mask. Mask before you cut: a secret of which only a part is left could no longer be found.
 * @param longest at least 50
 * @param length the full length, when `text` is only the beginning of something longer
 */
export function cutText(text: string, longest: number, length = text.length): string {
  if (length <= longest) return text;
  const note = `… (${String(length)} characters in all)`;
  // A beginning may have been cut through its last escape or character, unless it ends with a mask.
  const untorn = text.endsWith(MASK) ? text.length : Math.max(0, text.length - AROUND);
  return text.slice(0, wholeUntil(text, Math.min(longest - note.length, untorn))) + note;
}

/** The last place at or before `end` where a cut splits nothing. */
function wholeUntil(text: string, end: number): number {
  const place = isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
  let from = Math.max(0, place - AROUND);
  // A backslash escapes the next one, so a run of them is read from its beginning.
  while (text[from] === "\\" && text[from - 1] === "\\") from -= 1;
  for (const { index, 0: whole } of text.slice(from, place + AROUND).matchAll(WHOLE)) {
    const begin = from + index;
    if (begin < place && place < begin + whole.length) return begin;
  }
  return place;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
