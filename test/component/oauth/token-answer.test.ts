import type { OutboundReply } from "../../../shared/core/ports/outbound.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { readTokenAnswer } from "../../../shared/oauth/token-answer.ts";
import { lifetimeMs } from "../../../shared/oauth/token-lifetime.ts";
import { tokenRequest } from "../../../shared/oauth/token-request.ts";
import { answered, AT, credential } from "../support/token-fixture.ts";

test("a POST form is sent exactly as configured", () => {
  expect(tokenRequest(credential(), "KLS-Webhooks/1")).toMatchObject({
    method: "POST",
    url: "https://auth.test/oauth/token?audience=mail%20x",
    headers: [
      ["Authorization", "Basic dXNlcjpwYXNz"],
      ["accept", "application/json"],
      ["content-type", "application/x-www-form-urlencoded"],
      ["user-agent", "KLS-Webhooks/1"],
    ],
    body: "grant_type=client_credentials&client_secret=s3c%26r%3Dt+%C3%BC",
  });
});

test("a POST with JSON has the pairs as strings, whatever their names", () => {
  const body = [...credential().body, { key: "__proto__", value: new Secret("1"), secret: false }];
  const { headers, body: text } = tokenRequest(credential({ contentType: "application/json", body }), "x");
  expect(text).toBe(`{"grant_type":"client_credentials","client_secret":"s3c&r=t ü","__proto__":"1"}`);
  expect(headers).toContainEqual(["content-type", "application/json"]);
});

test.each([
  ["https://auth.test/token", "https://auth.test/token?grant_type=client_credentials"],
  ["https://auth.test/token?", "https://auth.test/token?grant_type=client_credentials"],
  ["https://auth.test/token?a=b%20c&d", "https://auth.test/token?a=b%20c&d&grant_type=client_credentials"],
  ["https://auth.test/token?a=b#part", "https://auth.test/token?a=b&grant_type=client_credentials"],
])("with GET the pairs join the query of %s", (url, expected) => {
  const body = credential().body.slice(0, 1);
  const request = tokenRequest(credential({ method: "GET", url, body }), "x");
  expect(request).toMatchObject({ method: "GET", url: expected, body: "" });
  expect(request.headers.map(([key]) => key)).not.toContain("content-type");
});

test("a configured Accept and Content-Type win", () => {
  const headers = [
    { key: "ACCEPT", value: new Secret("*/*"), secret: false },
    { key: "Content-Type", value: new Secret("application/x-www-form-urlencoded; charset=utf-8"), secret: false },
  ];
  expect(tokenRequest(credential({ headers }), "x").headers).toHaveLength(3);
});

test.each([
  ["JSON by default paths", {}, { access_token: "abc", expires_in: 60 }, "abc 60000"],
  ["numeric text", {}, { access_token: "abc", expires_in: "60" }, "abc 60000"],
  ["no lifetime", {}, { access_token: "abc" }, "abc 300000"],
  ["nonsense lifetime", {}, { access_token: "abc", expires_in: {} }, "abc 300000"],
  ["negative lifetime", {}, { access_token: "abc", expires_in: -5 }, "abc 300000"],
  [
    "nested paths",
    { path: "data.0.token", expiresInPath: "data.0.ttl" },
    { data: [{ token: "abc", ttl: 5 }] },
    "abc 5000",
  ],
  [
    "no token",
    {},
    { token: "abc" },
    'credential: The token endpoint answered 200, but "access_token" is not a text in its answer, which has token.',
  ],
  [
    "inherited names",
    { path: "constructor.name" },
    {},
    'credential: The token endpoint answered 200, but "constructor.name" is not a text in its answer.',
  ],
  [
    "a web page",
    {},
    "<!DOCTYPE html><html><head><title> Sign in to Acme </title></head><body>…</body></html>",
    "credential: The token endpoint answered 200, but with a web page instead of a token (Sign in to Acme).",
  ],
  [
    "plain text and a path",
    {},
    "eyJ0b2tlbg",
    'credential: The token endpoint answered 200, but with plain text, in which "access_token" cannot be found.',
  ],
  ["nothing", {}, "", "credential: The token endpoint answered 200, but its answer is empty."],
  ["plain text and an empty path", { path: "" }, " eyJ0b2tlbg\r\n", "eyJ0b2tlbg 300000"],
  ["a text of JSON and an empty path", { path: "" }, '"eyJ0b2tlbg"', "eyJ0b2tlbg 300000"],
  [
    "digits as plain text",
    { path: "", expiresInPath: "" },
    "1234567890",
    "credential: The token endpoint answered 200, but it is empty, or is not a text.",
  ],
  ["a form", {}, "access_token=abc%2Fd&expires_in=60&token_type=bearer", "abc/d 60000"],
  ["a form and a path", { path: "auth.key" }, "auth.key=abc&x=1", "abc 300000"],
  ["a scheme within a form, spaces around", {}, "access_token=%20Bearer+abc%20", "abc 300000"],
  ["a scheme within plain text", { path: "" }, "Bearer abc\n", "abc 300000"],
  ["XML", {}, "<?xml version='1.0'?><r><access_token> abc </access_token><expires_in>60</expires_in></r>", "abc 60000"],
  ["XML and a path", { path: "a.b" }, "<x:r xmlns:x='u'><x:a><x:b><![CDATA[abc]]></x:b></x:a></x:r>", "abc 300000"],
  [
    "XML without the path",
    { path: "a.c" },
    "<r><a><b>abc</b></a></r>",
    'credential: The token endpoint answered 200, but "a.c" is not a text in its answer, which has r.a.b.',
  ],
  [
    "a SOAP fault",
    { path: "Token" },
    "<s:Envelope xmlns:s='u'><s:Body><s:Fault><faultstring>No such user</faultstring></s:Fault></s:Body></s:Envelope>",
    'credential: The token endpoint answered 200, but "Token" is not a text in its answer, which has Envelope.Body.Fault.faultstring (No such user).',
  ],
  ["a byte order mark and white space", {}, '\ufeff\r\n { "access_token": " abc\\n" } ', "abc 300000"],
  ["a scheme before the token", {}, { access_token: "Bearer abc" }, "abc 300000"],
  ["a scheme in another case", {}, { access_token: "bearer  abc" }, "abc 300000"],
  ["a name with dots", { path: "oauth.token" }, { "oauth.token": "abc" }, "abc 300000"],
  ["a list item in brackets", { path: "items[1].token" }, { items: [{}, { token: "abc" }] }, "abc 300000"],
  [
    "a type that needs proofs",
    {},
    { access_token: "abc", token_type: "DPoP" },
    "credential: The token endpoint answered 200 with a token of type DPoP, which needs a proof with each request. Only bearer tokens can be used.",
  ],
  ["another name for bearer", {}, { access_token: "abc", token_type: "BearerToken" }, "abc 300000"],
  [
    "a token with a line break",
    {},
    { access_token: "a\r\nb" },
    "credential: The token holds characters that a header value may not hold.",
  ],
  [
    "200 with an error",
    {},
    { error: "invalid_scope" },
    'credential: The token endpoint answered 200, but "access_token" is not a text in its answer, which has error (invalid_scope).',
  ],
])("an answer with %s", (_what, paths, body, expected) => {
  const config = credential({
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type", ...paths },
  });
  const answer = readTokenAnswer(answered(body), config, [], AT);
  const said =
    answer.kind === "token"
      ? `${answer.text} ${String(answer.lifetimeMs)}`
      : `${answer.fault.kind}: ${answer.fault.message}`;
  expect(said).toBe(expected);
});

const HOUR = 3_600_000;
test.each([
  ["seconds", 3600, HOUR],
  ["seconds as text", " 3600 ", HOUR],
  ["seconds with a fraction", "3599.5", HOUR - 500],
  ["milliseconds", 3_600_000, HOUR],
  ["a Unix time", AT.getTime() / 1000 + 3600, HOUR],
  ["a Unix time as text", String(AT.getTime() / 1000 + 3600), HOUR],
  ["a Unix time in milliseconds", AT.getTime() + HOUR, HOUR],
  ["RFC 3339", "2026-11-23T11:00:00Z", HOUR],
  ["RFC 3339 with an offset", "2026-11-23T12:00:00.000+01:00", HOUR],
  ["a time without a zone", "2026-11-23T11:00:00", HOUR],
  ["an HTTP-date", "Mon, 23 Nov 2026 11:00:00 GMT", HOUR],
  ["zero", 0, 300_000],
  ["negative", -1, 300_000],
  ["negative as text", "-1", 300_000],
  ["a time that has passed", "2026-11-23T09:00:00Z", 300_000],
  ["null", null, 300_000],
  ["words", "soon", 300_000],
  ["a year", 31_536_000, 31_536_000],
  ["sixty days, which could be milliseconds", 5_184_000, 5_184_000],
  ["more than a day", 172_800, 86_400_000],
  ["infinity", "1e999", 300_000],
])("a lifetime as %s", (_what, value, expected) => {
  expect(lifetimeMs(value, AT)).toBe(expected);
});

test.each([
  ["RFC 6749", { error: "invalid_client", error_description: "No such client" }, "invalid_client: No such client"],
  ["another shape", { errors: [{ message: "Nope", code: "E-7" }] }, "Nope: E-7"],
  [
    "its own shape",
    { fault: { faultstring: "Bad key", detail: { errorcode: "oauth.v2.Bad" } } },
    "oauth.v2.Bad: Bad key",
  ],
  ["no names that tell", { status: 401, reply: "go away" }, "status 401: reply go away"],
  ["problem details", { type: "about:blank", title: "Unauthorized", status: 401 }, "Unauthorized"],
  ["secret names", { access_token: "abc", info: "odd" }, "info odd"],
  ["plain text", "Go   away\r\nnow", "Go away now"],
  ["a web page", "<html><title>502 Bad Gateway</title><body>nginx</body></html>", "502 Bad Gateway"],
  ["XML", "<error><code>7</code><message>No</message></error>", "7: No"],
])("what the provider says: %s", (_what, body, said) => {
  const answer = readTokenAnswer(answered(body, 401), credential(), [], AT);
  expect(answer).toMatchObject({ fault: { message: `The token endpoint answered 401 (${said}).` } });
});

test("what the provider says is shown, masked and shortened", () => {
  const body = { error: "invalid_client", error_description: `s3cret-abc is wrong ${"x".repeat(1000)}` };
  const answer = readTokenAnswer(answered(body, 401), credential(), ["s3cret-abc"], AT);
  const message = answer.kind === "fault" ? answer.fault.message : "";
  expect(message).toMatch(/^The token endpoint answered 401 \(invalid_client: ••• is wrong x+\)\.$/);
  expect(message.length).toBeLessThan(350);
});

test("an endless answer and a refused address keep their kinds", () => {
  expect(readTokenAnswer(answered("x", 200, true), credential(), [], AT)).toMatchObject({
    fault: { kind: "response-too-large" },
  });
  const refused: OutboundReply = {
    kind: "failed",
    fault: { kind: "address-refused", message: "The address 10.0.0.1 …" },
    timings: {},
  };
  expect(readTokenAnswer(refused, credential(), [], AT)).toMatchObject({
    fault: { kind: "address-refused", message: "The credential's URL is refused: The address 10.0.0.1 …" },
  });
});
