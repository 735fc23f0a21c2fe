import { compileWebhook } from "../../../shared/core/requests/render-request.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { lru } from "../../../shared/lib/lru.ts";

test("what was used last is kept, as much as weighs no more than allowed", () => {
  const cache = lru<string>(10, (value) => value.length);
  for (const key of ["a", "b", "c"]) cache.set(key, `${key}${key}${key}`);
  expect(cache.get("a")).toBe("aaa");
  cache.set("d", "dddd");
  expect(["a", "b", "c", "d"].map((key) => cache.get(key))).toEqual(["aaa", undefined, "ccc", "dddd"]);
  expect(cache.weight).toBe(10);
});

test("what is set anew weighs what it weighs now, and what alone is too heavy is not kept and drives nothing out", () => {
  const cache = lru<string>(10, (value) => value.length);
  cache.set("a", "aaaaaaaa");
  cache.set("a", "a");
  cache.set("b", "bbbbbbbbb");
  expect([cache.get("a"), cache.weight]).toEqual(["a", 10]);
  cache.set("c", "ccccccccccc");
  expect([cache.get("c"), cache.weight]).toEqual([undefined, 10]);
});

test("a compiled webhook weighs more the more it holds", () => {
  const weigh = (body: string): number =>
    compileWebhook({
      url: "https://a.example/",
      headers: [{ key: "A", value: new Secret("x"), secret: true }],
      body,
      attributes: [],
    }).bytes;
  expect(weigh("{{a}}".repeat(1_000))).toBeGreaterThan(3_500_000);
  expect(weigh(`{{a|date:"${"%F".repeat(32_000)}"}}`)).toBeGreaterThan(700_000);
  expect(weigh('{"to":"{{memberEmail}}","points":{{points}}}')).toBeLessThan(20_000);
});

test("without weights it is bounded by the number of values; what is deleted makes room", () => {
  const cache = lru<number>(2);
  for (const [value, key] of ["a", "b", "c"].entries()) cache.set(key, value);
  expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([undefined, 1, 2]);
  cache.delete("b");
  cache.delete("never there");
  expect(cache.weight).toBe(1);
  cache.set("d", 3);
  expect(["c", "d"].map((key) => cache.get(key))).toEqual([2, 3]);
});
