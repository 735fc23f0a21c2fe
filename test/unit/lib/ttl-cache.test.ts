import { ttlCache } from "../../../shared/lib/ttl-cache.ts";
import type { TtlCache } from "../../../shared/lib/ttl-cache.ts";

let nowMs = 0;
let loads: string[];
let cache: TtlCache<string>;

beforeEach(() => {
  nowMs = 0;
  loads = [];
  cache = ttlCache({ clock: () => new Date(nowMs), ttlMs: 100, max: 2 });
});

function get(
  key: string,
  load: () => Promise<string> = () => Promise.resolve(`${key}${String(loads.length)}`),
): Promise<string> {
  return cache(key, () => {
    loads.push(key);
    return load();
  });
}

test("all who ask at the same time share one load, and its value is fresh for so long after it was asked for", async () => {
  expect(await Promise.all([get("a"), get("a"), get("a")])).toEqual(["a1", "a1", "a1"]);
  nowMs = 99;
  expect(await get("a")).toBe("a1");
  nowMs = 100;
  expect(await get("a")).toBe("a2");
});

test("a failed load is told to those who wait for it and not kept", async () => {
  const fails = (): Promise<string> => Promise.reject(new Error("away"));
  const both = await Promise.allSettled([get("a", fails), get("a", fails)]);
  expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(loads).toEqual(["a"]);
  expect(await get("a")).toBe("a2");
});

test("a late failure does not drop the value that was loaded after it", async () => {
  let fail = (): void => undefined;
  const late = get(
    "a",
    () =>
      new Promise(
        (_resolve, reject) =>
          (fail = () => {
            reject(new Error("away"));
          }),
      ),
  );
  nowMs = 100;
  expect(await get("a")).toBe("a2");
  fail();
  await expect(late).rejects.toThrow("away");
  expect(await get("a")).toBe("a2");
});

test("the key that was used longest ago goes first", async () => {
  await get("a");
  await get("b");
  await get("a");
  await get("c");
  await get("a");
  expect(loads).toEqual(["a", "b", "c"]);
  await get("b");
  expect(loads).toEqual(["a", "b", "c", "b"]);
});
