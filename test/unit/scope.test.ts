import { busSetting, isScopeId } from "../../shared/core/scope.ts";

test.each(["ab", "acme", "acme-eu", "a-b-c-d-e-f-g-h", "a1", "a-1", "abcdefghijklmnop", "z9-9z"])(
  "%p may be an id",
  (id) => {
    expect(isScopeId(id)).toBe(true);
  },
);

test.each([
  "",
  "a",
  "1a",
  "-a",
  "a-",
  "acme-",
  "a--b",
  "acme--eu",
  "a---b",
  "a--",
  "abcdefghijklmnopq",
  "abcdefghijklmno-",
  "Acme",
  "ac me",
  "acme_eu",
  "acme\n",
  "àcme",
  "acme|b",
])("%p is not a valid id", (id) => {
  expect(isScopeId(id)).toBe(false);
});

test("the setting of a client's bus never has the two underscores that .NET reads as the end of a section", () => {
  const letters = ["a", "1", "-"];
  let texts = letters;
  const ids: string[] = [];
  for (let length = 2; length <= 6; length += 1) {
    texts = texts.flatMap((text) => letters.map((letter) => text + letter));
    ids.push(...texts.filter(isScopeId));
  }
  expect(ids.length).toBeGreaterThan(100);
  const settings = ids.map(busSetting);
  expect(settings.filter((name) => name.includes("__") || name.endsWith("_"))).toEqual([]);
  expect(new Set(settings).size).toBe(ids.length);
});
