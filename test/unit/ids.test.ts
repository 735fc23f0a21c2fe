import { ID_RANDOM_BYTES, isId, newId } from "../../shared/core/ids.ts";

const NONE = new Uint8Array(ID_RANDOM_BYTES);
const ALL = NONE.map(() => 255);

test("ids sort newest first, whatever their random part", () => {
  const times = [0, 1, 31, 32, 1_760_000_000_000, 1_760_000_000_001, 32_503_680_000_000];
  const oldestFirst = times.map((ms) => newId("wh", new Date(ms), ms % 2 === 0 ? NONE : ALL));
  expect(oldestFirst.toSorted()).toEqual(oldestFirst.toReversed());
});

test("an id uses all of its random bytes and is recognized", () => {
  const at = new Date(1_760_000_000_000);
  const ids = Array.from({ length: ID_RANDOM_BYTES }, (_, index) => newId("cr", at, NONE.with(index, 1)));
  expect(new Set(ids).size).toBe(ID_RANDOM_BYTES);
  for (const id of ids) expect(isId("cr", id) && !isId("wh", id)).toBe(true);
});

test.each(["wh_", "wh_A", "wh_0/1", "wh_0#", "wh_00 ", "wh_0\n", "xwh_0", `wh_${"0".repeat(41)}`, ""])(
  "%j is not an id",
  (text) => {
    expect(isId("wh", text)).toBe(false);
  },
);
