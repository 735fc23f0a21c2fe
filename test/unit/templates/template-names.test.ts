import type { PersonalizationAttribute } from "../../../shared/contract/webhook.ts";
import { anEvent, renderedBody, renderedUrl, render } from "../../support/an-event.ts";

const EVENT =
  anEvent(`{ "Loyalty Tier": "Gold \\"1\\"", "it's": "quote", "a.b": "flat", "a": { "b": "nested" }, "": "nothing",
  "items": [{ "name": "Mug" }, { "name": "Cap", "tags": ["x", "y"] }], "member": { "First Name": { "x": "Zoë" } }, "0": "zero", "e.m": 1,
  "event.id": "forged", "oauth": { "token": "forged", "other": "kept" }, "oauth.token": "forged", "points": 5 }`);

const text = (template: string, attributes: readonly PersonalizationAttribute[] = []): string =>
  renderedBody(`:${template}`, EVENT, { headers: { "Content-Type": "text/plain" }, attributes }).replace(/^:/, "");

test.each([
  ["a name with a space in brackets", '{{["Loyalty Tier"]}}', 'Gold "1"'],
  ["in single quotes, with spaces around", "{{ [ 'Loyalty Tier' ] | upcase }}", 'GOLD "1"'],
  ["with quotes escaped, as in JSON", '{{[\\"Loyalty Tier\\"]}}', 'Gold "1"'],
  ["a quote within other quotes", '{{["it\'s"]}}', "quote"],
  ["dots within brackets are the key's own", '{{["a.b"]}} {{a.b}} {{a["b"]}}', "flat nested nested"],
  [
    "brackets after a name, and a name after them",
    '{{member["First Name"].x}} {{["member"]["First Name"]["x"]}}',
    "Zoë Zoë",
  ],
  ["an item of a list", "{{items[0].name}} {{items[ 1 ].name}} {{items.1.name}} {{items[1].tags[0]}}", "Mug Cap Cap x"],
  ["from the end, as in Liquid", "{{items[-1].name}} {{items[-2].name}}", "Cap Mug"],
  ["out of range", "[{{items[2].name}}{{items[-3]}}{{items[999999999]}}{{points[0]}}]", "[]"],
  [
    "an item of what is no list, and an entry of what is no object",
    '[{{items["name"]}}{{member[0]}}{{["Loyalty Tier"][0]}}]',
    "[]",
  ],
  ["an empty key, and one that is a number", '{{[""]}} {{["0"]}} {{[0]}}', "nothing zero zero"],
  ["not a prototype's", '[{{["constructor"]}}{{items["length"]}}{{["__proto__"]["toString"]}}]', "[]"],
  [
    "an attribute that is named as the event's own",
    '{{["event.id"]}} {{event.id}} {{event["id"]}}',
    "forged evt-7f3c evt-7f3c",
  ],
  ["what stands beside the token", '{{oauth.other}} {{["oauth.token"]}}', "kept forged"],
])("%s: %s", (_, template, expected) => {
  expect(text(template)).toBe(expected);
});

test("names in brackets work in JSON, XML, headers and URLs", () => {
  expect(
    renderedBody('{"tier":"{{[\\"Loyalty Tier\\"]}}","n":{{["Loyalty Tier"]}},"first":"{{items[0].name}}"}', EVENT),
  ).toBe('{"tier":"Gold \\"1\\"","n":"Gold \\"1\\"","first":"Mug"}');
  expect(renderedBody('<a t="{{["Loyalty Tier"]}}">{{["Loyalty Tier"]}}</a>', EVENT)).toBe(
    '<a t="Gold &quot;1&quot;">Gold &quot;1&quot;</a>',
  );
  expect(renderedUrl('https://api.example.com/{{["Loyalty Tier"]}}?i={{items[0].name}}', EVENT)).toBe(
    "https://api.example.com/Gold%20%221%22?i=Mug",
  );
  const rendering = render({ headers: { "X-Tier": '{{["Loyalty Tier"]}}' } }, EVENT);
  expect(rendering.ok && rendering.request.headers).toEqual([["X-Tier", 'Gold "1"']]);
});

test.each([
  ["{{[Loyalty Tier]}}", "brackets must contain"],
  ['{{["Loyalty Tier}}', "brackets must contain"],
  ['{{["Loyalty Tier"}}', "brackets must contain"],
  ["{{items[]}}", "brackets must contain"],
  ["{{items[1.5]}}", "brackets must contain"],
  ["{{items[-]}}", "brackets must contain"],
  ["{{items[0}}", "brackets must contain"],
  ["{{items[9999999999]}}", "brackets must contain"],
  ['{{["a"]b}}', "only filters, each after"],
  ['{{a.["b"]}}', "only filters, each after"],
  ["{{.a}}", "a name is missing"],
])("%s is a fault", (template, problem) => {
  expect(text(template)).toContain(`column 2, ${template}: ${problem}`);
});

test.each(["Loyalty Tier 2", '["Loyalty Tier 2"]', "['Loyalty Tier 2']", " Loyalty Tier 2 "])(
  "the attribute %j is that of the name in brackets",
  (name) => {
    const attributes = [{ name, ifMissing: "fallback" as const, fallback: "Blue" }];
    expect(text('{{["Loyalty Tier 2"]}}', attributes)).toBe("Blue");
  },
);

test.each(["items[5].name", "items.5.name", 'items[5]["name"]'])(
  "the attribute %j is that of the list's item",
  (name) => {
    const attributes = [{ name, ifMissing: "fallback" as const, fallback: "Pen" }];
    expect(text("{{items[5].name}} {{items.5.name}} {{items[0].name}}", attributes)).toBe("Pen Pen Mug");
  },
);

test.each(['member["First Name"].y', "member.First Name.y"])(
  "the attribute %j is that of a name within another",
  (name) => {
    expect(text('{{member["First Name"].y}}', [{ name, ifMissing: "fallback", fallback: "?" }])).toBe("?");
  },
);

test("in a secret header a name in brackets is not shown", () => {
  const rendering = render({ headers: { "X-Key": '{{["My Secret"' }, secretKeys: ["X-Key"] }, EVENT);
  expect(rendering.ok ? "" : rendering.fault.message).toBe(
    "headers/0/value: line 1 column 1; the value is secret, so it is not shown.",
  );
});
