import { tokenRequest } from "../../../shared/oauth/token-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { anEvent, awkwardTexts, render, renderedUrl } from "../../support/an-event.ts";

/** RFC 3986, appendix A: what a path and a query are made of. */
const SENDABLE =
  /^https:\/\/[A-Za-z0-9.[\]:-]+\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[\dA-Fa-f]{2})*(?:\?(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[\dA-Fa-f]{2})*)?$/;

const event = anEvent(JSON.stringify({ x: "41", r: "a|b^[c]`{d}%zz%41", half: "\ud800" }));

test.each([
  ["https://a.example/{a}|b^[c]`d", "https://a.example/%7Ba%7D%7Cb%5E%5Bc%5D%60d"],
  ["https://a.example/?q={a}|b^[c]`d", "https://a.example/?q=%7Ba%7D%7Cb%5E%5Bc%5D%60d"],
  ["https://a.example/50%?rate=50%&x=%4&y=%zz", "https://a.example/50%25?rate=50%25&x=%254&y=%25zz"],
  ["https://a.example/100%{{x}}?y=%4{{x}}", "https://a.example/100%2541?y=%25441"],
  ["https://a.example/%7e%7E?x=%c3%A9%", "https://a.example/%7e%7E?x=%c3%A9%25"],
  ['https://a.example/ "<>?x= "<>\\', "https://a.example/%20%22%3C%3E?x=%20%22%3C%3E%5C"],
  ["https://a.example/Zoë/€?q=Zoë €", "https://a.example/Zo%C3%AB/%E2%82%AC?q=Zo%C3%AB%20%E2%82%AC"],
  ["https://[2001:db8::1]:8443/[x]?a[]=1", "https://[2001:db8::1]:8443/%5Bx%5D?a%5B%5D=1"],
  [
    "https://a.example/{{r | raw}}?q={{r | raw}}",
    "https://a.example/a%7Cb%5E%5Bc%5D%60%7Bd%7D%25zz%41?q=a%7Cb%5E%5Bc%5D%60%7Bd%7D%25zz%41",
  ],
  ["https://a.example/{{half}}\ud800?{{half | raw}}", "https://a.example/%EF%BF%BD%EF%BF%BD?%EF%BF%BD"],
  ["\ufeffhttps://a.example/x", "https://a.example/x"],
  ["https://a.example//x/./y/../Z//?a=/../?b#f", "https://a.example//x/Z//?a=/../?b"],
  ["https://a.example/;v=1,2/!$&'()*+:@~-._?a=b&c=d+e;f:@", "https://a.example/;v=1,2/!$&'()*+:@~-._?a=b&c=d+e;f:@"],
])("%s is sent as RFC 3986 allows, and otherwise unchanged", (url, expected) => {
  const rendered = renderedUrl(url, event);
  expect(rendered).toBe(expected);
  expect(rendered).toMatch(SENDABLE);
});

test.each(["{", "}", "|", "^", "[", "]", "`", "%"])(
  "a %s in the literal text of a URL is percent-encoded, in path and query",
  (character) => {
    const encoded = `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
    expect(renderedUrl(`https://a.example/a${character}/b?c=d${character}&e=f${character}`, event)).toBe(
      `https://a.example/a${encoded}/b?c=d${encoded}&e=f${encoded}`,
    );
  },
);

test("whatever is in path and query, what is sent is a URL by RFC 3986", () => {
  for (const text of awkwardTexts(400)) {
    const literal = text.replaceAll("{{", "{").replaceAll("\0", "");
    const values = anEvent(JSON.stringify({ v: text.replaceAll(/^[./%2e]+$/gi, "x") }));
    for (const url of [
      `https://a.example/p${literal}`,
      `https://a.example/p?q=${literal}`,
      "https://a.example/p-{{v}}?q={{v | raw}}",
    ]) {
      const rendering = render({ url }, values);
      if (rendering.ok) expect(rendering.request.url).toMatch(SENDABLE);
      else expect(rendering.fault.message).toMatch(/would lead to a different path|braces|may follow the name/);
    }
  }
});

describe("the URL of a token request", () => {
  const request = (url: string, method: "GET" | "POST" = "GET"): string =>
    tokenRequest(
      {
        name: "Mail",
        description: "",
        method,
        url,
        contentType: "application/json",
        headers: [],
        body: [{ key: "k|", value: new Secret("{v}"), secret: true }],
        token: { path: "a", expiresInPath: "b", typePath: "c" },
        placement: { header: "Authorization", prefix: "Bearer " },
      },
      "KLS",
    ).url;

  test.each([
    ["https://a.example/{t}|x?p=^%", "https://a.example/%7Bt%7D%7Cx?p=%5E%25&k%7C=%7Bv%7D"],
    ["\ufeffhttps://a.example/t#f", "https://a.example/t?k%7C=%7Bv%7D"],
  ])("%s is sent as RFC 3986 allows", (url, expected) => {
    expect(request(url)).toBe(expected);
  });

  test.each(["http://a.example/|", "https://u:p@a.example/|", "https://a b/"])(
    "%s is left for the door to refuse",
    (url) => {
      expect(request(url, "POST")).toBe(url);
    },
  );
});
