import {
  dayBefore,
  deliveryId,
  eventIdPrefix,
  eventPrefix,
  placeOf,
} from "../../../shared/core/deliveries/delivery-id.ts";

const EVENT = { id: "evt-7f3c", source: "/kls/acme/rewards", time: new Date("2026-11-23T23:59:59.999Z") };

test("the same event to the same webhook has the same id, whenever it is computed", () => {
  expect(deliveryId(EVENT, "wh_abc")).toBe(deliveryId({ ...EVENT }, "wh_abc"));
  expect(deliveryId(EVENT, "wh_abc")).toMatch(/^dl_20261123_[a-z2-7]{26}_abc$/);
});

test.each([
  ["another webhook", EVENT, "wh_abd"],
  ["another event", { ...EVENT, id: "evt-7f3d" }, "wh_abc"],
  ["another source", { ...EVENT, source: "/kls/acme/other" }, "wh_abc"],
  ["another day", { ...EVENT, time: new Date("2026-11-24T00:00:00Z") }, "wh_abc"],
  ["source and id cut elsewhere", { ...EVENT, source: "/kls/acme/rewards\nevt", id: "-7f3c" }, "wh_abc"],
])("%s has another id", (_what, event, webhook) => {
  expect(deliveryId(event, webhook)).not.toBe(deliveryId(EVENT, "wh_abc"));
});

test("the id is enough to locate the row, the event's id and source to locate its prefix", () => {
  const place = placeOf(deliveryId(EVENT, "wh_abc"));
  expect(place?.day).toBe("20261123");
  expect(place?.key.startsWith(eventPrefix(EVENT))).toBe(true);
  expect(place?.key.startsWith(eventIdPrefix(EVENT.id))).toBe(true);
});

test.each([
  "",
  "dl_",
  "dl_20261123_short_abc",
  "dl_20261340_aaaaaaaaaaaaaaaaaaaaaaaaaa_abc",
  "wh_20261123",
  "dl_20261123_aaaaaaaaaaaaaaaaaaaaaaaaaa_a/b",
  "dl_20261123_aaaaaaaaaaaaaaaaaaaaaaaaaa_a'b",
])("%p is not a delivery id", (text) => {
  expect(placeOf(text)).toBeUndefined();
});

test("days are counted over the ends of months and years", () => {
  expect(dayBefore("20270301", 1)).toBe("20270228");
  expect(dayBefore("20270101", 1)).toBe("20261231");
  expect(dayBefore("20261231", -1)).toBe("20270101");
});
