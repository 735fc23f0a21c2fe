/**
 * Lifetime of a token whose answer does not say, in seconds. RFC 6749 section 5.1 leaves it to the client. Five minutes is less than what
 * providers usually give, and a wrong guess costs one 401, which gets a new token within the same attempt.
 */
const DEFAULT_SECONDS = 300;
/** No token is kept longer than this, in seconds, whatever its answer says. */
const LONGEST_SECONDS = 86_400;
/** A lifetime of more seconds than this, a week, must be in milliseconds; it is then ten minutes or more. */
const MOST_SECONDS = 604_800;
/** Numbers from the first on are Unix seconds (2001), from the second on Unix milliseconds. */
const UNIX_SECONDS_FROM = 1e9;
const UNIX_MS_FROM = 1e12;

const NUMBER = /^[+-]?\d{1,16}(?:\.\d{1,9})?$/;
/** RFC 3339, and an HTTP-date (RFC 9110 section 5.6.7); `Date.parse` alone takes nearly anything. */
const TIME = /^(?:\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )/;

/**
 * How long a token lives, in milliseconds from `now`, from 0 to 24 hours, as its answer says: seconds as in RFC 6749 section 5.1, as a number or a
 * text, or what some providers write instead: milliseconds, a Unix time in either unit, an RFC 3339 time or an HTTP-date. Nothing, nonsense, zero
 * or less, or a time in the past counts as not said: the token was issued just now.
 */
export function lifetimeMs(value: unknown, now: Date): number {
  const seconds = secondsOf(typeof value === "string" ? value.trim() : value, now.getTime());
  const usable = seconds === undefined || !(seconds > 0) ? DEFAULT_SECONDS : seconds;
  return 1_000 * Math.min(usable, LONGEST_SECONDS);
}

function secondsOf(value: unknown, nowMs: number): number | undefined {
  if (typeof value === "string") {
    if (NUMBER.test(value)) return secondsOf(Number(value), nowMs);
    return TIME.test(value) ? (Date.parse(withZone(value)) - nowMs) / 1_000 : undefined;
  }
  if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
  if (value >= UNIX_MS_FROM) return (value - nowMs) / 1_000;
  if (value >= UNIX_SECONDS_FROM) return value - nowMs / 1_000;
  return value > MOST_SECONDS ? value / 1_000 : value;
}

/** A time without a zone is UTC, not the zone of this machine. */
function withZone(time: string): string {
  return /^\d{4}-\d{2}-\d{2}[T ][\d:.]+$/.test(time) ? `${time}Z` : time;
}
