import { jsonFaultAt } from "../../../shared/core/events/json-fault.ts";

/** Text with `!` where the fault is; the mark is taken out before. */
const marked = [
  "!",
  "  !",
  "!x",
  "{!",
  "[!",
  "[1,!",
  '{"a"!',
  '{"a":!',
  '{"a":1,!',
  '{"a":1!',
  "nul!",
  "[1 !2]",
  "[1,!]",
  "{!]",
  "[!}",
  '"abc!',
  '"a\\!x"',
  '"\\u00!zz"',
  '"a!\n"',
  "1!.",
  "-!",
  "0!1",
  "1!e",
  '{"a":!}',
  '{"a" !1}',
  "{!a:1}",
  '{"a":1}!}',
  "[true,!flase]",
  '{"a":[{"b":"c"!',
];

/** A text that is cut in the middle of a literal, number or escape is reported at the beginning of that. */
const begins = new Map([
  ["nul!", 0],
  ["-!", 0],
  ['"a\\!x"', 2],
  ['"\\u00!zz"', 1],
]);

test.each(marked)("%j is invalid at the mark", (text) => {
  const plain = text.replace("!", "");
  expect(() => void JSON.parse(plain)).toThrow(SyntaxError);
  expect(jsonFaultAt(plain)).toBe(begins.get(text) ?? text.indexOf("!"));
});

test("valid JSON has its fault at the end", () => {
  for (const text of [
    "1",
    "-0.5e+3",
    '"\u007f\u0085é😀\\n"',
    "[]",
    "{}",
    '{"a":[1,{"b":null}],"c":"\\u00e9"} ',
    "[[],{},[[]]]",
  ]) {
    expect(() => void JSON.parse(text)).not.toThrow();
    expect(jsonFaultAt(text)).toBe(text.length);
  }
});
