import { nextOccurrence, parseSchedule } from "../../../local/host/timer/cron.ts";

test.each([
  ["0 */5 * * * *", "2026-11-24T10:02:03.500Z", "2026-11-24T10:05:00.000Z"],
  ["*/5 * * * *", "2026-11-24T10:05:00.000Z", "2026-11-24T10:10:00.000Z"],
  ["0 30 9 * * Mon-Fri", "2026-11-27T10:00:00.000Z", "2026-11-30T09:30:00.000Z"],
  ["15,45 0 0 1 Jan *", "2026-11-24T10:00:00.000Z", "2027-01-01T00:00:15.000Z"],
  ["0 0 0 29 2 *", "2026-11-24T10:00:00.000Z", "2028-02-29T00:00:00.000Z"],
  ["0 0 0 13 * 5", "2026-11-24T10:00:00.000Z", "2027-08-13T00:00:00.000Z"],
  ["* * * * * *", "2026-12-31T23:59:59.000Z", "2027-01-01T00:00:00.000Z"],
  ["0 0 12 * SEPTEMBER monday", "2026-11-24T10:00:00.000Z", "2027-09-06T12:00:00.000Z"],
  ["0 0 0 * jul,a,Dece Thurs-Sa", "2026-12-31T10:00:00.000Z", "2027-04-01T00:00:00.000Z"],
  ["0 5/20 * * * *", "2026-11-24T10:06:00.000Z", "2026-11-24T10:25:00.000Z"],
  ["0 10-30/20,59 * * * *", "2026-11-24T10:30:00.000Z", "2026-11-24T10:59:00.000Z"],
  ["0 0 0 29 2 1", "2026-11-24T10:00:00.000Z", "2044-02-29T00:00:00.000Z"],
  ["0 0 0 29 2 4", "2080-02-29T00:00:00.000Z", "2120-02-29T00:00:00.000Z"],
  ["01:30:00", "2026-11-24T10:00:00.000Z", "2026-11-24T11:30:00.000Z"],
  ["1.00:00:00", "2026-11-24T10:00:00.000Z", "2026-11-25T10:00:00.000Z"],
  ["25:00:00:00", "2026-11-24T10:00:00.000Z", "2026-12-19T10:00:00.000Z"],
])("%s after %s is %s", (text, after, next) => {
  expect(nextOccurrence(parseSchedule(text), new Date(after))?.toISOString()).toBe(next);
});

test("a day that exists in no year never comes", () => {
  expect(nextOccurrence(parseSchedule("0 0 0 31 2 *"), new Date("2026-11-24T10:00:00Z"))).toBeUndefined();
});

test.each([
  ["* * *", "got 3"],
  ["60 * * * * *", "'60' is not a valid second"],
  ["0 0 0 * Foo *", "'Foo' is not a valid month"],
  ["0 0 0 * * Sunny", "'Sunny' is not a valid day of week"],
  ["0 0 0 * * 7", "'7' is not a valid day of week"],
  ["0 0 0 L * *", "'L' is not a valid day"],
  ["0 0 0 ? * *", "'?' is not a valid day"],
  ["0 0,,5 * * * *", "'' is not a valid minute"],
  ["0 9-5 * * * *", "runs backwards"],
  ["0 0 0 * * Fri-Mon", "runs backwards"],
  ["0 */0 * * * *", "is not a valid minute"],
  ["@daily", "got 1"],
  ["00:00:00", "must not be zero"],
  ["24:00:00", "hours above 23 for days"],
  ["00:60:00", "is not a valid interval"],
  ["00:05", "is not a valid interval"],
])("%s is refused: %s", (text, reason) => {
  expect(() => parseSchedule(text)).toThrow(reason);
});
