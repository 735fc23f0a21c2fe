/** A JSON number, also with a sign or zeros before it, as texts hold them. */
const DECIMAL = /^\s*(?<sign>[+-]?)(?<whole>\d+)(?:\.(?<fraction>\d+))?(?:[eE](?<exponent>[+-]?\d{1,9}))?\s*$/;

/**
 * Rounds a decimal number by its digits, half away from zero as Liquid does; however long it is, no digit that stays is changed.
 * @param places digits after the point that are kept; what has no more is left as it is
 * @returns undefined when `text` is not a number.
 */
export function roundDecimal(text: string, places: number): string | undefined {
  const parts = DECIMAL.exec(text)?.groups;
  if (parts === undefined) return undefined;
  const { sign = "", whole = "", fraction = "", exponent = "0" } = parts;
  const digits = whole + fraction;
  /** How many of the digits stand before the point. */
  const point = whole.length + Number(exponent);
  if (digits.length - point <= places) return plain(text);
  const kept = point + places;
  const rounded = kept < 0 ? "" : digits.slice(0, kept);
  const up = kept >= 0 && (digits[kept] ?? "0") >= "5";
  const written = shifted(up ? increased(rounded) : rounded, places);
  return sign === "-" && /[1-9]/.test(written) ? `-${written}` : written;
}

/** Without what texts may have and JSON numbers may not. */
function plain(text: string): string {
  return text
    .trim()
    .replace(/^\+/, "")
    .replace(/^(-?)0+(?=\d)/, "$1");
}

/** One more in the last place. */
function increased(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === "9") end -= 1;
  const zeros = "0".repeat(digits.length - end);
  return end === 0 ? `1${zeros}` : `${digits.slice(0, end - 1)}${String(Number(digits[end - 1]) + 1)}${zeros}`;
}

/** The digits with the point so many places before their end, or zeros behind them for places below zero. */
function shifted(digits: string, places: number): string {
  const padded = places < 0 ? digits + "0".repeat(-places) : digits.padStart(places + 1, "0");
  const whole = padded.slice(0, padded.length - Math.max(places, 0)).replace(/^0+(?=\d)/, "");
  return places > 0 ? `${whole}.${padded.slice(-places)}` : whole || "0";
}
