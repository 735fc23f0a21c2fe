import type { DestinationTemplates } from "../../../shared/core/configuration/destination.ts";
import { sameDestination } from "../../../shared/core/configuration/destination.ts";

const to = (url: string, attributes: DestinationTemplates["attributes"] = []): DestinationTemplates => ({
  url,
  attributes,
});
const BASE = "https://a.example/hook";

test.each([
  BASE,
  "https://a.example/other",
  "https://a.example",
  "https://a.example?x",
  "https://a.example#x",
  "https:a.example/x",
  "https:///a.example/x",
  "https:\\\\a.example\\x",
  "HTTPS://A.EXAMPLE:443/x",
  "https://a.exa\tmple/x",
  "https://a.example:/x",
  "https://ａ.example/x",
  "https://a.example/@b.example/{{points}}",
  'https://a.example/{{x | default: "https://b.example/"}}',
])("%j leads where https://a.example/hook leads", (url) => {
  expect(new URL(url).host).toBe("a.example");
  expect(sameDestination(to(BASE), to(url))).toBe(true);
});

test.each([
  "https://b.example/hook",
  "https://a.example:8443/hook",
  "https://a.example./hook",
  "https://a.example.b.example/hook",
  "https://b.example\\@a.example/hook",
  "https:/b.example/a.example/hook",
  "https://b.example#@a.example/",
  "https://b.example?@a.example/",
  "https://a.example@b.example/hook",
  "https://user@a.example/hook",
  "https://user:pw@a.example/hook",
  "https://a.ex\nample@b.example/",
  "https://a.example\\{{x}}.b.example/hook",
  "https://a.example{{x}}/hook",
  "https://{{x}}a.example/hook",
  "https://a.example:{{port}}/hook",
  "https://{{x}}@a.example/hook",
  "https://{{x",
  "https://",
  "https:{{x}}",
])("%j does not", (url) => {
  expect(sameDestination(to(BASE), to(url))).toBe(false);
});

test("a host with placeholders is the same with the same text, the same filters and the same fallbacks for missing values", () => {
  const url = "https://{{ region | downcase }}.api.{{zone}}.example/hook";
  const fallback = (name: string, text: string) => [{ name, ifMissing: "fallback" as const, fallback: text }];
  const same: [DestinationTemplates, DestinationTemplates][] = [
    [to(url), to("https://{{ region | downcase }}.API.{{zone}}.example/other?q={{x}}")],
    [to(url, fallback("region", "eu")), to(`${url}/y`, [...fallback("points", "0"), ...fallback("region", "eu")])],
    [to("https://{{a}}.{{a}}/x"), to("https:{{a}}.{{a}}?y")],
    [to("https://{{a.b}}/x"), to(`https://{{ a["b"] }}/y`)],
    [to("https://{{items[0].host}}/"), to("https://{{items[ 0 ].host}}/y")],
  ];
  for (const [one, other] of same) expect(sameDestination(one, other)).toBe(true);
  const others: [DestinationTemplates, DestinationTemplates][] = [
    [to(url), to(url.replace("region", "zone"))],
    [to(url), to(url.replace(" | downcase", ""))],
    [to(url), to(url.replace(" | downcase", ' | default: "b"'))],
    [to(url), to(url.replace(".example", ".evil"))],
    [to(url), to(url.replace(".example", ".example:8443"))],
    [to(url), to(url, fallback("region", "eu"))],
    [to(url, fallback("zone", "a")), to(url, fallback("zone", "b"))],
    [to(url, fallback("zone", "a")), to(url, [{ name: "zone", ifMissing: "fail" }])],
    [to("https://{{a}}.{{b}}/x"), to("https://{{a}}{{b}}/x")],
    [to("https://{{a}}/x"), to("https://a/x")],
    // What the text of names does not show: a key with a dot in it, an item of a list, the arguments of a filter and their kind.
    [to("https://{{a.b}}/"), to(`https://{{["a.b"]}}/`)],
    [to("https://{{items[0]}}/"), to("https://{{items[1]}}/")],
    [to("https://{{items[0]}}/"), to("https://{{items[-1]}}/")],
    [to('https://{{a | default: "b"}}/'), to('https://{{a | default: "c"}}/')],
    [to("https://{{a | default: 1}}/"), to('https://{{a | default: "1"}}/')],
    [to('https://{{a | default: "b" | downcase}}/'), to('https://{{a | downcase | default: "b"}}/')],
    [to('https://{{a | replace: "x", "y"}}/'), to('https://{{a | replace: "y", "x"}}/')],
    [to("https://{{a | raw}}/"), to("https://{{a}}/")],
  ];
  for (const [one, other] of others) expect([other, sameDestination(one, other)]).toEqual([other, false]);
});

test("where the host is not known, the same URL is the same destination and any other is not", () => {
  for (const url of ["https://{{x", "https://u@a.example/", "https://a.example:{{port}}/", "https://%/"]) {
    expect(sameDestination(to(url), to(url))).toBe(true);
    expect(sameDestination(to(url), to(`${url}x`))).toBe(false);
  }
});
