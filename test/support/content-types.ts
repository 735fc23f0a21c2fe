import * as read from "./body-readers.ts";
import type { Read } from "./body-readers.ts";

/** One content type, a body for it that contains `{{x}}`, how a receiver reads it, and what it must find there. */
export interface Sample {
  readonly type: string;
  readonly body: string;
  readonly read: Read;
  /** @param x what the form can carry of the value, @param value all of it but half surrogate pairs */
  readonly expected: (x: string, value: string) => unknown;
  /** What of a value the form cannot carry at all. */
  readonly carries?: (x: string) => string;
}

/** XML 1.0, section 2.2. */
const xmlChars = (x: string): string => x.replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");

const object = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: '{"text":"Hi {{x}}!","bare":{{x}},"k-{{x}}":1,"list":["{{x}}",{{x}}]}',
    read: read.json,
    expected: (x) => ({ text: `Hi ${x}!`, bare: x, [`k-${x}`]: 1, list: [x, x] }),
  }));

const lines = (types: readonly string[], separator: string): Sample[] =>
  types.map((type) => ({
    type,
    body: `${separator}{"a":"{{x}}"}\n${separator}{"b":{{x}}}\n`,
    read: read.jsonLines,
    expected: (x) => [{ a: x }, { b: x }],
  }));

const scripts = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: "{ // {{x}}\n a: '{{x}}', /* {{x}} */ b: \"{{x}}\", c: {{x}}, // don't\n d: '{{x}}' }",
    read: read.script,
    expected: (x) => ({ a: x, b: x, c: x, d: x }),
  }));

/** No keys made of values: readers take those of 1,024 characters at most (YAML 1.2.2, section 7.4.2). */
const yaml = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: `%YAML 1.2
--- # {{x}}
text: "Hi {{x}}!"
bare: {{x}} # {{x}}
list:
- {{x}}
- key: {{x}}
  other: !!str "{{x}}"
- - {{x}}
flow: { first: {{x}}, "second": [{{x}}, "-{{x}}"] }
last:
  {{x}}
`,
    read: read.yaml,
    expected: (x) => ({
      text: `Hi ${x}!`,
      bare: x,
      list: [x, { key: x, other: x }, [x]],
      flow: { first: x, second: [x, `-${x}`] },
      last: x,
    }),
  }));

const toml = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: `# {{x}}
text = "Hi {{x}}!" # {{x}}
bare = {{x}}
list = [{{x}}, "{{x}}"]
lines = """-{{x}}-"""
inline = { a = {{x}}, "b-{{x}}" = 1 }
["t-{{x}}".{{x}}]
a = {{x}}
`,
    read: read.toml,
    expected: (x) => ({
      text: `Hi ${x}!`,
      bare: x,
      list: [x, x],
      lines: `-${x}-`,
      inline: { a: x, [`b-${x}`]: 1 },
      [`t-${x}`]: { [x]: { a: x } },
    }),
  }));

const documents = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: `<?xml version="1.0"?><!-- {{x}} --><m:a xmlns:m="urn:a" b="{{x}}" c='{{x}}'><d>{{x}}</d><e><![CDATA[{{x}}]]></e></m:a>`,
    read: read.xml,
    carries: xmlChars,
    expected: (x) => [
      ["comment"],
      ["m:a", { "xmlns:m": "urn:a", b: x, c: x }],
      ["d", {}],
      ...(x === "" ? [] : [x]),
      ["e", {}],
      // Line ends are one character each to a parser (XML 1.0, section 2.11), and references are not possible here.
      ["cdata", x.replace(/\r\n?/g, "\n")],
    ],
  }));

const pages = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: `<!--{{x}}--><p title="{{x}}" lang='{{x}}'>1 < 2: {{x}}.</p><textarea>-{{x}}</textarea><script type="application/ld+json">{"a":"{{x}}","b":{{x}}}</script><i onclick="f('{{x}}', {{x}})">{{x}}.</i>`,
    read: read.html,
    carries: xmlChars,
    expected: (x, value) => [
      ["comment"],
      ["p", { title: x, lang: x }],
      `1 < 2: ${x}.`,
      ["textarea", {}],
      `-${x}`,
      ["script", { type: "application/ld+json" }],
      { a: value, b: value },
      ["i", { onclick: [value, value] }],
      `${x}.`,
    ],
  }));

const forms = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body: "a={{x}}&b=1&{{x}}=c",
    read: read.form,
    expected: (x) => [
      ["a", x],
      ["b", "1"],
      [x, "c"],
    ],
  }));

const tables = (types: readonly string[], delimiter: string): Sample[] =>
  types.map((type) => ({
    type,
    body: `id${delimiter}name${delimiter}note\r\n1${delimiter}{{x}}${delimiter}"Dear ""{{x}}"""\r\n2${delimiter}${delimiter}{{x}}\r\n`,
    read: read.csv(delimiter),
    expected: (x) => [
      ["id", "name", "note"],
      ["1", x, `Dear "${x}"`],
      ["2", "", x],
    ],
  }));

const part = (headers: string, body: string): string => `--bo.und=ary\r\n${headers}\r\n\r\n${body}\r\n`;
const multipart = (types: readonly string[]): Sample[] =>
  types.map((type) => ({
    type,
    body:
      part('Content-Disposition: form-data; name="a"', "Hi {{x}}!") +
      part('Content-Disposition: form-data; name="b"', "{{x}}") +
      part(
        'Content-Disposition: form-data; name="f"; filename="f"\r\nContent-Type: application/json',
        '{"a":"{{x}}"}',
      ) +
      part('Content-Disposition: form-data; name="g"; filename="g"\r\nContent-Type: text/csv', "{{x}},1") +
      "--bo.und=ary--\r\n",
    read: read.multipartForm,
    expected: (x) => [
      ["a", `Hi ${x}!`],
      ["b", x],
      ["f", "f", "application/json", { a: x }],
      ["g", "g", "text/csv", /[",;\t|\r\n]|^\s|\s$/.test(x) ? `"${x.replaceAll('"', '""')}",1` : `${x},1`],
    ],
  }));

/** Content types with a template each. */
export const SAMPLES: readonly Sample[] = [
  ...object([
    "application/json",
    "Application/JSON; charset=UTF-8",
    "application/json charset=utf-8",
    "application/vnd.acme.v1+json",
    "application/vnd.api+json; ext=bulk",
    "application/ld+json",
    "application/problem+json",
    "application/scim+json",
    "application/cloudevents+json",
    "application/fhir+json",
    "application/graphql-response+json",
    "application/x-amz-json-1.0",
    "application/x-amz-json-1.1",
    "application/x-json",
    "text/json",
    "text/x-json",
    "application/csp-report",
    "application/json-patch+json",
    "application/vnd.acme.json",
    // Types that we do not know: by the first character.
    "application/vnd.acme",
    "application/octet-stream",
    "text/x-whatever",
    "*/*",
    "nonsense",
  ]),
  ...lines(["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"], ""),
  ...lines(["application/json-seq", "application/geo+json-seq"], "\u001e"),
  ...scripts(["application/json5", "application/jsonc", "text/javascript", "application/javascript"]),
  {
    type: "application/graphql",
    body: '# don\'t {{x}}\nmutation { add(name: "{{x}}", note: {{x}}, text: """-{{x}}-""") { id } } # "',
    read: read.graphql,
    // In a block string white space is layout.
    carries: (x) => x.replace(/[\s\p{Cc}]+/gu, " ").replace(/["\\]+$|^"+/g, ""),
    expected: (x) => ["add", "name", x, "note", x, "text", `-${x}-`, "id"],
  },
  ...yaml([
    "application/yaml",
    "text/yaml",
    "application/x-yaml",
    "text/x-yaml; charset=utf-8",
    "application/vnd.acme+yaml",
  ]),
  ...toml(["application/toml", "text/x-toml"]),
  ...documents([
    "text/xml",
    "application/xml",
    'Text/XML; charset="utf-8"',
    "application/x-xml",
    "application/soap",
    'application/soap+xml; action="urn:json"',
    "application/wsdl",
    "application/wsdl+xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/xhtml+xml",
    "text/xsl",
    "image/svg+xml",
    "application/xslt+xml",
    "application/vnd.acme.v2+xml",
    "application/xml-external-parsed-entity",
    "application/x-acme-document",
  ]),
  ...pages(["text/html", "TEXT/HTML; charset=utf-8", "application/html", "text/x-server-parsed-html"]),
  ...forms(["application/x-www-form-urlencoded", "Application/X-WWW-Form-URLEncoded; charset=utf-8"]),
  ...tables(
    ["text/csv", "text/csv; header=present", "application/csv", "text/x-csv", "text/comma-separated-values"],
    ",",
  ),
  ...tables(["text/tab-separated-values", "text/tsv"], "\t"),
  ...multipart([
    'multipart/form-data; boundary="bo.und=ary"',
    "Multipart/Form-Data; charset=utf-8; boundary=bo.und=ary",
  ]),
  ...["text/plain", "text/plain; charset=utf-8", "text/markdown"].map((type): Sample => ({
    type,
    body: "Dear {{x}}!",
    read: read.text,
    expected: (x) => `Dear ${x}!`,
  })),
];

/** Values that try to inject a field. */
export const HOSTILE: readonly string[] = [
  '","admin":true,"x":"',
  '"}\n{"admin":true}',
  "\\",
  '\\"',
  '\\\\","admin":true,"',
  "'",
  "', admin: true, z: '",
  "*/ admin: true, /*",
  "`${admin}`",
  '"""',
  '""" admin: """x',
  "</d><admin>true</admin><d>",
  '"><script>alert(1)</script>',
  "' onclick='x",
  "</script><script>1",
  "]]>",
  "]]><admin/><![CDATA[",
  "--><admin/><!--",
  "--!><admin/>",
  "-->",
  "&lt;&amp;&#38;",
  "&",
  "\r\nX-Admin: true\r\n\r\n",
  "\r",
  "\n",
  "a\r\nb",
  "\t",
  "&admin=true",
  "=1+1",
  "@SUM(A1)",
  "+1,-1",
  '"a","b"\r\n"admin"',
  ";",
  '"',
  '""',
  ' " ',
  '\r\n--boundary\r\nContent-Disposition: form-data; name="admin"\r\n\r\ntrue',
  "\u2028",
  "a\u2029b\u0085c",
  "\0",
  "a\0b",
  "\ufffe\uffff",
  "\u001e{}",
  "😀 Zoë 漢字",
  "\ud800",
  "a\udc00b",
  "null",
  "true",
  "0",
  "{{x}}",
  "${x}",
  "%22%0d%0a",
  "#",
  "//",
  "",
  " ",
];
