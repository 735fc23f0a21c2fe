import { anEvent, awkwardTexts, render, renderedBody, renderedUrl } from "../../support/an-event.ts";

const TEXTS = awkwardTexts(400);
const well = (text: string): string => text.toWellFormed();
const withX = (x: string): ReturnType<typeof anEvent> => anEvent(JSON.stringify({ x }));
/** What XML 1.0 can carry of a text. */
const xmlChars = (text: string): string =>
  well(text).replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "");

/** Reads XML character data or an attribute value as a parser would: no mark-up may be in it. */
function decodeXml(text: string): string {
  expect(text).not.toMatch(/[<>"'\r]|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/);
  const names: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replace(/&(?:#(\d+)|(\w+));/g, (_whole, code: string | undefined, name = "") =>
    code === undefined ? (names[String(name)] ?? "?") : String.fromCodePoint(Number(code)),
  );
}

/** Joins the CDATA sections that `text` consists of. */
function readCdata(text: string): string {
  let rest = text;
  let content = "";
  while (rest !== "") {
    expect(rest.startsWith("<![CDATA[")).toBe(true);
    const end = rest.indexOf("]]>");
    expect(end).toBeGreaterThan(0);
    content += rest.slice(9, end);
    rest = rest.slice(end + 3);
  }
  return content;
}

test("any text in a JSON string, key or bare value parses back to itself", () => {
  for (const x of TEXTS) {
    const body = renderedBody(
      '{"a":"<{{x}}>","b":{{x}},"k{{x}}":"\\\\{{x}}\\"","c":[{{ x | json }},"{{x|json}}"]}',
      withX(x),
    );
    const read = well(x);
    expect(JSON.parse(body)).toEqual({
      a: `<${read}>`,
      b: read,
      [`k${read}`]: `\\${read}"`,
      c: [read, JSON.stringify(read)],
    });
  }
});

test("lists, objects and numbers in JSON keep their digits, bare and in strings", () => {
  const event = anEvent('{"o":{"a":[0.10,"q\\"",null]},"n":12345678901234567890,"e":1E5}');
  expect(renderedBody('{"o":{{o}},"s":"{{o}}","n":{{n}},"t":"{{n}}","e":{{e}}}', event)).toBe(
    '{"o":{"a":[0.10,"q\\"",null]},"s":"{\\"a\\":[0.10,\\"q\\\\\\"\\",null]}","n":12345678901234567890,"t":"12345678901234567890","e":1E5}',
  );
});

test("any text in XML text and attributes reads back as itself, without what XML forbids", () => {
  for (const x of TEXTS) {
    const body = renderedBody(`<a b="{{x}}" c='{{x}}'>{{x}}</a>`, withX(x));
    const found = /^<a b="(?<b>[^"]*)" c='(?<c>[^']*)'>(?<text>[^<]*)<\/a>$/.exec(body)?.groups;
    for (const part of ["b", "c", "text"]) expect(decodeXml(found?.[part] ?? "none")).toBe(xmlChars(x));
    expect(found?.["b"]).not.toMatch(/[\t\n]/);
  }
});

test("any text in CDATA reads back as itself, also next to brackets and other values", () => {
  // Without a value the literal text would end the section: that is up to the template.
  for (const x of TEXTS.filter((text) => xmlChars(text) !== "")) {
    const event = withX(x);
    for (const [template, expected] of [
      ["{{x}}", xmlChars(x)],
      ["{{x}}{{x}}", xmlChars(x) + xmlChars(x)],
      ["]{{x}}>", `]${xmlChars(x)}>`],
      ["]]{{x}}]>", `]]${xmlChars(x)}]>`],
    ] as const) {
      expect(readCdata(renderedBody(`<![CDATA[${template}]]>`, event))).toBe(expected);
    }
  }
});

test("no value ends an XML comment, and only names are allowed in a tag", () => {
  expect(renderedBody("<!-- {{x}} -->", withX("a --> <b>"))).toBe("<!-- a &#45;&#45;&gt; &lt;b&gt; -->");
  expect(renderedBody("<{{x}}/>", withX("ns:item"))).toBe("<ns:item/>");
  expect(renderedBody("<{{x}}/>", withX('a b="c"'))).toBe(
    "body: line 1 column 2, {{x}}: in a tag, outside quotes, a value may contain only the characters of a name, and must not be empty.",
  );
});

test("XML positions are recognized across comments, instructions, CDATA and quotes", () => {
  const event = withX("<'\">");
  expect(
    renderedBody(
      `<?xml version="1.0"?><!-- " ' --><a t="it's >">{{x}}<![CDATA[ " <b c=' ]]>{{x}}<d e='"{{x}}'/></a>`,
      event,
    ),
  ).toBe(
    `<?xml version="1.0"?><!-- " ' --><a t="it's >">&lt;&apos;&quot;&gt;<![CDATA[ " <b c=' ]]>&lt;&apos;&quot;&gt;<d e='"&lt;&apos;&quot;&gt;'/></a>`,
  );
});

test("any text in a form reads back as itself, as value and as key", () => {
  for (const x of TEXTS) {
    const body = renderedBody("a={{x}}&{{x}}=b&c=1", withX(x), {
      headers: { "content-type": "application/x-www-form-urlencoded" },
    });
    const expected =
      well(x) === "a"
        ? [
            ["a", "a"],
            ["a", "b"],
            ["c", "1"],
          ]
        : [
            ["a", well(x)],
            [well(x), "b"],
            ["c", "1"],
          ];
    expect([...new URLSearchParams(body)]).toEqual(expected);
  }
});

test("any text in a URL stays in its segment and its query value and decodes back, or is refused for climbing", () => {
  for (const x of TEXTS.filter((text) => text !== "")) {
    const rendered = renderedUrl("https://api.example.com/a/{{x}}/b?q={{x}}&r=1", withX(x));
    if (x === "." || x === "..") {
      expect(rendered).toBe(
        'url: line 1 column 27, {{x}}: its value makes a path segment "." or "..", which would lead to a different path.',
      );
      continue;
    }
    const url = new URL(rendered);
    expect(url.host).toBe("api.example.com");
    expect(url.pathname.split("/").map(decodeURIComponent)).toEqual(["", "a", well(x), "b"]);
    expect([...url.searchParams]).toEqual([
      ["q", well(x)],
      ["r", "1"],
    ]);
    expect(rendered).toMatch(/^[\w\-.~%:/?=&]+$/);
  }
});

test("everything but unreserved characters is percent-encoded in a URL", () => {
  const event = withX("aZ9-._~!*'()/?#[]@:;,&=+$ é");
  expect(renderedUrl("https://h.example/{{x}}", event)).toBe(
    "https://h.example/aZ9-._~%21%2A%27%28%29%2F%3F%23%5B%5D%40%3A%3B%2C%26%3D%2B%24%20%C3%A9",
  );
});

test("any text in a header becomes one line of visible ASCII, and visible ASCII is unchanged", () => {
  for (const x of TEXTS) {
    const rendering = render({ headers: { "X-A": "v={{x}};" } }, withX(x));
    const [, value] = (rendering.ok ? rendering.request.headers[0] : undefined) ?? ["", "fault"];
    expect(value).toMatch(/^v=[\x20-\x7e]*;$/);
    expect(value).toBe(`v=${well(x).replace(/[^\x20-\x7e]/gu, (one) => encodeURIComponent(one))};`);
  }
});

test("plain text is unchanged", () => {
  for (const x of TEXTS) expect(renderedBody("Hello {{x}}", withX(x))).toBe(`Hello ${well(x)}`);
});
