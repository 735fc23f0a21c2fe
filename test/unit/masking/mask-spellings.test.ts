import { maskFor, maskSecrets } from "../../../shared/core/masking/mask.ts";
import { numbers } from "./numbers.ts";
import { hex, spell, SPELLINGS, TEXT_SPELLINGS } from "./spellings.ts";

const VISIBLE = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 0x21 + index));
const PUNCTUATION = VISIBLE.replace(/[A-Za-z0-9]/g, "");
const ALPHABETS: readonly (readonly [string, readonly string[]])[] = [
  ["visible", Array.from(VISIBLE)],
  ["punctuation", Array.from(PUNCTUATION)],
  ["letters of the world", Array.from("abcçéßñ漢字😀€&<>\"'\\/%+ ")],
  ["backslashes and quotes", Array.from("\\\\\"'nu0x")],
  ["escapes", ["%", "2", "5", "\\", "u", "0", "4", "1", "&", "a", "m", "p", ";", "#", "x"]],
];

function secret(next: (below: number) => number, alphabet: readonly string[], length: number): string {
  return Array.from({ length }, () => alphabet[next(alphabet.length)] ?? "").join("");
}

describe.each(ALPHABETS)("secrets of %s", (_name, alphabet) => {
  test.each([8, 12, 40, 63, 64, 65, 200, 3671])("of %d characters are found in every spelling", (length) => {
    const next = numbers(length);
    for (let round = 0; round < (length > 100 ? 2 : 12); round += 1) {
      // A letter at both ends: what is next to it must not seem to belong to it.
      const text = `S${secret(next, alphabet, length - 2)}z`;
      const mask = maskFor([text]);
      for (const [name, spelling] of Object.entries(SPELLINGS)) {
        const masked = mask(`<b>${spelling(text)}</b>`);
        if (masked !== "<b>•••</b>") expect({ text, name, masked }).toEqual({ text, name, masked: "<b>•••</b>" });
      }
    }
  });
});

test("escapes of escapes, of every two kinds", () => {
  const text = `pa&ss"w<o>rd+/=\\' é%41`;
  const mask = maskFor([text]);
  for (const [inner, first] of Object.entries(TEXT_SPELLINGS)) {
    for (const [outer, second] of Object.entries(SPELLINGS)) {
      const masked = mask(`[${second(first(text))}]`);
      expect({ inner, outer, masked }).toEqual({ inner, outer, masked: "[•••]" });
    }
  }
});

test.each(["base64", "base64url", "hex", "HEX"] as const)(
  "%s of a text that contains the secret, at every place in it",
  (name) => {
    const text = "s3cret-value-1";
    for (const before of ["", "a", "ab", "abc", '{"token":"']) {
      for (const after of ["", "!", "!!", '"}']) {
        const encoded = SPELLINGS[name]?.(before + text + after) ?? "";
        const masked = maskSecrets(`x=${encoded}`, [text]);
        expect(masked).toContain("•••");
        const left = masked
          .slice(2)
          .split("•••")
          .map((part) =>
            Buffer.from(
              part,
              name === "base64url" ? "base64" : name.toLowerCase() === "hex" ? "hex" : "base64",
            ).toString(),
          );
        for (const part of left) expect(part).not.toMatch(/s3c|ret|val|ue-/);
      }
    }
  },
);

test("base64 twice, hexadecimal of base64, in lines, after other letters, with its own escapes", () => {
  const text = 'k"ey/with+signs=é';
  const base64 = Buffer.from(`user:${text}`).toString("base64");
  const mask = maskFor([text]);
  const forms = {
    twice: Buffer.from(base64).toString("base64"),
    "hexadecimal of base64": hex(base64),
    "base64 of hexadecimal": Buffer.from(hex(text)).toString("base64"),
    "base64 of JSON": Buffer.from(JSON.stringify({ text })).toString("base64"),
    "base64 of a form": Buffer.from(new URLSearchParams({ text }).toString()).toString("base64"),
    "in lines": base64.replace(/.{4}/g, "$&\r\n"),
    "in lines in JSON": JSON.stringify(base64.replace(/.{8}/g, "$&\n")),
    "percent-encoded": encodeURIComponent(base64),
    "behind letters": `abc${base64}`,
  };
  for (const [name, form] of Object.entries(forms)) {
    const masked = mask(form);
    expect({ name, masked, found: masked.includes("•••") }).toEqual({ name, masked, found: true });
    expect(masked.length).toBeLessThan(form.length / 2 + 12);
  }
});

test("a secret that the end cuts off, in every form, wherever the cut is", () => {
  const text = 'abc"déf/ghi+jkl%mno<p>';
  const mask = maskFor([text]);
  for (const [name, spelling] of Object.entries(SPELLINGS)) {
    const whole = spelling(text);
    for (let cut = 1; cut < whole.length; cut += 1) {
      const masked = mask(`seen: ${whole.slice(0, cut)}`);
      const shown = masked.replace(/^seen: /, "").replace(/•••$/, "");
      // At most the encoding of five characters may stay, and base64 digits that do not make a whole byte.
      const most = (whole.length * 5.8) / Array.from(text).length + 12;
      if (masked.endsWith("•••")) expect({ name, cut, shown }).toEqual({ name, cut, shown: "" });
      else expect({ name, cut, short: shown.length < most }).toEqual({ name, cut, short: true });
    }
  }
});

test("a long secret that was taken apart: every 63 bytes of it are masked", () => {
  const next = numbers(7);
  const text = secret(next, Array.from(VISIBLE), 500);
  const mask = maskFor([text]);
  for (let start = 0; start + 63 <= text.length; start += 17) {
    const piece = text.slice(start, start + 63);
    expect(mask(`token ${piece} is not valid`)).toContain("•••");
  }
  expect(mask(`seen: ${text.slice(0, 470)}`)).toBe("seen: •••");
  expect(mask(`${text} and more`)).toBe("••• and more");
  expect(mask(`${text}"}`)).toBe('•••"}');
});

test("one pass over texts and secrets made to be slow", () => {
  const texts = [
    "a",
    "ab",
    "%",
    "%25",
    "\\",
    "&",
    "&amp;",
    "&#",
    "&#0",
    "\\u",
    '"',
    "=",
    "AAAA",
    "f",
    "aGVsbG8",
    " ",
    "\\u0041",
  ].map((unit) => unit.repeat(Math.ceil(65_536 / unit.length)));
  const secrets = ["a", "=", ":", '"', "\\", '\\"', "=a:", '="', "%", "&", ";", " x", "{", "[", "a;", "a=b;"].flatMap(
    (unit) => [unit.repeat(Math.ceil(20_000 / unit.length)), `${unit.repeat(Math.ceil(4_000 / unit.length))}!`],
  );
  const mask = maskFor([
    ...secrets,
    ...Array.from({ length: 50 }, (_, count) => `${"a".repeat(20)}${"b".repeat(count)}`),
  ]);
  for (const text of texts) expect(typeof mask(text)).toBe("string");
});

test("nothing that a text contains by chance is masked", () => {
  const body = JSON.stringify({
    to: "ana@example.com",
    points: 120,
    note: "50% off & more \\ done",
    at: "2026-11-23T10:00:00Z",
  });
  const secrets = [
    "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl",
    "s3cr3t/with+signs==",
    `Basic ${Buffer.from("user:passw0rd").toString("base64")}`,
  ];
  const mask = maskFor(secrets);
  for (const text of [
    body,
    "application/json; charset=utf-8",
    "Basic authentication",
    "user",
    "Wed, 25 Nov 2026 15:52:05 GMT",
    "",
    "é漢😀",
    "\ud800",
  ])
    expect(mask(text)).toBe(text);
});

test("spell does what it says", () => {
  expect(spell('é"', (character) => `<${character}>`)).toBe('<é><">');
});

test.each(["a", "ab", "=a:", "%25", '\\"', "&#0"])("the steps of a search grow as secrets and text do: %s", (unit) => {
  const steps = (size: number): number => {
    const meter = { steps: 0 };
    const secrets = Array.from(
      { length: 40 },
      (_, index) => `${unit.repeat(size / 4 / unit.length)}${"b".repeat(index)}`,
    );
    maskFor([...secrets, ...secrets.map((secret) => secret.slice(-50))], meter)(unit.repeat(size / unit.length));
    return meter.steps;
  };
  const [small, large] = [steps(4_000), steps(32_000)];
  expect(large).toBeLessThan(small * 10);
});

test("when the search cannot be prepared or fails, the whole text is masked", () => {
  const next = numbers(11);
  const tooMany = Array.from({ length: 6_000 }, () => secret(next, Array.from(VISIBLE), 60));
  expect(maskFor(tooMany)("nothing of a secret")).toBe("•••");
  // As a call without types could.
  expect(Reflect.apply(maskFor(["s3cr3tkey"]), undefined, [{}])).toBe("•••");
});

test("a secret within the beginning of another is found where that does not go on", () => {
  expect(maskSecrets("abcdef!", ["abcdefgh", "cdef"])).toBe("ab•••!");
  expect(maskSecrets("abcdef!", ["cdef", "abcdefgh"])).toBe("ab•••!");
});

test("a long secret that ends where another continues: what follows it at the end of a text is masked only when it may be the other", () => {
  const next = numbers(5);
  const short = secret(next, Array.from("abcdefghijklmnopqrstuvwxyz"), 96);
  const long = `${short}${secret(next, Array.from("abcdefghijklmnopqrstuvwxyz"), 96)}`;
  for (const secrets of [
    [short, long],
    [long, short],
  ]) {
    const mask = maskFor(secrets);
    expect(mask(`{"a":"${short}"}`)).toBe('{"a":"•••"}');
    expect(mask(`seen: ${long.slice(0, 150)}`)).toBe("seen: •••");
  }
});
