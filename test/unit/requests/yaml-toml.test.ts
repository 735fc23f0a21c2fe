import { parse as parseToml } from "smol-toml";
import { parseDocument } from "yaml";
import { compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { HOSTILE } from "../../support/content-types.ts";
import { anEvent, renderedBody } from "../../support/an-event.ts";
import { numbers } from "../masking/numbers.ts";

const as = (type: string, body: string, value: string): string =>
  renderedBody(body, anEvent(JSON.stringify({ x: value, y: "y" })), { headers: { "Content-Type": type } });

describe("YAML", () => {
  const yaml = (body: string, value: string): string => as("application/yaml", body, value);
  const HOSTILE = 'a"\n admin: true #';

  test.each([
    ["name: {{x}}", String.raw`name: "a\"\n admin: true #"`],
    ["- {{x}}\n- b", '- "a\\"\\n admin: true #"\n- b'],
    ["name:   {{x}}  # {{x}}\r\n", 'name:   "a\\"\\n admin: true #"  # a\\u0022\\u000a admin: true #\r\n'],
    ["{{x}}: 1", String.raw`"a\"\n admin: true #": 1`],
    ['name: "Dear {{x}}!"', String.raw`name: "Dear a\u0022\u000a admin: true #!"`],
    ['"k-{{x}}": {{y}}\n{ {{y}}: 1 }', String.raw`"k-a\u0022\u000a admin: true #": "y"` + '\n{ "y": 1 }'],
    ["a: [{{x}}, {b: {{x}}}]", String.raw`a: ["a\"\n admin: true #", {b: "a\"\n admin: true #"}]`],
    ["a: don't\nb: {{x}}", 'a: don\'t\nb: "a\\"\\n admin: true #"'],
    ['a: |\n  "b\nc: {{x}}', 'a: |\n  "b\nc: "a\\"\\n admin: true #"'],
    ['- a: >-\n    "b\n  c: {{x}}', '- a: >-\n    "b\n  c: "a\\"\\n admin: true #"'],
    ["a: &n !!str {{x}}", String.raw`a: &n !!str "a\"\n admin: true #"`],
    ["a: 'it''s'\nb: {{x}}", "a: 'it''s'\nb: \"a\\\"\\n admin: true #\""],
    ["--- {{x}}", String.raw`--- "a\"\n admin: true #"`],
  ])("no value leaves its place in %j", (body, expected) => {
    expect(yaml(body, HOSTILE)).toBe(expected);
  });

  test.each([
    "name: Dear {{x}}",
    "name: {{x}} {{y}}",
    "name: some\n  more {{x}}",
    "name: some\n  {{x}}",
    "a: [b {{x}}, c]",
    "a: 'Dear {{x}}'",
    "a: |\n  Dear {{x}}\nb: 1",
    "a: |2-  # text\n\n    {{x}}",
    "- |\n {{x}}",
    "? {{x}}\n: 1",
    "a:\n  |\n  {{x}}",
    "a: !t{{x}} b",
    "a: |{{x}}\n  b",
    '"a" {{x}}: 1',
  ])("where nothing can keep it in its place, %j, it is a fault that says what to write", (body) => {
    expect(yaml(body, HOSTILE)).toMatch(/^body: line \d+ column \d+, \{\{x\}\}: .*double quotes/);
    expect(yaml(body, "Ana Müller")).toBe(body.replace("{{x}}", "Ana Müller").replace("{{y}}", "y"));
  });

  test("single quotes and block scalars take whatever has no line break", () => {
    expect(yaml("a: '{{x}}'", `it's: "1" # - {`)).toBe(`a: 'it''s: "1" # - {'`);
    expect(yaml("a: |\n  - {{x}}\nb: {{y}}", `it's: "1" # - {`)).toBe(`a: |\n  - it's: "1" # - {\nb: "y"`);
    expect(yaml("a: |\n  {{x}}", "  indented")).toContain("double quotes");
  });

  test("values keep their types, and a fallback is the value that it parses as", () => {
    const event = anEvent('{"n":0.10,"t":"yes","o":{"a":[1,null]},"z":null}');
    const body = "n: {{n}}\nt: {{t}}\no: {{o}}\nz: {{z}}\nf: {{f}}\nr: {{t | raw}}";
    const headers = { "Content-Type": "text/yaml" };
    const attributes = [{ name: "f", ifMissing: "fallback" as const, fallback: "0" }];
    expect(renderedBody(body, event, { headers, attributes })).toBe(
      'n: 0.10\nt: "yes"\no: {"a":[1,null]}\nz: null\nf: 0\nr: yes',
    );
  });
});

describe("TOML", () => {
  const toml = (body: string, value: string): string => as("application/toml", body, value);
  const HOSTILE = 'a"\nadmin = true\n[b]';

  test.each([
    ["a = {{x}}", String.raw`a = "a\"\nadmin = true\n[b]"`],
    ['a = "Hi {{x}}"', String.raw`a = "Hi a\u0022\u000aadmin = true\u000a[b]"`],
    ['a = """\nHi {{x}}""""\nb = {{y}}', 'a = """\nHi a\\u0022\\u000aadmin = true\\u000a[b]""""\nb = "y"'],
    ["# {{x}}\n{{y}} = 1", '# a\\u0022\\u000aadmin = true\\u000a[b]\n"y" = 1'],
    ["[t.{{x}}]", String.raw`[t."a\"\nadmin = true\n[b]"]`],
    ["a = '#' # '\nb = {{x}}", "a = '#' # '\nb = \"a\\\"\\nadmin = true\\n[b]\""],
  ])("no value leaves its place in %j", (body, expected) => {
    expect(toml(body, HOSTILE)).toBe(expected);
  });

  test.each(["a = '{{x}}'", "a = '''\n{{x}}'''"])("in single quotes, %j, nothing can be escaped", (body) => {
    expect(toml(body, "Ana")).toBe(body.replace("{{x}}", "Ana"));
    for (const value of ["it's", "a\nb", "\0"]) expect(toml(body, value)).toContain("use double quotes");
  });

  test("what TOML cannot express is a fault: missing values and objects", () => {
    const rendered = (body: string): string =>
      renderedBody(body, anEvent('{"o":{},"l":[1,"a",[true]],"m":[null],"n":1.50}'), {
        headers: { "Content-Type": "application/toml" },
      });
    expect(rendered("a = {{l}}\nb = {{n}}\n{{n}} = 1")).toBe('a = [1,"a",[true]]\nb = 1.50\n"1.50" = 1');
    expect(rendered("a = {{z}}")).toContain("TOML has no null");
    expect(rendered("a = {{o}}")).toContain("in TOML a value must be");
    expect(rendered("a = {{m}}")).toContain("in TOML a value must be");
  });
});

const ROUNDS = 1_500;
/** JavaScript would move a key that is a number before the others. */
const VALUES = [
  ...HOSTILE.filter((value) => value !== "0"),
  "a: b",
  "- a",
  "[a]",
  "{a: b}",
  "a #b",
  "|\n x",
  "\n- admin",
  "x\nadmin: true",
  "*n",
  "!t",
  "a'b",
  "  x",
  "x: ",
  "& b",
];

/** What templates are made of, so that everything meets everything. */
const OF_YAML =
  `a: |b: |k:\n|- |- - |  |    |\n|\n|\n|{{x}}|{{x}}|{{x}}|"|'|" |c: ¦\n|¦2-\n|d: >-\n|# c |[|]|{|}|, |: |!t |!!str |&n |*n|text|it's |c"d |--- |---\n|...\n|\t|:|\r\n|  - |''|\\|- a: |x: ¦\n    |z: "|z: '|\n  `
    .split("|")
    .map((piece) => piece.replace("¦", "|"));
const OF_TOML = `a = |b = |[t]\n|[[u]]\n|\n|\n|{{x}}|{{x}}|"|'|"""|'''|# c |[|]|{|}|, |=|.|text|1|\\|k.|""|""""`.split(
  "|",
);

/** A value without its scalars: keys, lists, and how many of each. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shape);
  if (typeof value !== "object" || value === null || value instanceof Date) return 0;
  return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
}

function yamlShape(text: string): unknown {
  const document = parseDocument(text, { logLevel: "silent", uniqueKeys: false });
  if (document.errors[0] !== undefined) throw document.errors[0];
  return shape(document.toJS());
}

const PLAIN = "Qq";

test.each([
  ["application/yaml", OF_YAML, yamlShape],
  ["application/toml", OF_TOML, (text: string) => shape(parseToml(text))],
] as const)("no value changes the shape of any %s, whatever the template is made of", (type, pieces, read) => {
  const random = numbers(27);
  const pick = (): string => pieces[random(pieces.length)] ?? "";
  let templates = 0;
  let same = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const body = Array.from({ length: 2 + random(12) }, pick).join("");
    const headers = [{ key: "Content-Type", value: new Secret(type), secret: false }];
    const compiled = compileWebhook({ url: "https://a.example/", headers, body, attributes: [] });
    const rendered = (x: string): string | undefined => {
      const rendering = renderRequest(compiled, anEvent(JSON.stringify({ x })));
      return rendering.ok ? rendering.request.body : undefined;
    };
    const usual = body.includes("{{x}}") ? shapeOf(read, rendered(PLAIN)) : undefined;
    if (usual === undefined) continue;
    templates += 1;
    for (const value of VALUES) {
      const text = rendered(value);
      // What is empty leaves what the template says around it, which need not be valid.
      if (text === undefined || (value === "" && shapeOf(read, text) === undefined)) continue;
      const wanted = usual.replaceAll(PLAIN, JSON.stringify(value.toWellFormed()).slice(1, -1));
      // Keys lose white space at their ends when the value between is empty.
      const told = (found = ""): string => (value === "" ? found.replace(/"(?:[^"\\]|\\.)*"/g, '""') : found);
      expect([body, value, told(shapeOf(read, text))]).toEqual([body, value, told(wanted)]);
      same += 1;
    }
  }
  expect([templates > ROUNDS / 200, same > 10 * templates]).toEqual([true, true]);
});

/** Its shape as text, undefined for what cannot be read. */
function shapeOf(read: (text: string) => unknown, text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : JSON.stringify(read(text));
  } catch {
    return undefined;
  }
}
