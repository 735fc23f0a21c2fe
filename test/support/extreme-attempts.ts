import type { Attempt, HeaderPair } from "../../shared/core/deliveries/delivery.ts";

/** What costs most in the ways that texts are counted: units, bytes of UTF-8, escapes of JSON, escapes of those. */
export const CHARACTERS = [
  "x",
  "é",
  "€",
  "😀",
  "\u0000",
  '"',
  "\\",
  "\ud800",
  "\udc00",
  "\u2028",
  "•••",
  "%F0%9F%98%80",
  "\\u0000",
];

/** Headers of keys of their own. */
export const headerPairs = (count: number, key: string, value: string): HeaderPair[] =>
  Array.from({ length: count }, (_, index) => ({ key: `${key}${String(index)}`, value }));

/**
 * An attempt whose texts are as `text` gives them, asked for more than any record shows.
 * @param count headers of the request; the answer has ten times as many
 */
export function attemptOf(text: (longest: number) => string, count: number): Attempt {
  const value = (): string => text(20_000);
  return {
    number: 999,
    trigger: "retry",
    startedAt: new Date("2026-11-23T10:00:00.000Z"),
    durationMs: 60_000,
    outcome: "failed",
    mayBeRepeat: true,
    fault: { kind: "response-too-large", message: text(100_000) },
    request: {
      method: "POST",
      url: text(1_000_000),
      headers: headerPairs(count, text(1_000), value()),
      body: text(1_000_000),
    },
    response: {
      status: 599,
      headers: headerPairs(count * 10, text(500), value()),
      body: text(1_000_000),
      truncated: false,
    },
    timings: { tokenMs: 1, connectMs: 2, firstByteMs: 3 },
  };
}
