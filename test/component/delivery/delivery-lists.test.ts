import { writeCursor } from "../../../shared/core/cursor.ts";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import { allPages, aScope, ended, event, fresh, NOW, opened, startStore } from "../support/store-fixture.ts";
import type { StoreFixture } from "../support/store-fixture.ts";

let fixture: StoreFixture;
let store: DeliveryStore;

beforeAll(async () => {
  fixture = await startStore();
  ({ store } = fixture);
});

afterAll(() => fixture.close());

test("a list is newest first by creation over days and months, whatever the events' own times", async () => {
  const scope = aScope();
  const days = [0, 1, 3, 20, 25, 60].map((back) => new Date(NOW.getTime() - back * 86_400_000));
  const expected: string[] = [];
  for (const [index, at] of days.entries()) {
    const time = new Date(at.getTime() - (index % 3) * 86_400_000);
    const delivery = fresh(event(scope, `e${String(index)}`, time), "wh_a", at);
    expected.push(delivery.id);
    await ended(store, delivery);
  }
  expect(await allPages(store, scope, {}, 100)).toEqual(expected);
  expect(await allPages(store, scope, {}, 1)).toEqual(expected);
  expect(await allPages(store, scope, { webhookId: "wh_a" }, 4)).toEqual(expected);
});

test("what was opened and has not come to anything is listed: at once by every filter, later by those that read along time", async () => {
  const scope = aScope();
  const minutesAgo = (minutes: number): Date => new Date(NOW.getTime() - minutes * 60_000);
  const ids: string[] = [];
  for (const minutes of [0, 4, 60]) {
    const delivery = fresh(event(scope, `e${String(minutes)}`, minutesAgo(minutes)), "wh_a", minutesAgo(minutes));
    await opened(store, delivery);
    ids.push(delivery.id);
  }
  expect(await allPages(store, scope, {}, 2)).toEqual(ids);
  expect(await allPages(store, scope, { states: ["pending", "delivered"] }, 2)).toEqual(ids);
  expect(await allPages(store, scope, { eventId: "e60" }, 2)).toEqual(ids.slice(2));
  for (const filter of [
    { webhookId: "wh_a" },
    { states: ["pending"] },
    { webhookId: "wh_a", states: ["pending"] },
  ] as const)
    expect([filter, await allPages(store, scope, filter, 1)]).toEqual([filter, ids.slice(0, 2)]);
});

test("filters by webhook, state and event hold over pages", async () => {
  const scope = aScope();
  for (let index = 0; index < 12; index += 1) {
    const at = new Date(NOW.getTime() - index * 1000);
    const delivery = fresh(
      event(scope, `e${String(index % 4)}`),
      index % 2 === 0 ? `wh_a${String(index)}` : `wh_b${String(index)}`,
      at,
    );
    if (index % 3 === 0) await ended(store, delivery);
    else await opened(store, delivery);
  }
  expect(await allPages(store, scope, { states: ["delivered"] }, 2)).toHaveLength(4);
  expect(await allPages(store, scope, { states: ["pending"] }, 3)).toHaveLength(8);
  expect(await allPages(store, scope, { webhookId: "wh_a2" }, 5)).toHaveLength(1);
  expect(await allPages(store, scope, { webhookId: "wh_none" }, 5)).toEqual([]);
  expect(await allPages(store, scope, { webhookId: "no' id" }, 5)).toEqual([]);
  expect(await allPages(store, scope, { eventId: "e1" }, 2)).toHaveLength(3);
  expect(await allPages(store, scope, { eventId: "e1", states: ["delivered"] }, 2)).toHaveLength(1);
  expect(await allPages(store, scope, { eventId: "nobody's" }, 2)).toEqual([]);
});

test("the last full page says that it is the last", async () => {
  const scope = aScope();
  for (const id of ["a", "b"]) await opened(store, fresh(event(scope, id)));
  expect(await store.list(scope, {}, { limit: 2, cursor: null }, NOW)).toMatchObject({ next: null, items: [{}, {}] });
});

test("another scope sees nothing", async () => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e")));
  const other = { ...scope, environment: "production" };
  expect(await store.get(other, row.id)).toBeUndefined();
  expect(await allPages(store, other, {}, 10)).toEqual([]);
});

test.each(["x", "e30", "WzEsIjIwMjYxMTIzIiwiJyBvciAxIl0", "🙂"])("the cursor %p is refused", async (cursor) => {
  for (const query of [{}, { eventId: "e" }, { webhookId: "no' id" }]) {
    await expect(store.list(aScope(), query, { limit: 5, cursor }, NOW)).rejects.toMatchObject({
      code: "malformed-request",
    });
  }
});

test("a cursor is good for its own scope and filter alone, whatever the order of the list", async () => {
  const scope = aScope();
  for (const id of ["a", "b", "c"]) await opened(store, fresh(event(scope, id), "wh_a"));
  await opened(store, fresh(event(scope, "a"), "wh_b"));
  const filters = [{}, { webhookId: "wh_a" }, { states: ["pending" as const] }, { eventId: "a" }];
  for (const filter of filters) {
    const { next } = await store.list(scope, filter, { limit: 1, cursor: null }, NOW);
    expect([filter, typeof next]).toEqual([filter, "string"]);
    const others = filters.filter((other) => other !== filter).map((other) => [scope, other] as const);
    for (const [where, other] of [...others, [{ ...scope, environment: "production" }, filter] as const]) {
      await expect(store.list(where, other, { limit: 1, cursor: next }, NOW)).rejects.toMatchObject({
        code: "malformed-request",
      });
    }
  }
});

test.each(["", "20261123", "20261399.", "99999999.", "21000101.", "20261123.' or 1", "20261123.x/../y", "2026112٣."])(
  "a right digest over the position %p, which is none, is refused",
  async (position) => {
    const scope = aScope();
    for (const filter of [{}, { eventId: "e" }]) {
      const asked = position === "" && "eventId" in filter ? "' or 1" : position;
      const cursor = writeCursor({ list: "deliveries", scope, filter }, asked);
      await expect(store.list(scope, filter, { limit: 5, cursor }, NOW)).rejects.toMatchObject({
        code: "malformed-request",
      });
    }
  },
);
