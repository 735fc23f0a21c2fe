/** The longest wait that Retry-After can ask for, in milliseconds. */
const LONGEST_ASKED_WAIT_MS = 86_400_000;

/**
 * Milliseconds that a Retry-After value asks for (RFC 9110 section 10.2.3): seconds or an HTTP-date, 0 up to 24 hours; undefined when it is
 * neither.
 */
export function askedWait(retryAfter: string | undefined, now: Date): number | undefined {
  const text = retryAfter?.trim() ?? "";
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1_000, LONGEST_ASKED_WAIT_MS);
  // Every form of an HTTP-date begins with the name of a day; Date.parse alone would take "1.5" for a date in 2001.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text)) return undefined;
  const until = Date.parse(text);
  if (Number.isNaN(until)) return undefined;
  return Math.min(Math.max(until - now.getTime(), 0), LONGEST_ASKED_WAIT_MS);
}
