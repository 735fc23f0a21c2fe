import { createHash } from "node:crypto";
import { MAX_RENDER_CHARACTERS, RenderWork } from "../../../shared/core/templates/work.ts";
import { finderOf, replacedAt } from "../../../shared/core/templates/filters/replace.ts";
import { anEvent, awkwardTexts, renderedBody } from "../../support/an-event.ts";

const EVENT =
  anEvent(`{ "name": "Zoë", "mail": "john@liquid.com", "full": "Tetsuro Takara", "markup": "<b a=\\"1\\">&'</b>", "padded": " \\t a b \\n",
  "points": 12345678901234567890, "balance": 0.10, "price": 183.357, "half": 2.5, "minus": -2.5, "text": "12.75", "word": "abc", "blank": "",
  "tags": ["a", "b", 0.50, null, ["c", { "d": 1 }]], "none": [], "reward": { "id": "R-1", "n": 2 }, "faces": "😀é😀", "yes": true, "gone": null }`);

const text = (template: string): string =>
  renderedBody(`:${template}`, EVENT, { headers: { "Content-Type": "text/plain" } }).replace(/^:/, "");
const fault = (template: string): string => text(template).replace(/^body: line 1 column 2, .*\}\}: /s, "");
const hex = (algorithm: string, value: string): string => createHash(algorithm).update(value).digest("hex");

test.each([
  [
    "url_encode",
    "{{mail | url_encode}} {{full | url_encode}} {{name | url_encode}}",
    "john%40liquid.com Tetsuro+Takara Zo%C3%AB",
  ],
  ["escape", "{{markup | escape}}", "&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;"],
  ["base64_encode", "{{name | base64_encode}} {{blank | base64_encode}}", "Wm/Dqw== "],
  ["md5", "{{name | md5}}", hex("md5", "Zoë")],
  ["sha256", "{{name | downcase | sha256}}", hex("sha256", "zoë")],
  ["sha256 of a number's own digits", "{{balance | sha256}}", hex("sha256", "0.10")],
  ["strip", "[{{padded | strip}}]", "[a b]"],
  [
    "replace",
    '{{word | replace: "b", "$&"}} {{mail | replace: "l", ""}} {{balance | replace: ".", ","}}',
    "a$&c john@iquid.com 0,10",
  ],
  ["replace without a replacement", '{{full | replace: " "}}', "TetsuroTakara"],
  ["replace with numbers", "{{points | replace: 0, 1}}", "12345678911234567891"],
  ["append", '{{name | append: "!"}} {{balance | append: " €"}} {{name | append: 0.10}}', "Zoë! 0.10 € Zoë0.10"],
  ["prepend", '{{points | prepend: "#"}}', "#12345678901234567890"],
  ["first and last of a list", "{{tags | first}} {{tags | last}} {{none | first}}", 'a ["c",{"d":1}] '],
  ["first and last of a text, by characters", "{{faces | first}} {{faces | last}} {{blank | last}}", "😀 😀 "],
  ["first of what has none", "[{{reward | first}}{{points | last}}]", "[]"],
  ["join", "{{tags | join}}", 'a b 0.50  c {"d":1}'],
  ["join with a text between", '{{tags | join: ", "}}', 'a, b, 0.50, , c, {"d":1}'],
  ["join of what is no list", '{{name | join: ", "}} {{none | join}}', "Zoë "],
  ["size of text, by characters", "{{faces | size}} {{name | size}} {{blank | size}}", "3 3 0"],
  ["size of lists and objects", "{{tags | size}} {{none | size}} {{reward | size}}", "5 0 2"],
  ["size of a number, by its digits", "{{points | size}} {{balance | size}}", "20 4"],
  ["size of what is JSON already", "{{reward | json | size}}", "18"],
  ["filters in turn", '{{padded | strip | replace: " ", "-" | upcase | append: "!" | size}}', "4"],
  ["a missing value passes them all", "[{{gone | append: 'x'}}{{nothing | size}}{{gone | md5}}]", "[]"],
  ["and a default gives one", '{{gone | default: "x" | append: "y" | sha256}}', hex("sha256", "xy")],
])("%s: %s", (_, template, expected) => {
  expect(text(template)).toBe(expected);
});

test.each([
  ["{{price | round}} {{price | round: 2}} {{price | round: 5}}", "183 183.36 183.357"],
  ["{{half | round}} {{minus | round}}", "3 -3"],
  [
    "{{points | round}} {{points | round: 2}} {{points | round: -19}}",
    "12345678901234567890 12345678901234567890 10000000000000000000",
  ],
  ["{{balance | round: 2}} {{balance | round: 1}} {{balance | round}}", "0.10 0.1 0"],
  ["{{text | round: 1}} {{text | round}}", "12.8 13"],
  ["[{{blank | round}}]", "[]"],
])("round keeps the digits that stay: %s", (template, expected) => {
  expect(text(template)).toBe(expected);
});

test.each([
  ["9.996", 2, "10.00"],
  ["99.5", 0, "100"],
  ["0.5", 0, "1"],
  ["-0.5", 0, "-1"],
  ["-0.4", 0, "0"],
  ["-0.04", 1, "0.0"],
  ["0.05", 1, "0.1"],
  ["1.005", 2, "1.01"],
  ["123456789012345678901234567890.5", 0, "123456789012345678901234567891"],
  ["1.25e1", 0, "13"],
  ["1.25E-1", 2, "0.13"],
  ["5e-400", 2, "0.00"],
  ["1e400", 2, "1e400"],
  ["155", -1, "160"],
  ["44", -2, "0"],
  ["50", -2, "100"],
])("round of %s to %d places is %s", (number, places, expected) => {
  const event = anEvent(`{"x":${number}}`);
  expect(renderedBody(`[{{x | round: ${String(places)}}}]`, event)).toBe(`[${expected}]`);
});

test("bare in JSON round and size are numbers, texts are texts", () => {
  expect(
    renderedBody(
      '[{{text | round: 1}},{{tags | size}},{{tags | first}},{{name | md5}},{{points | append: ""}}]',
      EVENT,
    ),
  ).toBe(`[12.8,5,"a","${hex("md5", "Zoë")}","12345678901234567890"]`);
});

test.each(["+1.2", " 1.5 ", "01.5", "1.5e0"])("round reads the text %j", (number) => {
  expect(renderedBody("[{{x | round}}]", anEvent(JSON.stringify({ x: number })))).toBe(
    number.includes("1.2") ? "[1]" : "[2]",
  );
});

test.each([
  ["{{word | round}}", "the value is not a number, so it cannot be rounded."],
  ["{{tags | round}}", "the value is not a number, so it cannot be rounded."],
  ['{{price | round: "2"}}', "the filter round takes a number of decimal places up to 20, as in round: 2."],
  ["{{price | round: 21}}", "the filter round takes a number of decimal places up to 20, as in round: 2."],
  ["{{price | round: 1.5}}", "the filter round takes a number of decimal places up to 20, as in round: 2."],
  [
    '{{word | replace: "", "x"}}',
    'the filter replace takes the text to find, which must not be empty, and its replacement, as in replace: "a", "b".',
  ],
  [
    "{{word | replace}}",
    'the filter replace takes the text to find, which must not be empty, and its replacement, as in replace: "a", "b".',
  ],
  ["{{word | append}}", 'the filter append takes one text, as in append: "x".'],
  ["{{word | prepend: true}}", 'the filter prepend takes one text, as in prepend: "x".'],
  ["{{tags | join: true}}", 'the filter join takes a separator, as in join: ", ".'],
  ["{{word | md5: 1}}", "the filter md5 takes no argument."],
  ["{{word | first: 1}}", "the filter first takes no argument."],
])("%s is a fault", (template, problem) => {
  expect(fault(template)).toBe(problem);
});

describe("an unknown filter is named in full, with those that exist", () => {
  const ALL =
    "default, date, upcase, downcase, truncate, strip, replace, append, prepend, escape, url_encode, base64_encode, md5, sha256, round, size, first, last, join, json, raw";
  test.each([
    ["titlecase", ""],
    ["sha512", ""],
    ["sha-256", " (did you mean sha256?)"],
    ["base64-encode", " (did you mean base64_encode?)"],
    ["base64url_decode", ""],
    ["uppercase", " (did you mean upcase?)"],
    ["toLowerCase", " (did you mean downcase?)"],
    ["trim", " (did you mean strip?)"],
    ["urlencode", " (did you mean url_encode?)"],
    ["Upcase", " (did you mean upcase?)"],
    ["truncat", " (did you mean truncate?)"],
    ["appned", " (did you mean append?)"],
    ["escape_once", ""],
    ["größe", ""],
    ["__proto__", ""],
  ])("%s%s", (name, meant) => {
    expect(fault(`{{word | ${name}}}`)).toBe(`unknown filter "${name}"${meant}; the filters are ${ALL}.`);
  });
});

describe("what multiplies", () => {
  const OVER = `rendering this webhook would process more than ${String(MAX_RENDER_CHARACTERS)} characters`;

  test("replace in a chain ends at the budget before it produces", () => {
    const eight = '| replace: "a", "aaaaaaaa"';
    expect(text(`{{word ${eight}}}`)).toBe("aaaaaaaabc");
    expect(fault(`{{word ${eight.repeat(10)}}}`)).toContain(OVER);
  });

  test("join with a long text between", () => {
    const event = anEvent(`{"x":[${"0,".repeat(99_999)}0]}`);
    expect(renderedBody(`{{x | join: "${"-".repeat(60_000)}"}}`, event)).toContain(OVER);
  });

  test("append and prepend, as often as placeholders are allowed", () => {
    const event = anEvent('{"x":"x"}');
    const chain = `| append: "${"-".repeat(600)}" `.repeat(9);
    expect(renderedBody(`{{x ${chain}| truncate: 1, ""}}`.repeat(20), event)).toBe("x".repeat(20));
    expect(
      renderedBody(`{{x | append: "${"-".repeat(30_000)}" | append: "${"-".repeat(30_000)}"}}`, event),
    ).toHaveLength(60_001);
  });

  test("joining empty texts of lists within a list, and counting an object's entries, is work too", () => {
    const many = anEvent(
      `{"x":[[${"null,".repeat(99_999)}null]],"o":{${Array.from({ length: 50_000 }, (_, n) => `"${String(n)}":0`).join()}}}`,
    );
    for (const [filter, times] of [
      ['x | join: ""', 20],
      ["o | size", 40],
    ] as const) {
      expect(renderedBody(`{{${filter}}}`.repeat(times), many)).not.toContain(OVER);
      expect(renderedBody(`{{${filter}}}`.repeat(times + 2), many)).toContain(OVER);
    }
  });

  test("nothing is produced that cannot be afforded", () => {
    const work = new RenderWork();
    expect(() => {
      work.afford(MAX_RENDER_CHARACTERS + 1);
    }).toThrow(OVER);
    work.afford(MAX_RENDER_CHARACTERS);
    expect(work.spent).toBe(0);
  });

  test("dates in zones count for more than their characters", () => {
    const event = anEvent('{"x":1795600000}');
    const dates = (count: number): string =>
      renderedBody(`{{x ${'| date: "%s", "UTC" '.repeat(count)}}}`.repeat(250), event);
    expect(dates(8)).toBe("1795600000".repeat(250));
    expect(dates(9)).toContain(OVER);
  });
});

test("replacing finds what the engine's own search finds", () => {
  const texts = awkwardTexts(300);
  for (const haystack of texts) {
    for (const needle of ["a", "..", "aa", "é", "😀", "]]>", '"\\', haystack.slice(1, 4)].filter((one) => one !== "")) {
      expect(replacedAt(haystack, finderOf(needle)(haystack), needle.length, "<x>")).toBe(
        haystack.replaceAll(needle, () => "<x>"),
      );
    }
  }
  expect(finderOf("aab")("aaaabaab")).toEqual([2, 5]);
  expect(finderOf("aba")("ababa")).toEqual([0]);
});

/** With the engine's own search this takes the product of both: minutes. */
test("replacing takes time linear in text and search", () => {
  const event = anEvent(`{"x":"${"a".repeat(600_000)}"}`);
  const search = `b${"a".repeat(60_000)}`;
  expect(renderedBody(`{{x | replace: "${search}", "" | size}}`, event)).toBe("600000");
});
