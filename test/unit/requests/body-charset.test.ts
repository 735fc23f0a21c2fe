import { anEvent, render } from "../../support/an-event.ts";
import { xmlEvents } from "../../support/body-readers.ts";

const ZOE = "Zoë €";

/** Bytes and text of a body that is sent as this, or the fault. */
function sent(
  type: string | undefined,
  body: string,
  x: string = ZOE,
): { bytes: Buffer; text: string; type: string } | string {
  const headers = type === undefined ? {} : { "Content-Type": type };
  const rendering = render({ body, headers }, anEvent(JSON.stringify({ x })));
  if (!rendering.ok) return rendering.fault.message;
  const { request } = rendering;
  return { bytes: Buffer.from(request.bytes ?? request.body), text: request.body, type: request.contentType ?? "" };
}

/** What a receiver that follows the charset reads; ISO-8859-1 and ASCII as defined, not as browsers read them. */
function read(answer: ReturnType<typeof sent>, charset: string): string {
  if (typeof answer === "string") return answer;
  if (charset === "us-ascii") {
    expect(answer.bytes.every((byte) => byte < 0x80)).toBe(true);
    return answer.bytes.toString("latin1");
  }
  return charset === "iso-8859-1"
    ? answer.bytes.toString("latin1")
    : new TextDecoder(charset, { fatal: true }).decode(answer.bytes);
}

/** Charsets, in a spelling of a header, by the name that the test reads them by. */
const CHARSETS: readonly (readonly [string, string])[] = [
  ["charset=ISO-8859-1", "iso-8859-1"],
  ['charset="iso-8859-1"', "iso-8859-1"],
  ["CharSet=latin1", "iso-8859-1"],
  ["charset=windows-1252", "windows-1252"],
  ["charset='Windows-1252'", "windows-1252"],
  ["charset=UTF-16", "utf-16"],
  ["charset=utf-16le", "utf-16le"],
  ["charset=UTF-16BE", "utf-16be"],
  ["charset=us-ascii", "us-ascii"],
  ["charset=ASCII", "us-ascii"],
  ["charset=ISO-8859-15", "iso-8859-15"],
  ["charset=Shift_JIS", "shift_jis"],
  ["charset=EUC-JP", "euc-jp"],
  ["charset=GB18030", "gb18030"],
  ["charset=GBK", "gbk"],
  ["charset=Big5", "big5"],
  ["charset=EUC-KR", "euc-kr"],
  ["charset=KOI8-R", "koi8-r"],
  ["charset=utf-8", "utf-8"],
  ["charset=UTF8", "utf-8"],
];
const VALUES = [ZOE, "Łódź Ж 漢字 ひ 한 😀", "¥~‾\\", "ABC", "<&\"'>"];

test.each(CHARSETS)("XML with %s arrives in that charset, with every value", (parameter, charset) => {
  for (const x of VALUES) {
    const text = read(sent(`text/xml; ${parameter}`, `<é a="{{x}}">{{x}}ö</é>`, x), charset);
    if (!text.startsWith("body: ")) expect(xmlEvents(text)).toEqual([["é", { a: x }], `${x}ö`]);
    // A name cannot contain references.
    else expect(text).toMatch(/^body: the charset .* cannot encode "é" \(U\+00E9\), and no escape is possible here\.$/);
    const plain = read(sent(`text/xml; ${parameter}`, `<e a="{{x}}">{{x}}ö</e>`, x), charset);
    expect(xmlEvents(plain)).toEqual([["e", { a: x }], `${x}ö`]);
  }
});

test.each(CHARSETS)("JSON with %s arrives in that charset, with every value", (parameter, charset) => {
  for (const x of VALUES) {
    const text = read(sent(`application/json; ${parameter}`, '{"a":"{{x}}","b":{{x}},"ö{{x}}":"é"}', x), charset);
    expect(JSON.parse(text)).toEqual({ a: x, b: x, [`ö${x}`]: "é" });
  }
});

test("Zoë € to the byte", () => {
  const bytes = (type: string, body = "<a>{{x}}</a>"): string => {
    const answer = sent(type, body);
    return typeof answer === "string" ? answer : answer.bytes.toString("latin1");
  };
  expect(bytes("text/xml; charset=ISO-8859-1")).toBe("<a>Zo\xeb &#8364;</a>");
  expect(bytes("text/xml; charset=windows-1252")).toBe("<a>Zo\xeb \x80</a>");
  expect(bytes("text/xml; charset=us-ascii")).toBe("<a>Zo&#235; &#8364;</a>");
  expect(bytes("text/xml; charset=UTF-16", "{{x}}")).toBe("\xff\xfeZ\0o\0\xeb\0 \0\xac\x20");
  expect(bytes("text/xml; charset=utf-16be", "{{x}}")).toBe("\0Z\0o\0\xeb\0 \x20\xac");
  expect(bytes("application/json; charset=us-ascii", '"{{x}}"')).toBe(String.raw`"Zo\u00eb \u20ac"`);
  expect(bytes("text/plain; charset=windows-1252", "{{x}}")).toBe("Zo\xeb \x80");
});

test("the text that is recorded is the one that is sent", () => {
  expect(sent("text/xml; charset=us-ascii", "<a>{{x}}</a>")).toMatchObject({ text: "<a>Zo&#235; &#8364;</a>" });
});

describe("an XML declaration", () => {
  const document = (charset: string): string => `<?xml version="1.0" encoding="${charset}"?><a>{{x}}</a>`;

  test.each(["application/xml", "text/xml", "application/soap+xml", "application/x-unknown"])(
    "names the charset where the Content-Type, %s, does not",
    (type) => {
      const answer = sent(type, document("ISO-8859-1"));
      expect(read(answer, "iso-8859-1")).toBe('<?xml version="1.0" encoding="ISO-8859-1"?><a>Zoë &#8364;</a>');
    },
  );

  test("in single quotes, with spaces and in any case; UTF-16 has its mark", () => {
    const answer = sent("text/xml", "\n<?xml version='1.0'\n encoding = 'utf-16' standalone='yes'?><a>{{x}}</a>");
    expect(read(answer, "utf-16")).toContain("<a>Zoë €</a>");
  });

  test("is changed to match the Content-Type, which wins", () => {
    for (const [type, named, charset] of [
      ["text/xml; charset=utf-8", "ISO-8859-1", "utf-8"],
      ["text/xml; charset=utf-8", "UTF-16", "utf-8"],
      ["text/xml; charset=windows-1252", "UTF-8", "windows-1252"],
    ] as const) {
      expect(read(sent(type, document(named)), charset)).toBe(document(charset).replace("{{x}}", ZOE));
    }
    expect(sent("text/xml; charset=UTF8", document("utf-8"))).toMatchObject({
      text: document("utf-8").replace("{{x}}", ZOE),
    });
  });

  test("makes the content type of ours", () => {
    expect(sent(undefined, document("windows-1252"))).toMatchObject({ type: "text/xml; charset=windows-1252" });
    expect(sent(undefined, document("UTF-8"))).toMatchObject({ type: "text/xml; charset=UTF-8" });
    expect(sent(undefined, "<a/>")).toMatchObject({ type: "text/xml; charset=utf-8" });
  });

  test("in another kind of text does not count", () => {
    expect(sent("text/plain", document("us-ascii"))).toMatchObject({
      text: document("us-ascii").replace("{{x}}", ZOE),
    });
  });
});

describe("what the charset lacks is a fault that names it and its placeholder", () => {
  test.each([
    ["text/plain", "Dear {{x}}", "line 1 column 6, {{x}}: "],
    ["text/plain", "{{ x }} €", "line 1 column 1, {{ x }}: "],
    ["text/plain", "€ Dear", ""],
    ["text/csv", "1,{{x}}", "line 1 column 3, {{x}}: "],
    ["text/xml", "<a><![CDATA[{{x}}]]></a>", "line 1 column 13, {{x}}: "],
    ["text/xml", "<!--\n {{x}} --><a/>", "line 2 column 2, {{x}}: "],
    ["text/xml", "<a><?pi {{x}}?></a>", "line 1 column 9, {{x}}: "],
    ["text/html", "<style>€</style>{{y}}", ""],
    ["application/json", '{"a":1} €', ""],
    ["application/yaml", "a: '{{x}}'", "line 1 column 5, {{x}}: "],
    ["application/toml", "a = '{{x}}'", "line 1 column 6, {{x}}: "],
    ["application/x-www-form-urlencoded", "a=1&b={{x}}", "line 1 column 7, {{x}}: "],
  ])("%s, %j", (type, body, place) => {
    expect(sent(`${type}; charset=ISO-8859-1`, body, "aé€")).toBe(
      `body: ${place}the charset ISO-8859-1 cannot encode "€" (U+20AC), and no escape is possible here.`,
    );
  });

  test.each([
    "utf-7",
    "base64",
    "hex",
    "binary",
    "klingon",
    "iso-8859-12",
    "iso-2022-jp",
    "iso-2022-kr",
    "hz-gb-2312",
    "ebcdic-us",
    "utf-ebcdic",
    "constructor",
    "utf-8!",
  ])("the charset %s is not supported", (name) => {
    expect(sent(`text/xml; charset=${name}`, "<a>{{x}}</a>")).toBe(`body: the charset "${name}" is not supported.`);
    if (/^[a-z]/.test(name) && !name.endsWith("!"))
      expect(sent("text/xml", `<?xml version="1.0" encoding="${name}"?><a/>`)).toContain(`the charset "${name}"`);
  });

  test("nothing of a secret Content-Type is shown", () => {
    const headers = { "Content-Type": "text/plain; charset=s3cret" };
    const rendering = render({ headers, body: "a", secretKeys: ["Content-Type"] }, anEvent("{}"));
    expect(rendering).toMatchObject({
      fault: { message: "body: it cannot be used; the value is secret, so it is not shown." },
    });
  });
});

test("in YAML and TOML what the charset lacks is escaped within double quotes, one escape a character", () => {
  const bytes = (type: string, body: string): unknown => {
    const found = sent(`${type}; charset=us-ascii`, body, "Zoë € 😀");
    return typeof found === "string" ? found : found.bytes.toString("latin1");
  };
  const escaped = String.raw`Zo\u00eb \u20ac \U0001F600`;
  expect(bytes("application/yaml", 'a: {{x}}\nb: "{{x}}"')).toBe(`a: "${escaped}"\nb: "${escaped}"`);
  expect(bytes("application/toml", 'a = {{x}}\nb = "{{x}}"')).toBe(`a = "${escaped}"\nb = "${escaped}"`);
});

test("a form's values are percent-encoded in the charset that it declares", () => {
  const answer = (type: string, body: string, x?: string): unknown => {
    const found = sent(`application/x-www-form-urlencoded${type}`, body, x);
    return typeof found === "string" ? found : found.bytes.toString("latin1");
  };
  expect(answer("", "a={{x}}&b=é")).toBe("a=Zo%C3%AB%20%E2%82%AC&b=\xc3\xa9");
  expect(answer("; charset=utf-8", "a={{x}}")).toBe("a=Zo%C3%AB%20%E2%82%AC");
  expect(answer("; charset=windows-1252", "a={{x}}%26%E9&b=é")).toBe("a=Zo%EB%20%80%26%E9&b=\xe9");
  expect(answer("; charset=Shift_JIS", "a={{x}}", "表=")).toBe("a=%95%5C%3D");
  expect(answer("; charset=utf-16", "a={{x}}")).toBe(
    "body: a form cannot be sent in utf-16, which is not compatible with ASCII.",
  );
});

test("an empty body cannot have a wrong charset", () => {
  expect(sent("text/xml; charset=klingon", "")).toMatchObject({ text: "" });
});

test("a charset that makes a body longer does not make it longer than the limit", () => {
  expect(sent("text/plain; charset=utf-32", "{{x}}{{x}}{{x}}", "a".repeat(90_000))).toBe(
    "body: the rendered text is longer than 1048576 bytes.",
  );
});
