/** A JSON number, optionally with a plus sign or leading zeros, as found in text. */
const DECIMAL = /^\s*(?<sign>[+-]?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d{1,9}))?\s*$/;

/**
 * Rounds a decimal number by its digits, half away from zero as in Liquid; digits that are kept never change, however long the number is.
 * @param places decimal places to keep; a number that has no more is left unchanged
 * @returns undefined when `text` is not a number.
 */
export function roundDecimal(text: string, places: number): string | undefined {
  const parts = DECIMAL.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { sign = "", whole = "", fraction = "", exponent = "0" } = parts;
  const digits = whole + fraction;
  /** How many of the digits are before the point. */
  const point = whole.length + Number(exponent);
  if (digits.length - point <= places) return plain(text);
  const kept = point + places;
  const rounded = kept < 0 ? "" : digits.slice(0, kept);
  const up = kept >= 0 && (digits[kept] ?? "0") >= "5";
  const written = shifted(up ? increased(rounded) : rounded, places);
  return sign === "-" && /[1-9]/.test(written) ? `-${written}` : written;
}

/** Removes what JSON does not allow in a number. */
function plain(text: string): string {
  return text
    .trim()
    .replace(/^\+/, "")
    .replace(/^(-?)0+(?=\d)/, "$1");
}

/** Adds one in the last place. */
function increased(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "9") end -= 1;
  const zeros = "0".repeat(digits.length - end);
  return end === 0 ? `1${zeros}` : `${digits.slice(0, end - 1)}${String(Number(digits[end - 1]) + 1)}${zeros}`;
}

/** Inserts the point this many places before the end; for negative places, appends zeros. */
function shifted(digits: string, places: number): string {
  const padded = places < 0 ? digits + "0".repeat(-places) : digits.padStart(places + 1, "0");
  const whole = padded.slice(0, padded.length - Math.max(places, 0)).replace(/^0+(?=\d)/, "");
  return places > 0 ? `${whole}.${padded.slice(-places)}` : whole || "0";
}
