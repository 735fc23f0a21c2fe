import { askedWait } from "../../../shared/core/deliveries/retry-after.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");

test.each([
  ["0", 0],
  ["120", 120_000],
  [" 120 ", 120_000],
  ["999999999999999999999", 86_400_000],
  ["Mon, 23 Nov 2026 11:00:00 GMT", 3_600_000],
  ["Monday, 23-Nov-26 11:00:00 GMT", 3_600_000],
  ["Sun, 22 Nov 2026 11:00:00 GMT", 0],
  ["Mon, 23 Nov 2099 11:00:00 GMT", 86_400_000],
])("Retry-After %p asks for %i ms", (text, expected) => {
  expect(askedWait(text, NOW)).toBe(expected);
});

test.each([undefined, "", "-1", "1.5", "abc", "soon", "2026-11-23T11:00:00Z", "Mon, nonsense"])(
  "Retry-After %p asks for nothing",
  (text) => {
    expect(askedWait(text, NOW)).toBeUndefined();
  },
);
