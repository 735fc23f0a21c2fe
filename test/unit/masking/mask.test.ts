import { maskFor, maskSecrets } from "../../../shared/core/masking/mask.ts";

const SECRET = `p&ss"w<o>rd+/=\\' ç`;
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const xml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

test.each([
  ["as it is", SECRET],
  ["in JSON", json(SECRET)],
  ["in JSON within JSON", json(json(SECRET))],
  ["in JSON with escaped slashes", json(SECRET).replaceAll("/", "\\/")],
  [
    "in JSON of ASCII only",
    json(SECRET).replaceAll("ç", "\\u00e7").replaceAll("+", "\\u002B").replaceAll("&", "\\u0026"),
  ],
  ["percent-encoded", encodeURIComponent(SECRET)],
  ["percent-encoded in small letters", encodeURIComponent(SECRET).replace(/%../g, (byte) => byte.toLowerCase())],
  ["percent-encoded twice", encodeURIComponent(encodeURIComponent(SECRET))],
  ["as a URL parser leaves it", new URL(`https://h/?${SECRET}`).search.slice(1).replaceAll("%27", "'")],
  ["form-encoded", new URLSearchParams({ a: SECRET }).toString().slice(2)],
  ["in XML", xml(SECRET)],
  ["in XML with other entities", xml(SECRET).replaceAll("&#39;", "&apos;").replaceAll("&quot;", "&#x22;")],
  ["in XML within XML", xml(xml(SECRET))],
  ["base64", Buffer.from(SECRET).toString("base64")],
  ["base64url", Buffer.from(SECRET).toString("base64url")],
])("a secret is masked %s", (_name, form) => {
  expect(maskSecrets(`before ${form} after`, [SECRET])).toBe("before ••• after");
});

test.each(["user:", "ab:", "a:"])("a secret within the base64 of %s… is masked", (prefix) => {
  const secret = "s3cret-value-1";
  const masked = maskSecrets(Buffer.from(`${prefix}${secret}!`).toString("base64"), [secret]);
  expect(masked).toContain("•••");
  expect(Buffer.from(masked.replace("•••", ""), "base64").toString()).not.toContain("s3cret");
});

test("after a scheme word the rest is a secret of its own, and so is Basic's password, but not its user name", () => {
  const basic = `Basic ${Buffer.from("acme-user:hunter22").toString("base64")}`;
  expect(maskSecrets("Bearer abcdef123, abcdef123", ["Bearer abcdef123"])).toBe("•••, •••");
  expect(maskSecrets(`${basic} acme-user hunter22 acme-user:hunter22`, [basic])).toBe("••• acme-user ••• •••");
});

test("the longest secret goes first", () => {
  expect(maskSecrets("abcdefgh abcd", ["abcd", "abcdefgh"])).toBe("••• •••");
});

test("a secret that the end cuts off is masked from six characters on", () => {
  const secret = 'abc"defghijkl';
  expect(maskSecrets('token=abc"def', [secret])).toBe("token=•••");
  expect(maskSecrets('{"t":"abc\\"def', [secret])).toBe('{"t":"•••');
  expect(maskSecrets("token=abc%22defghi", [secret])).toBe("token=•••");
  expect(maskSecrets('token=abc"d', [secret])).toBe('token=abc"d');
  expect(maskSecrets("Bearer ", ["Bearer abcdef123"])).toBe("Bearer ");
});

test("short texts are not secret, and without secrets nothing changes", () => {
  expect(maskSecrets("abc abc", ["abc", "", "  "])).toBe("abc abc");
  expect(maskSecrets("anything $& \\1", [])).toBe("anything $& \\1");
  expect(maskSecrets("a.c+d axc+d", ["a.c+d"])).toBe("••• axc+d");
});

test("a hostile answer cannot make the search for a secret explode", () => {
  for (const secret of [
    "\\".repeat(12) + "x",
    `${'\\"'.repeat(12)}x`,
    "&".repeat(30) + "x",
    "%".repeat(30) + "x",
    " ".repeat(5) + "+".repeat(30) + "x",
    "a".repeat(4000) + "x",
  ]) {
    const mask = maskFor([secret]);
    for (const filler of ["\\", "&amp;", "&", "%25", "%", "+", "a", '\\"', "\\u0022", '\\\\"']) {
      const text = `x${filler.repeat(65_536 / filler.length)}`;
      expect(mask(`${text} ${secret}`)).toMatch(/•••$/);
    }
  }
});

test("runs of backslashes are masked in every escape", () => {
  const secret = "C:\\\\srv\\pass";
  for (const form of [secret, json(secret), json(json(secret)), encodeURIComponent(secret)])
    expect(maskSecrets(`<${form}>`, [secret])).toBe("<•••>");
});
