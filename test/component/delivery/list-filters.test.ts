import type { DeliveryQuery, DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import type { Scope } from "../../../shared/core/scope.ts";
import { allPages, aScope, ended, event, fresh, NOW, outcome, startStore } from "../support/store-fixture.ts";
import type { StoreFixture } from "../support/store-fixture.ts";

let fixture: StoreFixture;
let store: DeliveryStore;

beforeAll(async () => {
  fixture = await startStore();
  ({ store } = fixture);
});

afterAll(() => fixture.close());

const TYPES = ["reward.issued", "reward.redeemed"] as const;
const STATES = ["delivered", "delivered", "delivered", "failed", "retrying"] as const;

/** `count` deliveries in the last hours, of two webhooks, two types, a few members and all ends. */
async function filled(scope: Scope, count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const at = new Date(NOW.getTime() - (index + 10) * 60_000);
      const attributes = { memberId: index % 20, memberEmail: `Member${String(index % 20)}@Example.com` };
      const type = TYPES[index % TYPES.length] ?? "reward.issued";
      const one = event(scope, `e${String(index)}`, at, { attributes, type });
      await ended(store, fresh(one, index % 10 === 0 ? "wh_rare" : "wh_a", at), STATES[index % STATES.length]);
    }),
  );
}

const indexes = (ids: readonly string[], all: readonly string[]): number[] => ids.map((id) => all.indexOf(id));

test("every filter finds what it names, newest first, over pages, alone and with others", async () => {
  const scope = aScope();
  await filled(scope, 60);
  const all = await allPages(store, scope, {}, 100);
  expect(all).toHaveLength(60);
  const numbers = Array.from({ length: 60 }, (_, index) => index);
  const at = (index: number): Date => new Date(NOW.getTime() - (index + 10) * 60_000);
  const asked: readonly (readonly [DeliveryQuery, (index: number) => boolean])[] = [
    [{ webhookId: "wh_rare" }, (index) => index % 10 === 0],
    [{ states: ["failed"] }, (index) => index % 5 === 3],
    [{ states: ["failed", "retrying"] }, (index) => index % 5 >= 3],
    [{ states: ["waiting", "canceled"] }, () => false],
    [{ states: ["delivered", "failed"] }, (index) => index % 5 <= 3],
    [{ webhookId: "wh_a", states: ["retrying"] }, (index) => index % 10 !== 0 && index % 5 === 4],
    [{ webhookId: "wh_a", states: ["delivered"] }, (index) => index % 10 !== 0 && index % 5 < 3],
    [{ eventTypes: ["reward.redeemed"] }, (index) => index % 2 === 1],
    [{ eventTypes: ["reward.issued", "reward.redeemed"] }, () => true],
    [{ eventTypes: ["reward.canceled"] }, () => false],
    [{ faults: ["status"] }, (index) => index % 5 >= 3],
    [{ faults: ["timeout", "dns"] }, () => false],
    [{ faults: ["status"], eventTypes: ["reward.issued"] }, (index) => index % 5 >= 3 && index % 2 === 0],
    [{ member: "7" }, (index) => index % 20 === 7],
    [{ member: "mEMBER7@example.COM" }, (index) => index % 20 === 7],
    [{ member: "nobody@example.com" }, () => false],
    [{ member: "7", states: ["delivered"] }, (index) => index % 20 === 7 && index % 5 < 3],
    [{ member: "10", webhookId: "wh_rare" }, (index) => index % 20 === 10],
    [{ from: at(20), to: at(10) }, (index) => index <= 20 && index > 10],
    [{ from: at(20), to: at(10), webhookId: "wh_rare" }, (index) => index === 20],
    [{ from: at(20), states: ["failed"] }, (index) => index <= 20 && index % 5 === 3],
    [{ to: at(50), member: "15" }, (index) => index === 55],
    [{ eventId: "e7" }, (index) => index === 7],
    [{ eventId: "e7", states: ["failed"] }, () => false],
    [{ eventId: "e7", from: at(6) }, () => false],
  ];
  for (const [query, isMeant] of asked) {
    const expected = numbers.filter((index) => isMeant(index));
    for (const limit of [3, 100]) {
      const found = indexes(await allPages(store, scope, query, limit), all);
      expect([query, found]).toEqual([query, expected]);
    }
  }
});

test("an index follows the delivery: what is delivered or fails in the end is open no more, and what is sent again is", async () => {
  const scope = aScope();
  const delivery = fresh(event(scope, "e"));
  await ended(store, delivery, "retrying");
  const record = async (state: Parameters<typeof outcome>[0], number: number): Promise<void> => {
    const row = await store.get(scope, delivery.id);
    if (!row) throw new Error("expected a row");
    const made = outcome(state);
    const attempt = made.attempt && { ...made.attempt, number, trigger: "manual" as const };
    expect(await store.record(scope, row, { ...made, ...(attempt ? { attempt } : {}) })).toBe(true);
  };
  const isListed = async (): Promise<boolean[]> =>
    Promise.all(
      [{ states: ["retrying"] }, { states: ["failed"] }, { states: ["delivered"] }].map(async (query) => {
        return (await allPages(store, scope, query as DeliveryQuery, 5)).length === 1;
      }),
    );
  expect(await isListed()).toEqual([true, false, false]);
  await record("failed", 2);
  expect(await isListed()).toEqual([false, true, false]);
  await record("delivered", 3);
  expect(await isListed()).toEqual([false, false, true]);
  await record("retrying", 4);
  expect(await isListed()).toEqual([true, false, false]);
  expect((await store.attempts(scope, delivery.id)).map(({ number }) => number)).toEqual([1, 2, 3, 4]);
});

test("a delivery's last answer is in the list", async () => {
  const scope = aScope();
  const delivery = fresh(event(scope, "e"));
  await ended(store, delivery);
  const { items } = await store.list(scope, {}, { limit: 1, cursor: null }, NOW);
  expect(items).toMatchObject([{ attemptCount: 1, lastStatus: null, lastDurationMs: 84, eventTime: NOW }]);
});

/** A page of 20 by each filter. */
const PAGES: readonly DeliveryQuery[] = [
  {},
  { webhookId: "wh_a" },
  { webhookId: "wh_rare" },
  { states: ["delivered"] },
  { states: ["failed"] },
  { states: ["pending"] },
  { eventTypes: ["reward.redeemed"] },
  { faults: ["status"] },
  { eventId: "e7" },
  { member: "7" },
  { from: new Date(NOW.getTime() - 3_600_000) },
];

test("a page takes as many table reads whether there are a hundred deliveries or a thousand", async () => {
  const [few, many] = [aScope(), aScope()];
  await Promise.all([filled(few, 100), filled(many, 1_000)]);
  for (const query of PAGES) {
    const readsOf = (scope: Scope): Promise<{ reads: number }> =>
      fixture.traffic(() => store.list(scope, query, { limit: 20, cursor: null }, NOW));
    const [of100, of1000] = [await readsOf(few), await readsOf(many)];
    // A day more or less without a delivery.
    expect([query, of1000.reads <= of100.reads + 2]).toEqual([query, true]);
  }
});

test("the bodies of what was sent are not read for a list", async () => {
  const scope = aScope();
  await filled(scope, 5);
  const { items } = await store.list(scope, {}, { limit: 5, cursor: null }, NOW);
  expect(items).toHaveLength(5);
  for (const item of items) expect(Object.keys(item)).not.toContain("timings");
});
