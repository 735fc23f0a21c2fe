/** Sorts like the numbers it stands for, in every digit. RFC 4648, section 7, in lower case. */
const DIGITS = "0123456789abcdefghijklmnopqrstuv";
/** 45 bits of milliseconds, good until the year 3084; nine digits. */
const LATEST_MS = 2 ** 45 - 1;
const TIME_DIGITS = 9;
/** Random bytes of an id: 80 bits, so that two of the same millisecond never meet. */
export const ID_RANDOM_BYTES = 10;

/** What an id of each kind begins with: a letter, since the Functions host turns text that looks like a number into one. */
export type IdPrefix = "wh" | "cr";

/**
 * An id whose text order is newest first, so that a list is one range of keys: `wh_` + inverted time + chance. It is no
 * secret and nothing trusts it.
 * @param random {@link ID_RANDOM_BYTES} bytes of chance
 */
export function newId(prefix: IdPrefix, at: Date, random: Uint8Array): string {
  let rest = LATEST_MS - at.getTime();
  let time = "";
  for (let digit = 0; digit < TIME_DIGITS; digit += 1) {
    time = DIGITS.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let bits = "";
  for (const byte of random) bits += byte.toString(2).padStart(8, "0");
  const chance = (bits.match(/.{5}/g) ?? []).map((five) => DIGITS.charAt(Number.parseInt(five, 2))).join("");
  return `${prefix}_${time}${chance}`;
}

/** What follows the prefix of an id, as the source of a pattern: the one grammar for ids, wherever they are read. */
export const ID_BODY = "[0-9a-v]{1,40}";
const BODY = new RegExp(`^${ID_BODY}$`);

/** Whether `text` may be an id of this kind; anything else names nothing and never reaches a key. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && BODY.test(text.slice(prefix.length + 1));
}
