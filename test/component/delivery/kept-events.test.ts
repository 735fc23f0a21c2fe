import { randomBytes } from "node:crypto";
import { parseExact } from "../../../shared/core/events/exact-json.ts";
import { dayOf, eventKey } from "../../../shared/core/deliveries/delivery-id.ts";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import { deliveryPlace, eventPlace, keyOf } from "../../../shared/tables/deliveries/keys.ts";
import { aScope, attempt, ended, event, fresh, NOW, opened, outcome, startStore } from "../support/store-fixture.ts";
import type { StoreFixture } from "../support/store-fixture.ts";

let fixture: StoreFixture;
let store: DeliveryStore;

beforeAll(async () => {
  fixture = await startStore();
  ({ store } = fixture);
});

afterAll(() => fixture.close());

test("an event is kept as it came, with digits and time, whatever becomes of its delivery", async () => {
  const scope = aScope();
  const text =
    '{"id":"e","time":"2026-11-23T10:00:00.1234567+00:00","data":{"points":12345678901234567890,"balance":0.10}}';
  for (const state of ["delivered", "retrying", "failed", undefined] as const) {
    const delivery = fresh(event(scope, `e ${String(state)}`, NOW, { raw: parseExact(text) }));
    await (state === undefined ? opened(store, delivery) : ended(store, delivery, state));
    expect(JSON.stringify(await store.event(scope, delivery.id))).toBe(text);
  }
  expect(await store.event(aScope(), fresh(event(scope, "e failed")).id)).toBeUndefined();
  expect(await store.event(scope, "dl_x")).toBeUndefined();
});

test.each([
  ["as long as text goes", "a".repeat(7_900)],
  ["compressed", "Zoë 😀 ".repeat(20_000)],
  ["that does not compress", randomBytes(390_000).toString("base64")],
  ["of a mebibyte, in two rows", randomBytes(780_000).toString("base64")],
  ["full of line ends and boundaries", "--batch_\r\n--changes_\r\n\u2028\u0000".repeat(20_000)],
])("a long event (%s) is read back", async (_what, filler) => {
  const scope = aScope();
  const delivery = fresh(event(scope, "long", NOW, { raw: { filler } }));
  await opened(store, delivery);
  expect(await store.event(scope, delivery.id)).toEqual({ filler });
});

test("an event goes to several webhooks, and it is kept once", async () => {
  const scope = aScope();
  const one = event(scope, "e", NOW, { attributes: { memberId: "M-1" } });
  const [first, second] = [fresh(one, "wh_a"), fresh(one, "wh_b")];
  const both = { ...first, deliveries: [...first.deliveries, ...second.deliveries] };
  const { transactions } = await fixture.traffic(async () => {
    const rows = await store.open(both);
    await Promise.all(rows.map(({ row }) => store.record(scope, row, outcome("delivered"))));
  });
  // The event, its time, its member; then each delivery.
  expect(transactions).toEqual([3, 2]);
  for (const { id } of [first, second]) expect(await store.event(scope, id)).toMatchObject({ id: "e" });
});

test("a webhook that came later is opened when the event is published again, with a time of its own", async () => {
  const scope = aScope();
  const one = event(scope, "e");
  await ended(store, fresh(one, "wh_a"));
  const later = new Date(NOW.getTime() + 60_000);
  const again = fresh(one, "wh_a", later);
  const both = { ...again, deliveries: [...again.deliveries, ...fresh(one, "wh_b", later).deliveries] };
  const [known, added] = await store.open(both);
  expect([known?.kind, added?.kind]).toEqual(["taken", "claimed"]);
  expect(added?.row).toMatchObject({ webhookId: "wh_b", createdAt: later, state: "pending" });
  const id = added?.row.id ?? "";
  expect(await store.get(scope, id)).toMatchObject({ createdAt: later, state: "pending" });
  expect(await store.event(scope, id)).toMatchObject({ id: "e" });
  expect((await store.open(both)).map(({ kind }) => kind)).toEqual(["taken", "claimed"]);
  const other = { ...both, run: "another" };
  expect((await store.open(other)).map(({ kind }) => kind)).toEqual(["taken", "taken"]);
  expect((await store.ofEvent(one)).map(({ webhookId }) => webhookId).toSorted()).toEqual(["wh_a", "wh_b"]);
});

test("a first attempt that is large has a row of its own", async () => {
  const scope = aScope();
  const delivery = fresh(event(scope, "e"));
  const row = await opened(store, delivery);
  const body = "x".repeat(65_536);
  const headers = Array.from({ length: 50 }, (_, index) => ({ key: `k${String(index)}`, value: "v".repeat(3_000) }));
  const request = { method: "POST", url: "https://x.example/", headers, body };
  const made = attempt(1, { request });
  const { transactions } = await fixture.traffic(() =>
    store.record(scope, row, { ...outcome("delivered"), attempt: made }),
  );
  expect(transactions).toEqual([2]);
  expect(await store.attempts(scope, delivery.id)).toEqual([made]);
});

test("words that a newer version wrote are read as unknown, in lists too", async () => {
  const scope = aScope();
  const delivery = fresh(event(scope, "e"));
  await ended(store, delivery, "failed");
  const row = await store.get(scope, delivery.id);
  if (!row) throw new Error("expected a row");
  const place = deliveryPlace(scope, keyOf(row));
  const newer = {
    state: "dreaming",
    reasonKind: "aliens",
    trigger: "moon",
    outcome: "odd",
    faultKind: "x",
    eventType: "y",
  };
  await fixture.open(place.table).updateEntity({ partitionKey: place.partition, rowKey: place.row, ...newer }, "Merge");
  const unknown = { state: "unknown", eventType: "unknown", reason: { kind: "unknown" } };
  expect(await store.get(scope, delivery.id)).toMatchObject(unknown);
  expect((await store.list(scope, {}, { limit: 5, cursor: null }, NOW)).items).toMatchObject([unknown]);
  expect(await store.attempts(scope, delivery.id)).toMatchObject([
    { trigger: "unknown", outcome: "unknown", fault: { kind: "unknown" } },
  ]);
});

test("one row that cannot be read at all is left out of a list, and the others are shown", async () => {
  const scope = aScope();
  const ids: string[] = [];
  for (const name of ["a", "b", "c"]) {
    const delivery = fresh(event(scope, name));
    ids.push(delivery.id);
    await ended(store, delivery, "failed");
  }
  const row = await store.get(scope, ids[1] ?? "");
  if (!row) throw new Error("expected a row");
  const place = deliveryPlace(scope, keyOf(row));
  const broken = { partitionKey: place.partition, rowKey: place.row, createdAt: "soon" };
  await fixture.open(place.table).updateEntity(broken, "Merge");
  for (const query of [{}, { webhookId: "wh_a" }, { states: ["failed"] }, { eventTypes: ["reward.issued"] }] as const) {
    const { items } = await store.list(scope, query, { limit: 5, cursor: null }, NOW);
    expect(items.map(({ id }) => id).toSorted()).toEqual([ids[0], ids[2]].toSorted());
  }
});

test("what erasures will need: an event's row can be blanked, and its deliveries are still shown", async () => {
  const scope = aScope();
  const one = event(scope, "e");
  const delivery = fresh(one);
  await ended(store, delivery);
  const place = eventPlace(scope, dayOf(one.time), eventKey(one));
  await fixture
    .open(place.table)
    .updateEntity({ partitionKey: place.partition, rowKey: place.row, event: "" }, "Merge");
  expect(await store.event(scope, delivery.id)).toBeUndefined();
  expect(await store.get(scope, delivery.id)).toMatchObject({ state: "delivered", eventId: "e" });
});
