import { MAX_BODY_BYTES } from "../../../shared/core/requests/render-body.ts";
import { MAX_PLACEHOLDERS } from "../../../shared/core/templates/work.ts";
import type { PersonalizationAttribute } from "../../../shared/contract/webhook.ts";
import { anEvent, exampleEvent, renderedBody } from "../../support/an-event.ts";

const EVENT =
  anEvent(`{ "name": "Zoë", "points": 12345678901234567890, "balance": 0.10, "member": true, "gone": null, "blank": "", "off": false,
  "reward": { "id": "R-1", "tags": ["a", { "b": 0.50 }] }, "flat.key": "flat", "at": "2026-03-05T07:08:09.120+02:00", "day": "2026-12-31",
  "seconds": 1764000000, "long": "123456789012", "faces": "😀😀😀😀😀😀", "__proto__": { "polluted": "own" } }`);

/** Renders as plain text. */
const text = (template: string, attributes: readonly PersonalizationAttribute[] = []): string =>
  renderedBody(`:${template}`, EVENT, { headers: { "Content-Type": "text/plain" }, attributes }).replace(/^:/, "");

test.each([
  ["{{name}}", "Zoë"],
  ["{{ name }}{{\tname\n}}", "ZoëZoë"],
  ["{{points}} {{balance}} {{member}} {{off}}", "12345678901234567890 0.10 true false"],
  ["{{reward.id}} {{reward.tags.0}} {{reward.tags.1.b}}", "R-1 a 0.50"],
  ["{{reward.tags}} {{reward}}", '["a",{"b":0.50}] {"id":"R-1","tags":["a",{"b":0.50}]}'],
  ["{{flat.key}}", "flat"],
  ["{{__proto__.polluted}}", "own"],
  [
    "{{event.id}} {{event.source}} {{event.type}} {{event.time}}",
    "evt-7f3c /kls/acme/rewards reward.issued 2026-11-23T10:00:00.000Z",
  ],
  ["{{event.program}} {{event.environment}}", "rewards uat"],
])("%j gives %j", (template, expected) => {
  expect(text(template)).toBe(expected);
});

test.each([
  "nothing",
  "gone",
  "name.length",
  "reward.tags.length",
  "reward.tags.00",
  "reward.tags.-1",
  "reward.tags.2",
  "points.rawJSON",
  "constructor",
  "toString",
  "constructor.name",
  "reward.constructor",
  "reward.tags.map",
  "reward.__proto__",
  "hasOwnProperty",
  "event.nothing",
  "event",
  "reward.id.x",
])("%s is missing, so it renders as nothing", (name) => {
  expect(text(`[{{${name}}}]`)).toBe("[]");
});

test.each([
  ["\\{{name}}", "{{name}}"],
  ["\\\\{{name}}", "\\Zoë"],
  ["\\\\\\{{name}}", "\\{{name}}"],
  ["\\{{ {{name}} }}", "{{ Zoë }}"],
  ["{{{name}}}", "{Zoë}"],
  ["}} { {name} }", "}} { {name} }"],
  ["a\\b {{name}}\\", "a\\b Zoë\\"],
])("the braces of %j give %j", (template, expected) => {
  expect(text(template)).toBe(expected);
});

test.each([
  ['{{nothing | default: "x"}}', "x"],
  ["{{ nothing | default: 'it\"s' }}", 'it"s'],
  ['{{nothing | default: \\"quoted as in JSON\\"}}', "quoted as in JSON"],
  ['{{nothing | default: "}}"}}', "}}"],
  ['{{gone | default: "x"}}{{blank | default: "y"}}{{off | default: "z"}}{{name | default: "n"}}', "xyfalseZoë"],
  ["{{nothing | default: 0.10}} {{nothing|default:true}} {{nothing | default: -1}}", "0.10 true -1"],
  ['{{nothing | upcase | default: "x" | upcase}}', "X"],
  ["{{name | upcase}} {{name | downcase}} {{points | upcase}}", "ZOË zoë 12345678901234567890"],
  [
    "{{long | truncate: 10}} {{long | truncate: 12}} {{long | truncate: 5, '…'}} {{long | truncate: 2}}",
    "1234567... 123456789012 1234… ...",
  ],
  ['{{faces | truncate: 4, ""}}', "😀😀😀😀"],
  ["{{name | json}} {{reward.tags | json}} {{nothing | json}}", '"Zoë" ["a",{"b":0.50}] '],
  ['{{at | date: "%Y-%m-%d %H:%M:%S.%L %z"}}', "2026-03-05 05:08:09.120 +0000"],
  ['{{at | date: "%-d/%-m/%y %-I %p %B %b %A %a %j %u %%"}}', "5/3/26 5 AM March Mar Thursday Thu 064 4 %"],
  ['{{day | date: "%d.%m.%Y %F %T %R %D %s"}}', "31.12.2026 2026-12-31 00:00:00 00:00 12/31/26 1798675200"],
  ['{{seconds | date: "%F"}} {{event.time | date: "%H Uhr"}} {{nothing | date: "%F"}}', "2025-11-24 10 Uhr "],
])("the filters of %j give %j", (template, expected) => {
  expect(text(template)).toBe(expected);
});

describe("missing values", () => {
  const attributes: readonly PersonalizationAttribute[] = [
    { name: "nothing", ifMissing: "fallback", fallback: "en" },
    { name: "gone", ifMissing: "empty" },
    { name: "reward.name", ifMissing: "fail" },
    { name: "name", ifMissing: "fallback", fallback: "unused" },
  ];

  test("a fallback is used before the filters, and not for a value that exists", () => {
    expect(text("{{nothing}} {{nothing | upcase}} [{{gone}}] {{name}}", attributes)).toBe("en EN [] Zoë");
  });

  test("a default of the placeholder wins over the webhook's attributes", () => {
    expect(text('{{nothing | default: "de"}} {{reward.name | default: "gift"}}', attributes)).toBe("de gift");
  });

  test("a required value that is missing is a fault that names the place", () => {
    expect(text("line\n  {{ reward.name | upcase }}", attributes)).toBe(
      'body: line 2 column 3, {{ reward.name | upcase }}: the event has no value for "reward.name", which this webhook requires.',
    );
  });

  test("bare in JSON a missing value is null, a fallback is a text, a default is unchanged", () => {
    const json = (body: string): string => renderedBody(body, EVENT, { attributes });
    expect(json('[{{gone}},{{none}},{{nothing}},{{none | default: 0}},{{none | default: "0"}},{{blank}}]')).toBe(
      '[null,null,"en",0,"0",""]',
    );
  });
});

test.each([
  [
    "{{name",
    'line 1 column 2, {{name: the braces are not closed; end the placeholder with "}}" or write "\\{{" for literal braces',
  ],
  ["a\nb {{}}", "line 2 column 3, {{}}: a name is missing: letters, digits, _ and -, with dots between"],
  [
    "{{member email}}",
    'line 1 column 2, {{member email}}: only filters, each after "|", may follow the name, and then "}}"; a name with spaces needs brackets, as in {{["First Name"]}}',
  ],
  ["{{name.}}", 'line 1 column 2, {{name.}}: only filters, each after "|", may follow the name, and then "}}"'],
  [
    "{{name | shout}}",
    'line 1 column 2, {{name | shout}}: unknown filter "shout"; the filters are default, date, upcase, downcase, truncate, strip, replace, append, prepend, escape, url_encode, base64_encode, md5, sha256, round, size, first, last, join, json, raw',
  ],
  [
    "{{name | constructor}}",
    'line 1 column 2, {{name | constructor}}: unknown filter "constructor"; the filters are default, date, upcase, downcase, truncate, strip, replace, append, prepend, escape, url_encode, base64_encode, md5, sha256, round, size, first, last, join, json, raw',
  ],
  ["{{name | }}", 'line 1 column 2, {{name | }}: the name of a filter is missing after "|"'],
  [
    "{{name | default}}",
    'line 1 column 2, {{name | default}}: the filter default takes one argument, as in default: "x"',
  ],
  [
    "{{name | default: x}}",
    "line 1 column 2, {{name | default: x}}: a filter's argument must be quoted text, a number, true or false",
  ],
  ["{{name | upcase: 1}}", "line 1 column 2, {{name | upcase: 1}}: the filter upcase takes no argument"],
  [
    '{{name | truncate: "5"}}',
    'line 1 column 2, {{name | truncate: "5"}}: the filter truncate takes a length and a text for the end, as in truncate: 10, "…"',
  ],
  ['{{at | date: "%Q"}}', 'line 1 column 2, {{at | date: "%Q"}}: the filter date does not support "%Q"'],
  [
    '{{name | date: "%F"}}',
    'line 1 column 2, {{name | date: "%F"}}: the value is not a date in a supported format: a day or time as in 2026-11-23, 2026-11-23T10:00Z, 20261123T100000+0100 or "Mon, 23 Nov 2026 10:00:00 GMT", Unix seconds or milliseconds, or /Date(1795600000000)/',
  ],
])("%j is a fault that names the field and the place", (template, problem) => {
  expect(text(template)).toBe(`body: ${problem}.`);
});

test("a template has at most a thousand placeholders", () => {
  expect(text("{{name}}".repeat(MAX_PLACEHOLDERS))).toBe("Zoë".repeat(MAX_PLACEHOLDERS));
  expect(text("{{name}}".repeat(MAX_PLACEHOLDERS + 1))).toBe(
    "body: more than 1000 placeholders in the URL, the headers and the body together; use fewer.",
  );
});

test("what is rendered has at most a megabyte", () => {
  const big = anEvent(`{"x":"${"é".repeat(MAX_BODY_BYTES / 4)}"}`);
  expect(renderedBody("{{x}}{{x}}", big)).toHaveLength(MAX_BODY_BYTES / 2);
  expect(renderedBody("{{x}}{{x}}.", big)).toBe("body: the rendered text is longer than 1048576 bytes.");
  expect(renderedBody("{{x}}".repeat(1000), big)).toBe("body: the rendered text is longer than 1048576 bytes.");
});

test("rendering twice gives the same", () => {
  const event = exampleEvent();
  expect(renderedBody("{{reward}}{{points}}", event)).toBe(renderedBody("{{reward}}{{points}}", event));
});
