import { html } from "../../../local/partner/page/html.ts";
import { indentJson, indentXml, prettyBody } from "../../../local/partner/page/pretty.ts";

describe("text in HTML", () => {
  test.each([
    ["<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"],
    [`" onload='x' & more`, "&quot; onload=&#39;x&#39; &amp; more"],
    ["a\u0000b\u001b[2Jc\u007fd\u0085e", "a\u2400b\u241b[2Jc\u2421d\\u0085e"],
    ["line\n\ttwo\r\n", "line\n\ttwo\r\n"],
    ["\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066"],
    ["Zoë 花子 🎁", "Zoë 花子 🎁"],
  ])("%j stays text", (text, shown) => {
    expect(html`<p title="${text}">${text}</p>`.html).toBe(`<p title="${shown}">${shown}</p>`);
  });

  test("only what was made as HTML is HTML", () => {
    const items = [html`<li>${"<b>"}</li>`, html`<li>${2}</li>`];
    expect(html`<p>${items}</p>`.html).toBe("<p><li>&lt;b&gt;</li><li>2</li></p>");
  });
});

describe("a body made readable", () => {
  test.each([
    [
      '{"a":1.50,"a":12345678901234567890,"b":[],"c":{}}',
      '{\n  "a": 1.50,\n  "a": 12345678901234567890,\n  "b": [],\n  "c": {}\n}',
    ],
    [' [ {"x":"a,b:{}\\"[" } , null,true ] ', '[\n  {\n    "x": "a,b:{}\\"["\n  },\n  null,\n  true\n]'],
    ['"text"', '"text"'],
  ])("JSON keeps every token: %s", (text, shown) => {
    expect(indentJson(text)).toBe(shown);
  });

  test.each(["{", "{a:1}", "", "a=b"])("%j is not JSON", (text) => {
    expect(indentJson(text)).toBeUndefined();
  });

  test("XML: a line for each element, text and CDATA unchanged", () => {
    const soap = `<?xml version="1.0"?><Envelope a="1"><Body> <name>Zoë &amp; co</name><note><![CDATA[a<b> ]]></note><!-- <x> --><empty/><e></e></Body></Envelope>`;
    expect(indentXml(soap)).toBe(
      [
        '<?xml version="1.0"?>',
        '<Envelope a="1">',
        "  <Body>",
        "    <name>Zoë &amp; co</name>",
        "    <note><![CDATA[a<b> ]]></note>",
        "    <!-- <x> -->",
        "    <empty/>",
        "    <e></e>",
        "  </Body>",
        "</Envelope>",
      ].join("\n"),
    );
  });

  test.each(["<!--".repeat(30_000), "<a".repeat(30_000), "<![CDATA[".repeat(10_000)])(
    "unclosed markup is shown unchanged",
    (text) => {
      expect(indentXml(text)).toBeUndefined();
    },
  );

  test("a deep body does not grow with the square of its depth", () => {
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    expect(indentJson(deep)?.length).toBeLessThan(45 * deep.length);
    const { text, note } = prettyBody(Buffer.from(deep), "application/json");
    expect(text.length).toBeLessThanOrEqual(32_768);
    expect(note).toBe("the first 32768 characters");
  });

  test("a form has one pair per line, decoded; a broken one is unchanged", () => {
    const type = "application/x-www-form-urlencoded";
    expect(prettyBody(Buffer.from("a=1+2%26&b="), type).text).toBe("a = 1 2&\nb = ");
    expect(prettyBody(Buffer.from("a=%zz"), type).text).toBe("a=%zz");
  });

  test("another charset is read as declared, what is not text as bytes", () => {
    expect(prettyBody(Buffer.from("Zo\xeb", "latin1"), "text/plain; charset=iso-8859-1").text).toBe("Zoë");
    const { text, note } = prettyBody(Buffer.from([0x89, 0x50, 0xff, 0x00]), "image/png");
    expect(text).toMatch(/^00000000 {2}89 50 ff 00 +\.P\.\.$/);
    expect(note).toBe("not text");
  });
});
