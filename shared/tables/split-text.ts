/** Longest text of one property: the service takes 32 Ki UTF-16 units; a little less, for a pair that must not be torn. */
const LONGEST_PART = 32_000;

/**
 * `text` as properties `name0`, `name1`, …, each short enough for one property. Never cuts a surrogate pair in two, since half a pair
 * does not survive the way as UTF-8; lone halves become U+FFFD.
 */
export function splitText(name: string, text: string): Record<string, string> {
  const whole = text.toWellFormed();
  const parts: Record<string, string> = {};
  let start = 0;
  let index = 0;
  do {
    let end = Math.min(start + LONGEST_PART, whole.length);
    if (end < whole.length && isHighSurrogate(whole.charCodeAt(end - 1))) end -= 1;
    parts[`${name}${String(index)}`] = whole.slice(start, end);
    start = end;
    index += 1;
  } while (start < whole.length);
  return parts;
}

/** What {@link splitText} split; an empty text when there is none. */
export function joinText(name: string, properties: Readonly<Record<string, unknown>>): string {
  let text = "";
  for (let index = 0; ; index += 1) {
    const part = properties[`${name}${String(index)}`];
    if (typeof part !== "string") return text;
    text += part;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
