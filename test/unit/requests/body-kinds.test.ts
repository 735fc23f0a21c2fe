import { anEvent, renderedBody } from "../../support/an-event.ts";

const x = (value: string): ReturnType<typeof anEvent> => anEvent(JSON.stringify({ x: value, y: "y" }));
const as = (type: string, body: string, value: string): string =>
  renderedBody(body, x(value), { headers: { "Content-Type": type } });

describe("the rendered Content-Type decides, even if it contains placeholders", () => {
  const rendered = (type: string, body: string, attributes: object): string =>
    renderedBody(body, anEvent(JSON.stringify({ v: `<"'&`, ...attributes })), { headers: { "Content-Type": type } });

  test.each([
    ["{{type}}", "v={{v}}", "text/plain", `v=<"'&`],
    ["{{type}}", "v={{v}}", "application/x-www-form-urlencoded", "v=%3C%22%27%26"],
    ["{{type}}", "-{{v}}-", "text/html", "-&lt;&quot;&#39;&amp;-"],
    ["{{type}}", '{"v":{{v}}}', "application/vnd.unknown", `{"v":"<\\"'&"}`],
    ["application/{{type}}", "{{v}}", "x-ndjson", `"<\\"'&"`],
    ["application/x{{type}}", "<a>{{v}}</a>", "", "<a>&lt;&quot;&apos;&amp;</a>"],
    ["text/csv; header={{type}}", "{{v}},1", "absent", `"<""'&",1`],
  ])("%s with a body %j as %s", (type, body, value, expected) => {
    expect(rendered(type, body, { type: value })).toBe(expected);
  });

  test("a body that does not compile for the rendered type is a fault", () => {
    expect(rendered("multipart/{{type}}", "{{v}}", { type: "form-data" })).toBe(
      'body: line 1 column 1, {{v}}: a multipart body needs its boundary in the Content-Type, as in multipart/form-data; boundary="x".',
    );
  });
});

describe("HTML", () => {
  const page = (body: string, value: string): string => as("text/html", body, value);

  test.each([
    ["<a href={{x}}>", "y"],
    ["<{{x}} a='1'>", "h1"],
    ["<p {{x}}>", "hidden"],
    ["</{{x}}>", "h1"],
    ["<!DOCTYPE {{x}}>", "html"],
    ["<style>p { color: {{x}} }</style>", "#ff00aa"],
  ])("where quotes are missing, %s, only a word is allowed", (body, word) => {
    expect(page(body, word)).toBe(body.replace("{{x}}", word));
    for (const value of ["a b", "a>b", "a=b", "a/b", 'a"b', "a'b", "a(b", "a;b"]) {
      expect(page(body, value)).toMatch(/^body: line 1 column \d+, \{\{x\}\}: in a (?:tag|style).*may contain/);
    }
  });

  test.each([
    ["<p don't>{{x}}</p>", "<p don't>&lt;&#39;</p>"],
    ["<p a='>'>{{x}}</p>", "<p a='>'>&lt;&#39;</p>"],
    ["<scripted>{{x}}</scripted>", "<scripted>&lt;&#39;</scripted>"],
    ["<script src='a'></script>{{x}}", "<script src='a'></script>&lt;&#39;"],
    ["<script>'</script>{{x}}", "<script>'</script>&lt;&#39;"],
    ["<SCRIPT>f('{{x}}')</SCRIPT >", String.raw`<SCRIPT>f('\u003c\u0027')</SCRIPT >`],
    ["<script>f(`{{x}}`) // {{x}}</script>", String.raw`<script>f(${"`"}\u003c\u0027${"`"}) // \u003c\u0027</script>`],
    ["<script>f({{x}})</script>", String.raw`<script>f("\u003c'")</script>`],
    [
      `<a onclick="f('{{x}}', {{x}})" b='{{x}}'>`,
      String.raw`<a onclick="f('\u003c\u0027', &quot;\u003c&#39;&quot;)" b='&lt;&#39;'>`,
    ],
    ["<a ONLOAD = 'f(&quot;{{x}}&#34;)'>{{x}}", String.raw`<a ONLOAD = 'f(&quot;\u003c\u0027&#34;)'>&lt;&#39;`],
    ["<a data-on='{{x}}' on='{{x}}'>", "<a data-on='&lt;&#39;' on='&lt;&#39;'>"],
    ["<style>'</style><i>{{x}}", "<style>'</style><i>&lt;&#39;"],
    ["a <3 {{x}}", "a <3 &lt;&#39;"],
    ["<!-- ' --!>{{x}}", "<!-- ' --!>&lt;&#39;"],
    ["<?php ' ?>{{x}}", "<?php ' ?>&lt;&#39;"],
  ])("%s is read as browsers read it", (body, expected) => {
    expect(page(body, "<'")).toBe(expected);
  });
});

describe("delimited values", () => {
  test.each([
    ["{{x}}", "plain", "plain"],
    ["{{x}}", "a,b", '"a,b"'],
    ["{{x}};1", "a;b", '"a;b";1'],
    ["{{x}}\n", 'a"b', '"a""b"\n'],
    ["1,{{x}},{{x}}", " a", '1," a"," a"'],
    ['"{{x}}",1', 'a","b', '"a"",""b",1'],
    ['"a ""{{x}}"" b"', '"', '"a """""" b"'],
    ["Dear {{x}},1", "Ana", "Dear Ana,1"],
    ['5" disk,{{x}}', "a,b", '5" disk,"a,b"'],
    ["{{x}}", "=1+1", "=1+1"],
    ["{{x | raw}},1", "a,b", "a,b,1"],
  ])("%j with %j is %j", (body, value, expected) => {
    expect(as("text/csv", body, value)).toBe(expected);
  });

  test.each(["Dear {{x}},1", "{{y}}{{x}}", "{{x}} {{y}}", '"a"{{x}}', "a{{x}}"])(
    "in a part of an unquoted field, %j, a delimiter is a fault that says what to write",
    (body) => {
      for (const value of ["a,b", "a;b", "a\tb", "a\nb", '"']) {
        expect(as("text/csv", body, value)).toContain("needs quotes around the whole field");
      }
    },
  );
});

describe("multipart", () => {
  const TYPE = "multipart/form-data; boundary=XX";
  const parts = (headers: string, body: string): string => `--XX\r\n${headers}\r\n\r\n${body}\r\n--XX--\r\n`;
  const DISPOSITION = 'Content-Disposition: form-data; name="a"';

  test("a value that contains the boundary is a fault, also when two values form it together", () => {
    const body = parts(DISPOSITION, "{{a}}{{b}}");
    const render = (a: string, b: string): string =>
      renderedBody(body, anEvent(JSON.stringify({ a, b })), { headers: { "Content-Type": TYPE } });
    expect(render("--X", "Y")).toBe(parts(DISPOSITION, "--XY"));
    expect(render("", "\r\n--XX--")).toBe(
      "body: line 4 column 6, {{b}}: a value contains the boundary of the multipart body, which would end its part.",
    );
    for (const [a, b] of [
      ["\r\n--X", "X--"],
      ["--XX", ""],
    ] as const) {
      expect(render(a, b)).toContain("a value contains the boundary of the multipart body");
    }
  });

  test("the boundary in quotes, of any case and of parts that are multipart themselves", () => {
    const nested = parts(
      'Content-Type: Multipart/Mixed;\r\n boundary="in ner"',
      '--in ner\r\nContent-Type: application/json\r\n\r\n{"x":"{{x}}"}\r\n--in ner--',
    );
    expect(as('MULTIPART/Related; Boundary="XX"', nested, '"')).toBe(nested.replace("{{x}}", '\\"'));
    for (const value of ["--XX", "--in ner", "\r\n--in ner--\r\n"]) {
      expect(as('MULTIPART/Related; Boundary="XX"', nested, value)).toContain("contains the boundary");
    }
    expect(as('MULTIPART/Related; Boundary="XX"', nested, "--xx")).toBe(nested.replace("{{x}}", "--xx"));
  });

  test.each([
    ["application/json", '{"a":"{{x}}"}', '{"a":"<\\"\\\\"}'],
    ["text/xml", "<a>{{x}}</a>", "<a>&lt;&quot;\\</a>"],
    ["text/html; charset=utf-8", "<a title='{{x}}'>", "<a title='&lt;&quot;\\'>"],
    ["application/x-www-form-urlencoded", "a={{x}}", "a=%3C%22%5C"],
    ["text/csv", "{{x}},1", '"<""\\",1'],
    ["application/x-unknown", "[{{x}}]", '["<\\"\\\\"]'],
    ["text/plain", "{{x}}", '<"\\'],
  ])("a part that is %s is escaped as that", (type, body, expected) => {
    const template = parts(`${DISPOSITION}\r\nContent-Type: ${type}`, body);
    expect(as(TYPE, template, '<"\\')).toBe(parts(`${DISPOSITION}\r\nContent-Type: ${type}`, expected));
  });

  test("no value leaves the header of a part, nor its quotes, nor its parameter", () => {
    const template = parts('Content-Disposition: form-data; name="{{x}}"; filename="é{{y}}"\r\nX-A: {{x}}', "a");
    expect(as(TYPE, template, 'a"; b\r\nX-B: \\')).toBe(
      parts(
        'Content-Disposition: form-data; name="a%22; b%0D%0AX-B: %5C"; filename="éy"\r\nX-A: a%22%3B b%0D%0AX-B: %5C',
        "a",
      ),
    );
    expect(as(TYPE, parts('X-A: "{{x | raw}}"', ""), "a\r\nb")).toContain("may not contain line breaks");
  });

  test("a body of very many multipart bodies is a fault", () => {
    const part = (depth: number): string =>
      depth === 0
        ? "{{x}}"
        : `--b${String(depth)}\r\nContent-Type: multipart/mixed; boundary=b${String(depth - 1)}\r\n\r\n${part(depth - 1)}`;
    const wide = Array.from(
      { length: 30 },
      () => "--b1\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n{{x}}\r\n",
    ).join("");
    expect(as("multipart/mixed; boundary=b3", part(3), "a")).toContain("\r\n\r\na");
    expect(as("multipart/mixed; boundary=b9", part(9), "a")).toContain("4 deep");
    expect(as("multipart/mixed; boundary=b1", wide, "a")).toContain("20 multipart bodies");
  });

  test("a part that declares another charset is a fault: the body is sent in one", () => {
    expect(as(TYPE, parts("Content-Type: text/plain; charset=iso-8859-1", "{{x}}"), "a")).toBe(
      "body: the parts of a multipart body are sent in UTF-8 and may not declare another charset.",
    );
  });
});

describe("links of HTML", () => {
  const REFUSED = "this value begins with another scheme";
  const page = (body: string, value: string): string => as("text/html", body, value);

  test.each([
    "javascript:alert(1)",
    " JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "\u0001\tjavascript\t:alert(1)",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://a",
    "javascript",
    ":alert(1)",
  ])("a value %j is not allowed to begin one", (value) => {
    for (const body of [
      '<a href="{{x}}">',
      "<A HREF = '{{x}}'>",
      '<form action="{{x}}">',
      '<iframe src="{{x}}">',
      '<use xlink:href="{{x}}">',
      '<a href="java{{x}}">',
      '<a href="{{y}}{{x}}">',
      '<a href="  {{x}}">',
    ])
      expect([body, page(body, value)]).toEqual([body, expect.stringContaining(REFUSED)]);
  });

  test.each([
    "https://a.example/?b=c:d&e",
    "HTTP://a.example",
    "mailto:ana@example.com",
    "tel:+491",
    "cid:picture",
    "//a.example",
    "/path:a",
    "?q=a:b",
    "#a:b",
    "members/1",
    "",
  ])("a value %j is allowed to", (value) => {
    expect(page('<a href="{{x}}">{{x}}</a>', value)).toBe(
      `<a href="${value.replace("&", "&amp;")}">${value.replace("&", "&amp;")}</a>`,
    );
  });

  test("after a link's beginning, in other attributes and in text a scheme is text", () => {
    for (const body of [
      '<a href="/{{x}}">',
      '<a href="https://a/{{x}}">',
      '<a href="?{{x}}">',
      '<a title="{{x}}">',
      '<a data-href="{{x}}">',
      "<p>{{x}}",
      '<a href="#a" title="{{x}}">',
    ])
      expect(page(body, "javascript:1")).toBe(body.replace("{{x}}", "javascript:1"));
  });

  test("no value is allowed in a link that runs a script", () => {
    for (const body of [`<a href="javascript:f('{{x}}')">`, `<a href=" java\nscript:f({{x}})">`])
      expect(page(body, "a")).toContain("a value is not allowed in a link that runs a script");
  });
});
