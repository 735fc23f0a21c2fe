import { anEvent, renderedBody } from "../../support/an-event.ts";

/** What the filter `date` makes of a value, given as JSON; a fault without its place. */
function dated(json: string, args: string): string {
  const written = renderedBody(`:{{x | date: ${args}}}`, anEvent(`{"x":${json}}`), {
    headers: { "Content-Type": "text/plain" },
  });
  return written.replace(/^(?::|body: line 1 column 2, .*\}\}: )/s, "");
}

const FULL = '"%F %T.%L"';
const at = (text: string): string => dated(JSON.stringify(text), FULL);

test.each([
  ["Java's and Salesforce's offset without a colon", "2026-11-23T10:00:00.000+0000", "2026-11-23 10:00:00.000"],
  ["an offset without a colon that is not zero", "2026-11-23T10:00:00.000+0130", "2026-11-23 08:30:00.000"],
  ["an offset of hours alone", "2026-11-23T10:00:00+02", "2026-11-23 08:00:00.000"],
  ["a negative offset of hours", "2026-11-23T22:00:00-03", "2026-11-24 01:00:00.000"],
  ["no seconds", "2026-11-23T10:00Z", "2026-11-23 10:00:00.000"],
  ["no seconds and no zone", "2026-11-23T10:00", "2026-11-23 10:00:00.000"],
  ["the basic form", "20261123T100000Z", "2026-11-23 10:00:00.000"],
  ["the basic form without seconds, with an offset", "20261123T1000+0100", "2026-11-23 09:00:00.000"],
  ["a day in the basic form", "20261123", "2026-11-23 00:00:00.000"],
  ["digits of a time without a T", "20261123100000", "2026-11-23 10:00:00.000"],
  ["digits of a time without a T, with a zone, as LDAP has them", "20261123100000Z", "2026-11-23 10:00:00.000"],
  [".NET's JSON date", "/Date(1795600000000)/", "2026-11-25 09:46:40.000"],
  [".NET's JSON date with an offset, which does not move it", "/Date(1795600000000+0200)/", "2026-11-25 09:46:40.000"],
  [".NET's smallest date", "/Date(-62135596800000)/", "0001-01-01 00:00:00.000"],
  [".NET's seven digits", "2026-11-23T10:00:00.1234567Z", "2026-11-23 10:00:00.123"],
  [".NET's seven digits and offset", "2026-11-23T10:00:00.1234567+01:00", "2026-11-23 09:00:00.123"],
  [".NET's format u", "2026-11-23 10:00:00Z", "2026-11-23 10:00:00.000"],
  [".NET's DateTimeOffset", "2026-11-23 10:00:00 +02:00", "2026-11-23 08:00:00.000"],
  ["Java's ZonedDateTime", "2026-11-23T10:00:00+01:00[Europe/Berlin]", "2026-11-23 09:00:00.000"],
  ["Java's Date.toString", "Mon Nov 23 10:00:00 CET 2026", "2026-11-23 09:00:00.000"],
  ["Gson's default", "Nov 23, 2026 1:05:06 PM", "2026-11-23 13:05:06.000"],
  ["Gson's default of newer Java, midnight", "Nov 23, 2026, 12:00:00\u202fAM", "2026-11-23 00:00:00.000"],
  ["Unix seconds as text", "1795600000", "2026-11-25 09:46:40.000"],
  ["Unix milliseconds as text", "1795600000123", "2026-11-25 09:46:40.123"],
  ["Unix seconds with a fraction as text", "1795600000.5", "2026-11-25 09:46:40.500"],
  ["Unix milliseconds as a double of Java", "1.795600000123E12", "2026-11-25 09:46:40.123"],
  ["spaces around", " \t2026-11-23T10:00:00Z\n", "2026-11-23 10:00:00.000"],
  ["spaces around digits", " 1795600000 ", "2026-11-25 09:46:40.000"],
  ["RFC 1123", "Mon, 23 Nov 2026 10:00:00 GMT", "2026-11-23 10:00:00.000"],
  ["RFC 1123 with UT", "Mon, 23 Nov 2026 10:00:00 UT", "2026-11-23 10:00:00.000"],
  ["RFC 5322 with an offset, one digit, no weekday, no seconds", "3 Nov 2026 10:00 +0200", "2026-11-03 08:00:00.000"],
  ["RFC 5322 with a zone of the United States", "Mon, 23 Nov 2026 10:00:00 EST", "2026-11-23 15:00:00.000"],
  ["RFC 5322 with the zone's name in a comment", "Mon, 23 Nov 2026 10:00:00 +0100 (CET)", "2026-11-23 09:00:00.000"],
  ["date of Unix", "Mon Nov 23 10:00:00 UTC 2026", "2026-11-23 10:00:00.000"],
  ["date of Unix, day with one digit", "Tue Nov  3 10:00:00 PM UTC 2026", "2026-11-03 22:00:00.000"],
  ["asctime of C", "Mon Nov 23 10:00:00 2026", "2026-11-23 10:00:00.000"],
  [
    "JavaScript's Date.toString",
    "Mon Nov 23 2026 10:00:00 GMT+0100 (Central European Standard Time)",
    "2026-11-23 09:00:00.000",
  ],
  ["a fraction after a comma", "2026-11-23T10:00:00,25Z", "2026-11-23 10:00:00.250"],
  ["a space instead of T, and a name of UTC", "2026-11-23 10:00:00 UTC", "2026-11-23 10:00:00.000"],
  ["PostgreSQL", "2026-11-23 10:00:00.123456+00", "2026-11-23 10:00:00.123"],
  ["24:00:00, the next midnight", "2026-12-31T24:00:00Z", "2027-01-01 00:00:00.000"],
  ["a leap second, as the second before it", "2016-12-31T23:59:60Z", "2016-12-31 23:59:59.000"],
  ["the day of a leap year", "2028-02-29", "2028-02-29 00:00:00.000"],
])("the filter date reads %s", (_, text, expected) => {
  expect(at(text)).toBe(expected);
});

test.each([
  ["1795600000", "2026-11-25 09:46:40.000"],
  ["1795600000000", "2026-11-25 09:46:40.000"],
  ["1795600000.250", "2026-11-25 09:46:40.250"],
  ["0", "1970-01-01 00:00:00.000"],
  ["-1", "1969-12-31 23:59:59.000"],
  // As text these digits are a day; a number stays what it always was.
  ["20261123", "1970-08-23 12:05:23.000"],
])("the number %s is Unix time", (json, expected) => {
  expect(dated(json, FULL)).toBe(expected);
});

const FORMS =
  'the value is not a date in a supported format: a day or time as in 2026-11-23, 2026-11-23T10:00Z, 20261123T100000+0100 or "Mon, 23 Nov 2026 10:00:00 GMT", Unix seconds or milliseconds, or /Date(1795600000000)/.';

test.each([
  ["day and month could be taken for each other", "01/02/2026"],
  ["so could they with dots", "01.02.2026"],
  ["the year is cut short", "23 Nov 26"],
  ["it is no day of the calendar", "2026-02-29"],
  ["the month is not one", "2026-13-01"],
  ["the month's name is not one", "23 Nox 2026"],
  ["the hour is not one", "2026-11-23T25:00:00Z"],
  ["24 o'clock has no minutes", "2026-11-23T24:00:01Z"],
  ["the minute is not one", "2026-11-23T10:60:00Z"],
  ["the offset is not one", "2026-11-23T10:00:00+99"],
  ["the zone's name means several", "Mon Nov 23 10:00:00 IST 2026"],
  ["there is no 13 PM", "Nov 23, 2026 13:00:00 PM"],
  ["the year is negative", "-2026-11-23"],
  ["a year alone is not a day", "2026"],
  ["a month alone is not a day", "2026-11"],
  ["separators are mixed", "2026-1123"],
  ["the digits could be anything", "99999999"],
  ["the year would have six digits", "1795600000000000"],
  ["it is a word", "tomorrow"],
  ["something follows", "2026-11-23T10:00:00Z; x"],
  [".NET's date holds no number", "/Date(x)/"],
])("a date is refused, with the supported forms, where %s", (_, text) => {
  expect(at(text)).toBe(FORMS);
});

test("numbers beyond the year 9999, lists and booleans are not dates", () => {
  for (const json of ["1e300", "1795600000000000", "true", "[]", '{"a":1}']) expect(dated(json, FULL)).toBe(FORMS);
});

test("an empty text stays empty", () => {
  expect(dated('""', FULL)).toBe("");
});

test("reading takes time linear in the value, whatever it is", () => {
  for (const unit of ["1", " ", "20261123T", "Mon, ", "+01", "[", "("]) {
    expect(at(unit.repeat(300_000 / unit.length))).toBe(FORMS);
  }
});

describe("a time zone", () => {
  const inZone = (text: string, format: string, zone: string): string =>
    dated(JSON.stringify(text), `"${format}", "${zone}"`);

  test("the example of the issue", () => {
    expect(inZone("2026-11-23T10:00:00.000+0000", "%d.%m.%Y %H:%M", "Europe/Berlin")).toBe("23.11.2026 11:00");
  });

  test.each([
    ["2026-07-01T10:00:00Z", "Europe/Berlin", "2026-07-01 12:00:00 +0200 +02:00 CEST"],
    ["2026-11-23T10:00:00Z", "Europe/Berlin", "2026-11-23 11:00:00 +0100 +01:00 CET"],
    ["2026-11-23T02:00:00Z", "America/New_York", "2026-11-22 21:00:00 -0500 -05:00 EST"],
    ["2026-07-01T02:00:00Z", "America/Los_Angeles", "2026-06-30 19:00:00 -0700 -07:00 PDT"],
    ["2026-07-01T10:00:00Z", "Europe/London", "2026-07-01 11:00:00 +0100 +01:00 BST"],
    ["2026-07-01T10:00:00Z", "Asia/Kolkata", "2026-07-01 15:30:00 +0530 +05:30 IST"],
    ["2026-07-01T10:00:00Z", "Asia/Kathmandu", "2026-07-01 15:45:00 +0545 +05:45 +0545"],
    ["2026-07-01T10:00:00Z", "America/St_Johns", "2026-07-01 07:30:00 -0230 -02:30 -0230"],
    ["2026-07-01T10:00:00Z", "UTC", "2026-07-01 10:00:00 +0000 +00:00 UTC"],
    ["2026-07-01T10:00:00Z", "europe/BERLIN", "2026-07-01 12:00:00 +0200 +02:00 CEST"],
  ])("%s in %s is %s", (text, zone, expected) => {
    expect(inZone(text, "%F %T %z %:z %Z", zone)).toBe(expected);
  });

  test.each([
    ["+02:00", "2026-07-01 12:00:00 +0200 +02:00 +02"],
    ["+0200", "2026-07-01 12:00:00 +0200 +02:00 +02"],
    ["+02", "2026-07-01 12:00:00 +0200 +02:00 +02"],
    ["-03:30", "2026-07-01 06:30:00 -0330 -03:30 -0330"],
    ["+05:45", "2026-07-01 15:45:00 +0545 +05:45 +0545"],
    ["+14:00", "2026-07-02 00:00:00 +1400 +14:00 +14"],
    ["-00:00", "2026-07-01 10:00:00 +0000 +00:00 -00"],
  ])("an offset is a zone too: %s", (zone, expected) => {
    expect(inZone("2026-07-01T10:00:00Z", "%F %T %z %:z %Z", zone)).toBe(expected);
  });

  test("a day without a time is that day at an offset too, and the example of the issue with one", () => {
    expect(inZone("2026-12-31", "%F %T %z", "-11:00")).toBe("2026-12-31 00:00:00 -1100");
    expect(inZone("2026-11-23T10:00:00.000+0000", "%d.%m.%Y %H:%M", "+02:00")).toBe("23.11.2026 12:00");
  });

  test("clocks go forward and back as they do there", () => {
    const times = ["2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"];
    expect(times.map((time) => inZone(time, "%T %z", "Europe/Berlin"))).toEqual([
      "01:59:59 +0100",
      "03:00:00 +0200",
      "02:30:00 +0200",
      "02:30:00 +0100",
    ]);
  });

  test("a day without a time is the same day everywhere", () => {
    for (const zone of ["Pacific/Honolulu", "Europe/Berlin", "Pacific/Kiritimati", "America/Sao_Paulo", "Asia/Beirut"])
      for (const day of ["2026-12-31", "2018-11-04", "2026-03-29", "2026-10-25"])
        expect(inZone(day, "%F", zone)).toBe(day);
    expect(inZone("2026-07-01", "%T %z %s", "Europe/Berlin")).toBe("00:00:00 +0200 1782856800");
    // In Brazil clocks went forward at midnight: the day began at one.
    expect(inZone("2018-11-04", "%F %T %z", "America/Sao_Paulo")).toBe("2018-11-04 01:00:00 -0200");
  });

  test("Unix seconds are the same everywhere, and without a zone all is UTC", () => {
    expect(inZone("2026-07-01T10:00:00+02:00", "%s %j %A", "Asia/Tokyo")).toBe("1782892800 182 Wednesday");
    expect(dated('"2026-07-01T10:00:00+02:00"', '"%s %T %z %:z %Z"')).toBe("1782892800 08:00:00 +0000 +00:00 UTC");
  });

  test.each([
    "Europe/Berlinn",
    "",
    "CET+1",
    "+2",
    "+02:60",
    "+14:01",
    "-99",
    "02:00",
    "+02:00:00",
    " +02:00",
    "../etc",
    "Mars/Olympus",
  ])("an unknown zone %j is a fault that names it, for every event", (zone) => {
    expect(renderedBody(`{{x | date: "%F", "${zone}"}}`, anEvent())).toBe(
      `body: line 1 column 1, {{x | date: "%F", "${zone}"}}: unknown time zone "${zone}"; use a name such as "Europe/Berlin" or "UTC", or an offset such as "+02:00".`,
    );
  });

  test.each(['"%F", 1', '"%F", "UTC", "x"', "1"])("the arguments %s are a fault", (args) => {
    expect(dated('"2026-11-23"', args)).toBe(
      'the filter date takes a format and a time zone, as in date: "%Y-%m-%d" and date: "%d.%m.%Y %H:%M", "Europe/Berlin".',
    );
  });
});
