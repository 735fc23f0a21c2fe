import type { PersonalizationAttribute } from "../../../shared/contract/webhook.ts";
import { anEvent, render, renderedBody } from "../../support/an-event.ts";

const EVENT = anEvent('{ "blank": "", "gone": null, "id": "M-1", "zero": 0, "off": false, "list": [], "space": " " }');

function fallback(value: string): readonly PersonalizationAttribute[] {
  return [{ name: "gone", ifMissing: "fallback", fallback: value }];
}

test.each([
  ["0", "0"],
  ["true", "true"],
  ["false", "false"],
  ["null", "null"],
  ["-1.50", "-1.50"],
  ["12345678901234567890", "12345678901234567890"],
  ["1E5", "1E5"],
  ["[]", "[]"],
  ["{}", "{}"],
  ['{"a":0.10}', '{"a":0.10}'],
  ['"en"', '"en"'],
  ["en", '"en"'],
  ["", '""'],
  ["01", '"01"'],
  ["+1", '"+1"'],
  ["1.", '"1."'],
  ["NaN", '"NaN"'],
  ["True", '"True"'],
  ["[", '"["'],
  ["2026-11-23", '"2026-11-23"'],
])("bare in JSON the fallback %j is %s", (value, expected) => {
  expect(renderedBody('{"x":{{gone}}}', EVENT, { attributes: fallback(value) })).toBe(`{"x":${expected}}`);
});

test("elsewhere a fallback is text, in a JSON string too", () => {
  const attributes = fallback("null");
  expect(renderedBody('{"x":"{{gone}}"}', EVENT, { attributes })).toBe('{"x":"null"}');
  expect(renderedBody("<x>{{gone}}</x>", EVENT, { attributes })).toBe("<x>null</x>");
  expect(renderedBody('{"x":{{gone | raw}}}', EVENT, { attributes: fallback('{ "a": 1 }') })).toBe('{"x":{ "a": 1 }}');
  expect(renderedBody('{"x":{{gone | upcase}}}', EVENT, { attributes: fallback("0.10") })).toBe('{"x":"0.10"}');
});

test("a bare default in JSON is written as it is given", () => {
  expect(
    renderedBody(
      '[{{gone | default: 0}},{{gone | default: -1.50}},{{gone | default: true}},{{gone | default: "0"}}]',
      EVENT,
    ),
  ).toBe('[0,-1.50,true,"0"]');
});

describe("an empty text counts as missing", () => {
  const of = (attribute: PersonalizationAttribute, body: string): string =>
    renderedBody(body, EVENT, { attributes: [attribute] });

  test("for a fallback", () => {
    expect(of({ name: "blank", ifMissing: "fallback", fallback: "en" }, '{"x":"{{blank}}","y":{{blank}}}')).toBe(
      '{"x":"en","y":"en"}',
    );
  });

  test("for fail", () => {
    expect(of({ name: "blank", ifMissing: "fail" }, '{"x":"{{blank}}"}')).toBe(
      'body: line 1 column 7, {{blank}}: the event has no value for "blank", which this webhook requires.',
    );
  });

  test("for a default, as before", () => {
    expect(renderedBody('[{{blank | default: "x"}}]', EVENT)).toBe('["x"]');
  });

  test("not for empty, nor without a rule", () => {
    expect(of({ name: "blank", ifMissing: "empty" }, '{"x":"{{blank}}","y":{{blank}}}')).toBe('{"x":"","y":""}');
  });

  test.each(["zero", "off", "list", "space"])("the value %s is not missing", (name) => {
    const attributes = [{ name, ifMissing: "fail" as const }];
    expect(renderedBody(`[{{${name}}}]`, EVENT, { attributes })).toMatch(/^\[/);
  });
});

describe("a segment of a URL's path", () => {
  const url = (template: string, attributes: readonly PersonalizationAttribute[] = []): string => {
    const rendering = render({ url: `https://api.example.com${template}`, attributes }, EVENT);
    return rendering.ok ? rendering.request.url.slice("https://api.example.com".length) : rendering.fault.message;
  };
  const faultOf = (placeholder: string, column: number): string =>
    `url: line 1 column ${String(column + 23)}, ${placeholder}: its value is missing or empty, which would leave a path segment empty and lead to a different path; give the attribute a fallback, or set ifMissing to "empty" if that is intended.`;

  test.each([
    ["/members/{{gone}}/mail", "{{gone}}", 10],
    ["/members/{{nothing}}/mail", "{{nothing}}", 10],
    ["/members/{{blank}}/mail", "{{blank}}", 10],
    ["/members/{{gone}}", "{{gone}}", 10],
    ["/members/{{gone}}?q=1", "{{gone}}", 10],
    ["/members/{{gone}}#part", "{{gone}}", 10],
    ["/members/{{gone}}{{blank}}/mail", "{{gone}}", 10],
    ["/{{id}}/{{gone}}/{{id}}", "{{gone}}", 9],
    ["\\members\\\\{{gone}}\\mail", "{{gone}}", 11],
    ["/members/{{space | strip}}/mail", "{{space | strip}}", 10],
    ["/members/{{gone | raw}}/mail", "{{gone | raw}}", 10],
    ["/members/{{gone}}\n", "{{gone}}", 10],
  ])("%j is a fault", (template, placeholder, column) => {
    expect(url(template)).toBe(faultOf(placeholder, column));
  });

  test("is not a fault where the attribute says empty", () => {
    const attributes = [{ name: "gone", ifMissing: "empty" as const }];
    expect(url("/members/{{gone}}/mail", attributes)).toBe("/members//mail");
    expect(url("/members/{{gone}}", attributes)).toBe("/members/");
    expect(url("/members/{{gone}}{{blank}}/mail", attributes)).toBe(
      faultOf("{{gone}}", 10).replace("32, {{gone}}", "40, {{blank}}"),
    );
  });

  test.each([
    ["/members/{{gone}}{{id}}/mail", "/members/M-1/mail"],
    ["/members/m{{gone}}/mail", "/members/m/mail"],
    ["/members/?id={{gone}}", "/members/?id="],
    ["/members?id={{gone}}/{{gone}}/", "/members?id=//"],
    ["/members//{{id}}/", "/members//M-1/"],
    ["/members/{{zero}}/{{off}}", "/members/0/false"],
    ["/members/{{gone | default: 'all'}}", "/members/all"],
  ])("%s is none", (template, expected) => {
    expect(url(template)).toBe(expected);
  });

  test("a fallback fills it", () => {
    expect(url("/members/{{gone}}/mail", fallback("all"))).toBe("/members/all/mail");
  });
});
