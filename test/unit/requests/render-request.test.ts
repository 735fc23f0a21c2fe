import { compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { anEvent, exampleEvent, render, renderedBody, renderedUrl, type Written } from "../../support/an-event.ts";

test("a webhook and the example event give the whole request", () => {
  const compiled = compileWebhook({
    url: "https://api.example.com/members/{{memberId}}/mail?lang={{language}}",
    headers: [
      { key: "Content-Type", value: new Secret("application/json"), secret: false },
      { key: "X-Api-Key", value: new Secret("s3cret"), secret: true },
    ],
    body: '{"to":"{{memberEmail}}","points":{{points}}}',
    attributes: [
      { name: "language", ifMissing: "fallback", fallback: "en" },
      { name: "memberEmail", ifMissing: "fail" },
    ],
  });
  expect(compiled.faults).toEqual([]);
  expect(renderRequest(compiled, exampleEvent())).toEqual({
    ok: true,
    request: {
      url: "https://api.example.com/members/M-12345678901234567890/mail?lang=en",
      headers: [
        ["Content-Type", "application/json"],
        ["X-Api-Key", "s3cret"],
      ],
      body: '{"to":"ana@example.com","points":12345678901234567890}',
      contentType: "application/json",
    },
    secrets: [{ text: "s3cret", publicStart: 0 }],
  });
});

describe("content type", () => {
  const sent = (written: Written): readonly (readonly [string, string])[] => {
    const rendering = render(written, exampleEvent());
    return rendering.ok ? rendering.request.headers : [["fault", rendering.fault.message]];
  };

  test.each([
    ['{"a":1}', "application/json"],
    [" \n[1]", "application/json"],
    ["{{{memberId}}:1}", "application/json"],
    ["<a/>", "text/xml; charset=utf-8"],
    ["Hello", "text/plain; charset=utf-8"],
    ["{{firstName}}, hello", "text/plain; charset=utf-8"],
    ["   ", "text/plain; charset=utf-8"],
  ])("a body %j without one is sent as %s", (body, type) => {
    expect(sent({ body })).toEqual([["content-type", type]]);
  });

  test("an empty body gets none, and the webhook's own is kept in any letter case", () => {
    expect(sent({ body: "" })).toEqual([]);
    expect(sent({ body: "{}", headers: { "CONTENT-type": "text/csv" } })).toEqual([["CONTENT-type", "text/csv"]]);
  });

  test("the header decides the kind, not the body's look", () => {
    const event = anEvent('{"x":"a\\"<b> c"}');
    const as = (type: string, body: string): string => renderedBody(body, event, { headers: { "Content-Type": type } });
    expect(as("application/problem+json", "{{x}}")).toBe('"a\\"<b> c"');
    expect(as("application/soap+xml", "{{x}}")).toBe("a&quot;&lt;b&gt; c");
    expect(as("application/x-www-form-urlencoded; charset=utf-8", "{{x}}")).toBe("a%22%3Cb%3E%20c");
    expect(as("text/plain", '{"a":"{{x}}"}')).toBe('{"a":"a"<b> c"}');
    expect(as("application/json; profile={{x}}", '{"a":"{{x}}"}')).toBe('{"a":"a\\"<b> c"}');
  });
});

describe("URL", () => {
  const event = anEvent(
    '{"h":"acme-1","dot":".","dots":"..","e":"","two":"%2e%2e","evil":"evil.example/","at":"u@evil.example","path":"a/b c?d=é","s":"\\t..","n":8443}',
  );

  test.each([
    ["https://{{h}}.example.com/x", "https://acme-1.example.com/x"],
    ["HTTPS://API.Example.com/{{h}}", "https://api.example.com/acme-1"],
    ["https://api.example.com/{{path | raw}}", "https://api.example.com/a/b%20c?d=%C3%A9"],
    ["https://api.example.com/f?a={{path}}#{{h}}", "https://api.example.com/f?a=a%2Fb%20c%3Fd%3D%C3%A9"],
    ["https://api.example.com/x{{dots}}y/..{{h}}//", "https://api.example.com/x..y/..acme-1//"],
    ["https://api.example.com/a/../b/{{h}}", "https://api.example.com/b/acme-1"],
    ["https://api.example.com?a={{dots}}/..", "https://api.example.com/?a=../.."],
    ["https://api.example.com:8443/{{two}}", "https://api.example.com:8443/%252e%252e"],
    ["https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"],
    ["https://{{dot | raw}}acme.example".replace("{{dot | raw}}", "{{h | raw}}."), "https://acme-1.acme.example/"],
  ])("%s gives %s", (template, expected) => {
    expect(renderedUrl(template, event)).toBe(expected);
  });

  const CLIMB = 'its value makes a path segment "." or "..", which would lead to a different path';
  test.each([
    ["https://api.example.com/{{dots}}", `line 1 column 25, {{dots}}: ${CLIMB}`],
    ["https://api.example.com/a/.{{dot}}/b", `line 1 column 28, {{dot}}: ${CLIMB}`],
    ["https://api.example.com/a/{{dot}}%2E/b", `line 1 column 27, {{dot}}: ${CLIMB}`],
    ["https://api.example.com/a/%2e{{e}}", `line 1 column 30, {{e}}: ${CLIMB}`],
    ["https://api.example.com\\\\{{dots}}\\x", `line 1 column 26, {{dots}}: ${CLIMB}`],
    ["https://api.example.com/\t{{dots}}\n/x", `line 1 column 25, {{dots}}: ${CLIMB}`],
    ["https://api.example.com/{{dots}} ", `line 1 column 25, {{dots}}: ${CLIMB}`],
    ["https://api.example.com/{{s | raw}}/x", `line 1 column 25, {{s | raw}}: ${CLIMB}`],
    ["https://api.example.com/{{two | raw}}", `line 1 column 25, {{two | raw}}: ${CLIMB}`],
    ["https://api.example.com/{{h}}/../{{dots}}/{{h}}", `line 1 column 34, {{dots}}: ${CLIMB}`],
    [
      "https://{{evil}}/",
      "line 1 column 9, {{evil}}: in a host name a value may contain only letters, digits and hyphens",
    ],
    ["https://{{e}}/", "line 1 column 9, {{e}}: the value is empty, so there is no host"],
    [
      "https://api.example.com{{path}}",
      "line 1 column 24, {{path}}: in a host name a value may contain only letters, digits and hyphens",
    ],
    [
      "https://{{evil | raw}}x",
      "line 1 column 9, {{evil | raw}}: in a host name even a raw value may contain only letters, digits, hyphens and dots, and must not be empty",
    ],
    [
      "https://api.example.com:{{n}}/",
      "line 1 column 25, {{n}}: a placeholder is not allowed in a URL's port or numeric address",
    ],
    ["https://[::{{n}}]/", "line 1 column 12, {{n}}: a placeholder is not allowed in a URL's port or numeric address"],
    [
      "https://{{h}}:x@api.example.com/",
      "line 1 column 9, {{h}}: a placeholder is not allowed in a URL's user name or password; use a header",
    ],
    ["https://u:p@api.example.com/", "a URL may not carry a user name or password; use a header or a credential"],
    ["https:foo bar", "it does not name a valid host"],
    ["https:///", "it does not name a valid host"],
    ["https://exa mple.com/{{h}}", "it does not name a valid host"],
    ["https://api.example.com:99999/", "it does not name a valid host"],
    ["http://api.example.com/", 'a URL must begin with "https:" as written, without a placeholder in it'],
    ["{{h}}://api.example.com/", 'a URL must begin with "https:" as written, without a placeholder in it'],
    ["https://{{n}}.999/", "the rendered URL is not valid"],
    ["https://api.example.com/\0{{h}}", "a URL may not contain NUL"],
  ])("%j is a fault of the field url", (template, problem) => {
    expect(renderedUrl(template, event)).toBe(`url: ${problem}.`);
  });
});

describe("headers", () => {
  const event = anEvent('{"crlf":"a\\r\\nX-Evil: 1","nul":"a\\u0000","latin":"Zoë","wide":"漢","e":""}');
  const fault = (written: Written): unknown => {
    const rendering = render(written, event);
    return rendering.ok ? rendering.request.headers : rendering.fault;
  };

  test("a raw value cannot break the line, and the fault names field and place", () => {
    for (const name of ["crlf", "nul", "wide"]) {
      expect(fault({ headers: { "X-A": "1", "X-B": `{{ ${name} | raw }}` } })).toEqual({
        kind: "template",
        field: "headers/1/value",
        message: `headers/1/value: line 1 column 1, {{ ${name} | raw }}: even raw, a header value may not contain line breaks, other control characters or characters beyond U+00FF.`,
      });
    }
    expect(fault({ headers: { "X-B": "{{latin | raw}}" } })).toEqual([["X-B", "Zoë"]]);
  });

  test("an empty value is sent empty, in the order configured", () => {
    expect(fault({ headers: { "X-B": "", "X-A": "{{e}}" } })).toEqual([
      ["X-B", ""],
      ["X-A", ""],
    ]);
  });

  test("a literal that a header cannot carry and a key that is not a name are faults, not crashes", () => {
    expect(fault({ headers: { "X-A": "a\nb" } })).toMatchObject({ field: "headers/0/value" });
    expect(fault({ headers: { "X A": "a" } })).toMatchObject({ field: "headers/0/key" });
  });
});

test("all faults that do not depend on the event are known after compiling, in the order of the fields, and every render gives the first", () => {
  const compiled = compileWebhook({
    url: "https://{{x",
    headers: [{ key: "X-A", value: new Secret("{{x | nope}}"), secret: true }],
    body: "{{}}",
    attributes: [],
  });
  expect(compiled.faults.map(({ field }) => field)).toEqual(["url", "headers/0/value", "body"]);
  const rendering = renderRequest(compiled, exampleEvent());
  expect(rendering.ok ? undefined : rendering.fault).toBe(compiled.faults[0]);
});

test("raw in JSON inserts the value unchanged", () => {
  const event = anEvent('{"fragment":"{\\"a\\":1}","e":0.10}');
  expect(renderedBody('{"f":{{fragment | raw}},"n":{{none | raw}},"e":{{e | raw}},"s":"{{ e | raw }}"}', event)).toBe(
    '{"f":{"a":1},"n":null,"e":0.10,"s":"0.10"}',
  );
});
