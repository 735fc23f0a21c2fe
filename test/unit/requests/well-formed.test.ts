import { parseWebhook } from "../../../shared/management/webhook-input.ts";
import { compileWebhook, renderRequest } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { anEvent, render, renderedBody } from "../../support/an-event.ts";

const HALVES = anEvent(String.raw`{"x":"a\ud800b","o":{"k\udc00":["\ud83d","\ud83d\ude00"]},"t":"\ud83d"}`);

test.each([
  ["{{x}}", "text/plain", "a�b"],
  ["{{x | raw}}", "text/plain", "a�b"],
  [
    '{"a":"{{x}}","o":{{o}},"s":"{{o}}","r":"{{x | raw}}"}',
    "application/json",
    String.raw`{"a":"a�b","o":{"k�":["�","😀"]},"s":"{\"k�\":[\"�\",\"😀\"]}","r":"a�b"}`,
  ],
  ["<a b='{{x}}'>{{x}}<!--{{x}}--><![CDATA[{{x}}]]></a>", "text/xml", "<a b='a�b'>a�b<!--a�b--><![CDATA[a�b]]></a>"],
  ["a={{x}}&b={{x | raw}}", "application/x-www-form-urlencoded", "a=a%EF%BF%BDb&b=a�b"],
  ["{{t}}\ude00 {{m}}", "text/plain", "�� �"],
  ['{{m | default: "\ud800"}}', "text/plain", "�"],
])("a lone surrogate in a body %s of %s is sent as U+FFFD", (body, type, expected) => {
  const more = {
    headers: { "Content-Type": type },
    attributes: [{ name: "m", ifMissing: "fallback", fallback: "\ud800" }],
  } as const;
  expect(renderedBody(body, HALVES, more)).toBe(expected);
});

test("a lone surrogate in a header is sent as U+FFFD, percent-encoded", () => {
  const rendering = render({ headers: { "X-A": "{{x}}", "X-O": "{{o}}" } }, HALVES);
  expect(rendering.ok && rendering.request.headers).toEqual([
    ["X-A", "a%EF%BF%BDb"],
    ["X-O", '{"k%EF%BF%BD":["%EF%BF%BD","%F0%9F%98%80"]}'],
  ]);
});

test("a byte order mark before a stored body or URL is dropped, and the body's kind is recognized after it", () => {
  const compiled = compileWebhook({
    url: "\ufeffhttps://api.example.com/x",
    headers: [],
    body: '\ufeff{"a":"{{q}}"}',
    attributes: [],
  });
  const rendering = renderRequest(compiled, anEvent(String.raw`{"q":"\""}`));
  expect(rendering.ok && rendering.request).toEqual({
    url: "https://api.example.com/x",
    headers: [["content-type", "application/json"]],
    body: String.raw`{"a":"\""}`,
    contentType: "application/json",
  });
});

test("a byte order mark that a value brings to the beginning of the body is dropped too, one within it stays", () => {
  const event = anEvent(JSON.stringify({ x: "\ufeff{}" }));
  expect(renderedBody("{{x | raw}}", event)).toBe("{}");
  expect(renderedBody("a{{x | raw}}", event)).toBe("a\ufeff{}");
});

test("what is configured is stored without the mark and without lone surrogates, header values included", () => {
  const input = {
    name: "Mail",
    description: "\ufeffTells\ud800",
    url: "\ufeffhttps://api.example.com/\udc00",
    headers: [{ key: "\ufeffX-A", value: "\ufeffb" }],
    body: "\ufeffHello \ud800",
    attributes: [{ name: "\ufefflang", ifMissing: "fallback", fallback: "\ud800" }],
  };
  const parsed = parseWebhook(input, {
    previous: undefined,
    headerCharacters: /^[\x20-\x7e]*$/,
    credentialFound: false,
  });
  expect(parsed).toMatchObject({
    ok: true,
    value: {
      description: "Tells�",
      url: "https://api.example.com/�",
      headers: [{ key: "X-A", value: new Secret("b") }],
      body: "Hello �",
      attributes: [{ name: "lang", ifMissing: "fallback", fallback: "�" }],
    },
  });
  const [header] = parsed.ok ? parsed.value.headers : [];
  expect(header?.value.reveal()).toBe("b");
});
