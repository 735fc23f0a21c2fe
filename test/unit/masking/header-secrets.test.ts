import { maskFor } from "../../../shared/core/masking/mask.ts";
import { anEvent, render } from "../../support/an-event.ts";

const event = anEvent(
  JSON.stringify({
    memberId: "M-4711-0815",
    firstName: "Zoë",
    email: "ana@example.com",
    s: "x",
    type: "Bearer",
    empty: "",
  }),
);

/** How a text is shown when a secret header was rendered from this template. */
function shown(template: string, text: string): string {
  const rendering = render({ headers: { "X-Member-Token": template }, secretKeys: ["X-Member-Token"] }, event);
  if (!rendering.ok) throw new Error(rendering.fault.message);
  return maskFor(rendering.secrets)(text);
}

describe("a secret header made only of event values is not masked elsewhere", () => {
  const body = '{"member":"M-4711-0815","name":"Zo%C3%AB","mail":"ana@example.com"}';
  test.each([
    "{{memberId}}",
    "Bearer {{memberId}}",
    "{{memberId}}:{{email}}",
    "{{ memberId | upcase }}-{{firstName}}",
    "member={{memberId}}; mail={{email}}",
    'Token token="{{memberId}}"',
    '{"member":"{{memberId}}"}',
    '{{memberId | default: "none"}}',
    '{{event.time | date: "%Y-%m-%d"}} {{memberId}}',
    "{{type}} {{memberId}}",
    "{{empty}}",
    "  {{memberId}}  ",
  ])("%s", (template) => {
    expect(shown(template, body)).toBe(body);
  });
});

describe("a secret header that is a plain word or a number is not masked elsewhere", () => {
  test.each([
    "true",
    "False",
    "NULL",
    "active",
    "Enabled",
    "production",
    "gold",
    "2024",
    "42",
    "123456789",
    "-3.14",
    "100%",
    "Bearer true",
    "consent=true; member={{memberId}}",
  ])("%s", (value) => {
    const body =
      '{"flag":true,"no":"False null NULL","state":"active","Enabled":1,"in":"production","tier":"gold","at":[2024,42,123456789,-3.14,"100%"]}';
    expect(shown(value, body)).toBe(body);
  });
});

describe("what the configuration wrote is masked everywhere", () => {
  test.each([
    ["s3cret", "got s3cret", "got •••"],
    ["hunter2", "got hunter2", "got •••"],
    ["swordfish", "got swordfish", "got •••"],
    ["password", "got password", "got •••"],
    ["Basic c3ZjOmdvbGQ=", "got gold", "got •••"],
    ["1234567890", "got 1234567890", "got •••"],
    ["4111-1111", "got 4111-1111", "got •••"],
    ["s3cret-{{memberId}}", "got s3cret-M-4711-0815 of M-4711-0815", "got ••• of M-4711-0815"],
    ["{{memberId}}:s3cret", "got M-4711-0815:s3cret and s3cret of M-4711-0815", "got ••• and ••• of M-4711-0815"],
    ["{{type}} s3cret", "got s3cret with Bearer s3cret", "got ••• with •••"],
    ["{{type}}  s3cret-{{memberId}}", "got s3cret-M-4711-0815", "got •••"],
    ["member={{memberId}}; sid=9f8e7d", "got 9f8e7d of M-4711-0815", "got ••• of M-4711-0815"],
    ['{"member":"{{memberId}}","key":"9f8e7d"}', "got 9f8e7d of M-4711-0815", "got ••• of M-4711-0815"],
    ['{{nobody | default: "s3cret"}}', "got s3cret", "got •••"],
    ['{{memberId | truncate: 4, "s3cret"}}', "got s3cret", "got •••"],
    ["https://svc:s3cret@{{memberId}}.example", "got s3cret", "got •••"],
    ["!!!!{{s}}", "got !!!!x", "got •••"],
    ["k9-{{memberId}}-f7", "got k9-M-4711-0815-f7", "got k9-M-4711-0815-f7"],
  ])("of %s: %s", (template, text, expected) => {
    expect(shown(template, text)).toBe(expected);
  });
});

test("a value cannot reveal a secret by containing it", () => {
  const twice = anEvent(JSON.stringify({ a: "s3cret", b: "3", c: "s" }));
  const rendering = render({ headers: { "X-Key": "{{a}}{{b}}{{c}} s3cret" }, secretKeys: ["X-Key"] }, twice);
  expect(rendering.ok && maskFor(rendering.secrets)("s3cret")).toBe("•••");
});

test("a header that is not secret has nothing to mask", () => {
  const rendering = render({ headers: { "X-A": "s3cret-{{memberId}}" } }, event);
  expect(rendering.ok && rendering.secrets).toEqual([]);
});
