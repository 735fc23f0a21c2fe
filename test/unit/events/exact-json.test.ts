import { isRawNumber, numberText, parseExact } from "../../../shared/core/events/exact-json.ts";

test.each([
  "0.10",
  "1E5",
  "1e5",
  "-0",
  "-0.0",
  "0.0",
  "0",
  "-1",
  "1.5",
  "-12.25",
  "100",
  "12345678901234567890",
  "9007199254740993",
  "9007199254740991",
  "0.1000000000000000055511151231257827",
  "1e400",
  "-1.5e-7",
  "0.0000001",
  "123456789012345",
  "1234567890.12",
  "0.000012",
  "12.50",
  "99999.99999",
])("the number %s is written back as received, wherever it is", (digits) => {
  for (const text of [digits, `[${digits}]`, `{"a":${digits},"b":"x"}`, `{"s":"\\"1.0","a":[${digits},1]}`]) {
    expect(JSON.stringify(parseExact(text))).toBe(text);
  }
  expect(numberText(parseExact(digits))).toBe(digits);
});

test("numbers that lose nothing stay plain numbers", () => {
  expect(parseExact('{"a":1,"b":-20.5,"c":[999999999999999]}')).toEqual({ a: 1, b: -20.5, c: [999999999999999] });
  expect(isRawNumber(parseExact("12.5"))).toBe(false);
  expect(isRawNumber(parseExact("12.50"))).toBe(true);
});

test("digits inside strings are text and change nothing", () => {
  const text =
    '{"id":"4e5f","time":"2026-11-23T10:00:00.000Z","quote":"\\"0.10","slash":"\\\\","big":"12345678901234567890"}';
  expect(parseExact(text)).toEqual(JSON.parse(text));
});

test("a key __proto__ is a key like any other", () => {
  const parsed = parseExact('{"__proto__":{"x":0.10},"a":1}');
  expect(JSON.stringify(parsed)).toBe('{"__proto__":{"x":0.10},"a":1}');
  expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
});

test("what is not JSON throws a SyntaxError, also when it is long and full of open quotes", () => {
  for (const text of ["", "{", "01", "1.", "{'a':1}", '"\\"'.repeat(50_000)])
    expect(() => parseExact(text)).toThrow(SyntaxError);
});

test("other values have no number text", () => {
  for (const value of ["1", true, null, undefined, {}, [1]]) expect(numberText(value)).toBeUndefined();
});

test("beside a number that keeps its digits everything is read as JSON.parse reads it", () => {
  const texts = [
    '{"b":1,"2":0.10,"1":[],"b":{},"a":"\\u00e9\\n\\"\\\\","":null}',
    ' [ 0.10 , true,false ,null,"", {} , [ [ ] ] ,\t{ "x\\\\" : "\\\\" , "\\"" : [ -1.5e-7 ] } ]\r\n',
    '{"__proto__":1,"constructor":{"__proto__":[1.0]},"toString":"\\ud83d\\ude00\\ud800"}',
    '[[[[1.0]]],"]","}",":",",",-1,0,12.25,1E5]',
    "1.0",
  ];
  for (const text of texts) {
    const read = JSON.stringify(parseExact(text));
    expect(JSON.stringify(JSON.parse(read))).toBe(JSON.stringify(JSON.parse(text)));
    expect(JSON.parse(read)).toEqual(JSON.parse(text));
  }
});

test("depth does not matter", () => {
  let value = parseExact(`${"[".repeat(300_000)}1.0${"]".repeat(300_000)}`);
  let depth = 0;
  for (; Array.isArray(value); depth += 1) value = value[0];
  expect([depth, numberText(value)]).toEqual([300_000, "1.0"]);
});
