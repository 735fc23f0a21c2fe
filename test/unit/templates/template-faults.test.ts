import { awkwardTexts, anEvent, render } from "../../support/an-event.ts";

/** A word in each template below, in place of its author's secret. */
const SECRET = "s3cr3tZQX";

/** The fault of a header with this value, marked secret or not. */
function faultOf(value: string, secret: boolean, attributes: Parameters<typeof render>[0]["attributes"] = []): string {
  const event = anEvent(`{"x":"${SECRET}","wide":"漢","long":"${"a".repeat(9_000)}"}`);
  const headers = { "X-Api-Key": value };
  const rendering = render({ headers, attributes, secretKeys: secret ? ["X-Api-Key"] : [] }, event);
  return rendering.ok ? "" : rendering.fault.message;
}

const SAID = /^headers\/0\/value: line \d+ column \d+; the value is secret, so it is not shown\.$/;

const TEMPLATES = [
  `{{${SECRET}`,
  `{{ ${SECRET} ${SECRET} }}`,
  `{{x | ${SECRET}}}`,
  `{{x | default: ${SECRET}}}`,
  `{{x | default: "${SECRET}", "${SECRET}"}}`,
  `{{x | default: "${SECRET}}}`,
  `{{x | upcase: "${SECRET}"}}`,
  `{{x | truncate: "${SECRET}"}}`,
  `{{x | date: "%Q${SECRET}"}}`,
  `{{x | date: "%F ${SECRET}"}}`,
  `{{x | date: "%F"}}`,
  `{{x.${SECRET}.}}`,
  `{{}} ${SECRET}`,
  `{{wide | raw}}${SECRET}`,
  `{{must.${SECRET}}}`,
  `${SECRET}: {{x | ${SECRET}}}`,
];
const ATTRIBUTES = [{ name: `must.${SECRET}`, ifMissing: "fail" as const }];

test.each(TEMPLATES)("a fault of the secret header %j says line and column only", (template) => {
  const message = faultOf(template, true, ATTRIBUTES);
  expect(message).toMatch(SAID);
  expect(message).not.toContain(SECRET);
});

test.each(TEMPLATES)("the same fault %j of a header that is not secret helps its author", (template) => {
  expect(faultOf(template, false, ATTRIBUTES)).toMatch(/^headers\/0\/value: line 1 column \d+, \{\{.*: [a-z%]/s);
});

test("whatever a secret header contains, its fault shows nothing of it", () => {
  const faults = awkwardTexts(500)
    .map((awkward) => faultOf(`${awkward} {{${awkward}|${awkward}:"${awkward}`, true))
    .filter((message) => message !== "");
  expect(faults.length).toBeGreaterThan(400);
  for (const message of faults) expect(message.replace("it cannot be used", "line 1 column 1")).toMatch(SAID);
});

test("limits are reported in full for a secret header too: they quote nothing", () => {
  expect(faultOf(`{{x${"|upcase".repeat(11)}}}`, true)).toBe(
    "headers/0/value: line 1 column 1: more than 10 filters on one placeholder; use fewer.",
  );
  expect(faultOf("a{{long}}", true)).toBe("headers/0/value: the rendered text is longer than 8192 bytes.");
});

test("a literal that a header cannot carry is not quoted", () => {
  expect(faultOf(`${SECRET}\n`, true)).toBe(
    "headers/0/value: it cannot be used; the value is secret, so it is not shown.",
  );
});

test("a fault quotes 60 characters of a placeholder at most, and of a name in it", () => {
  const name = "n".repeat(500);
  expect(faultOf(`{{${name}|nofilter}}`, false)).toBe(
    `headers/0/value: line 1 column 1, {{${"n".repeat(58)}…: unknown filter "nofilter"; the filters are default, date, upcase, downcase, truncate, strip, replace, append, prepend, escape, url_encode, base64_encode, md5, sha256, round, size, first, last, join, json, raw.`,
  );
  const attributes = [{ name, ifMissing: "fail" as const }];
  expect(faultOf(`{{${name}}}`, false, attributes)).toContain(`no value for "${"n".repeat(60)}…", which`);
  expect(faultOf(`{{x|${name}}}`, false)).toContain(`unknown filter "${"n".repeat(60)}…"; the filters are`);
});

test("a fault contains no value of the event", () => {
  const event = anEvent(`{"x":"${SECRET}"}`);
  const faults = ["https://{{x | raw}}.a b/", "https://api.example.com:8443@{{x}}/", "https://{{x|raw}}:1/"].map(
    (url) => {
      const rendering = render({ url }, event);
      return rendering.ok ? "" : rendering.fault.message;
    },
  );
  for (const fault of faults) expect(fault).not.toContain(SECRET);
});
