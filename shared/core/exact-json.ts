/**
 * One JSON token that matters for digits: a string (skipped, so that an id such as "4e5f" or a time does not count), a short fraction that
 * `Number` gives back as written (skipped), or a number whose digits may be lost: a minus before zero, any other fraction, an exponent, 16
 * and more digits. Reading the text once like this costs a tenth of a reviver, which runs only when something was found.
 */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|\d{1,9}\.\d{0,4}[1-9](?![\d.eE])|(-0(?![\d.eE])|\d+[.eE]|\d{16})/gs;

/** A number that keeps its source text, as `parseExact` gives it where `Number` would change the digits. */
export function isRawNumber(value: unknown): value is RawJson {
  return JSON.isRawJSON(value);
}

/**
 * Parses JSON so that `JSON.stringify` writes every number back with the digits it came with: `0.10`, `1E5`, `-0` and
 * `12345678901234567890` become raw numbers ({@link isRawNumber}), all others stay plain.
 * @throws SyntaxError when `text` is not JSON (RFC 8259).
 */
export function parseExact(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  return mayLoseDigits(text) ? JSON.parse(text, keepDigits) : plain;
}

/** The digits of a number or raw number; undefined for anything else. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === "number") return String(value);
  return isRawNumber(value) ? value.rawJSON : undefined;
}

/** `text` is known to be JSON, so strings are closed and the pattern stays linear. */
function mayLoseDigits(text: string): boolean {
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    if (found[1] !== undefined) return true;
  }
  return false;
}

function keepDigits(this: unknown, _key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== "number" || context.source === undefined) return value;
  return String(value) === context.source ? value : JSON.rawJSON(context.source);
}
