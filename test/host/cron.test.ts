import { nextOccurrence, parseSchedule } from "../../local/host/cron.ts";

test.each([
  ["0 */5 * * * *", "2026-11-24T10:02:03.500Z", "2026-11-24T10:05:00.000Z"],
  ["*/5 * * * *", "2026-11-24T10:05:00.000Z", "2026-11-24T10:10:00.000Z"],
  ["0 30 9 * * Mon-Fri", "2026-11-27T10:00:00.000Z", "2026-11-30T09:30:00.000Z"],
  ["15,45 0 0 1 Jan *", "2026-11-24T10:00:00.000Z", "2027-01-01T00:00:15.000Z"],
  ["0 0 0 29 2 *", "2026-11-24T10:00:00.000Z", "2028-02-29T00:00:00.000Z"],
  ["0 0 0 13 * 5", "2026-11-24T10:00:00.000Z", "2027-08-13T00:00:00.000Z"],
  ["* * * * * *", "2026-12-31T23:59:59.000Z", "2027-01-01T00:00:00.000Z"],
  ["01:30:00", "2026-11-24T10:00:00.000Z", "2026-11-24T11:30:00.000Z"],
])("%s after %s is %s", (text, after, next) => {
  expect(nextOccurrence(parseSchedule(text), new Date(after))?.toISOString()).toBe(next);
});

test("a day that no year has never comes", () => {
  expect(nextOccurrence(parseSchedule("0 0 0 31 2 *"), new Date("2026-11-24T10:00:00Z"))).toBeUndefined();
});

test.each([
  ["* * *", "3 fields"],
  ["60 * * * * *", "'60' is no second"],
  ["0 0 0 * Foo *", "'Foo' is no month"],
  ["0 9-5 * * * *", "runs backwards"],
  ["0 */0 * * * *", "is no minute"],
  ["00:00:00", "must not be zero"],
])("%s is refused: %s", (text, reason) => {
  expect(() => parseSchedule(text)).toThrow(reason);
});
