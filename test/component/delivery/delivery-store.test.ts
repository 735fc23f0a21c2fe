import { attemptProperties, readAttempt } from "../../../shared/tables/deliveries/rows.ts";
import { attemptOf, CHARACTERS } from "../../support/extreme-attempts.ts";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import {
  allPages,
  aScope,
  attempt,
  ended,
  event,
  fresh,
  NOW,
  opened,
  openOne,
  startStore,
} from "../support/store-fixture.ts";
import type { StoreFixture } from "../support/store-fixture.ts";

let fixture: StoreFixture;
let store: DeliveryStore;

beforeAll(async () => {
  fixture = await startStore();
  ({ store } = fixture);
});

afterAll(() => fixture.close());

test("of many simultaneous runs with the same event one opens the delivery", async () => {
  const scope = aScope();
  const one = event(scope, "e1");
  const ends = await Promise.all(Array.from({ length: 20 }, () => openOne(store, fresh(one))));
  expect(ends.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
  expect(new Set(ends.map(({ row }) => row.run)).size).toBe(1);
  expect((await store.list(scope, {}, { limit: 50, cursor: null }, NOW)).items).toHaveLength(1);
});

test("a conflict in a batch is told to its own caller only", async () => {
  const scope = aScope();
  await opened(store, fresh(event(scope, "old")));
  const ends = await Promise.all(["a", "b", "old", "c", "d"].map((id) => openOne(store, fresh(event(scope, id)))));
  expect(ends.map(({ kind }) => kind)).toEqual(["claimed", "claimed", "taken", "claimed", "claimed"]);
});

test("two hundred at once are all written, in batches", async () => {
  const scope = aScope();
  await Promise.all(Array.from({ length: 200 }, (_, index) => ended(store, fresh(event(scope, `e${String(index)}`)))));
  expect(new Set(await allPages(store, scope, {}, 100)).size).toBe(200);
});

test("the row reads back as written, the attempts too, whatever their size and characters", async () => {
  const scope = aScope();
  const one = fresh(event(scope, "große/#?%'\\ Ünïcode 😀"));
  const row = await opened(store, one);
  const body = "😀\u0000\"'<".repeat(10_000);
  const made = attempt(1, {
    outcome: "failed",
    mayBeRepeat: true,
    fault: { kind: "status", message: "The receiver answered 503." },
    request: {
      method: "POST",
      url: "https://x.example/" + "a".repeat(15_000),
      headers: [{ key: "K", value: "•••" }],
      body,
    },
    response: { status: 503, headers: [{ key: "retry-after", value: "1" }], body: "b".repeat(65_536), truncated: true },
    timings: { tokenMs: 1, connectMs: 2, firstByteMs: 3 },
  });
  const next = new Date(NOW.getTime() + 5_000);
  const reason = { kind: "status", message: "The receiver answered 503." } as const;
  await store.record(scope, row, { state: "retrying", nextAttemptAt: next, reason, attempt: made });
  expect(await store.get(scope, one.id)).toMatchObject({
    id: one.id,
    webhookId: "wh_a",
    eventId: one.event.id,
    eventSource: "/kls",
    eventType: "reward.issued",
    state: "retrying",
    createdAt: NOW,
    nextAttemptAt: next,
    reason,
    attemptCount: 1,
    claimedUntil: null,
  });
  expect(await store.attempts(scope, one.id)).toEqual([made]);
});

test.each(CHARACTERS)("whatever came together is recorded, cut, all of it %j", async (character) => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e".repeat(1_024))));
  const made = { ...attemptOf((longest) => character.repeat(longest / character.length), 200), number: 1 };
  const reason = made.fault ?? null;
  expect(await store.record(scope, row, { state: "failed", nextAttemptAt: null, reason, attempt: made })).toBe(true);
  const cut = readAttempt(attemptProperties(made));
  expect(await store.attempts(scope, row.id)).toEqual([cut]);
  expect(await store.get(scope, row.id)).toMatchObject({ state: "failed", attemptCount: 1, reason: cut.fault });
});

test("many large attempts at the same moment share transactions as far as those go, and all are recorded", async () => {
  const scope = aScope();
  const recorded = Array.from({ length: 30 }, async (_, index) => {
    const row = await opened(store, fresh(event(scope, `e${String(index)}`)));
    const character = CHARACTERS[index % CHARACTERS.length] ?? "x";
    const made = { ...attemptOf((longest) => character.repeat(longest / character.length), 200), number: 1 };
    expect(await store.record(scope, row, { state: "failed", nextAttemptAt: null, reason: null, attempt: made })).toBe(
      true,
    );
    return row.id;
  });
  for (const id of await Promise.all(recorded)) expect(await store.attempts(scope, id)).toHaveLength(1);
});

test("a claim with an old version is refused and gives the row as it is", async () => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e")));
  const until = new Date(NOW.getTime() + 60_000);
  const first = await store.claim(scope, row, until, "run-b");
  expect(first).toMatchObject({ kind: "claimed", row: { run: "run-b", claimedUntil: until } });
  const second = await store.claim(scope, row, until, "run-c");
  expect(second).toMatchObject({ kind: "taken", row: { run: "run-b" } });
});

test("a record by a run that lost its claim is refused and leaves no attempt", async () => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e")));
  await store.claim(scope, row, NOW, "run-b");
  const outcome = { state: "delivered", nextAttemptAt: null, reason: null, attempt: attempt(1) } as const;
  expect(await store.record(scope, row, outcome)).toBe(false);
  expect(await store.attempts(scope, row.id)).toEqual([]);
});

test("a record whose answer was lost is recognized when it is tried again", async () => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e")));
  const outcome = { state: "delivered", nextAttemptAt: null, reason: null, attempt: attempt(1) } as const;
  expect(await store.record(scope, row, outcome)).toBe(true);
  expect(await store.record(scope, row, outcome)).toBe(true);
});

test("a released claim is over at the time given", async () => {
  const scope = aScope();
  const row = await opened(store, fresh(event(scope, "e")));
  await store.release(scope, row, NOW);
  expect(await store.get(scope, row.id)).toMatchObject({ claimedUntil: NOW, state: "pending" });
});

test("the deliveries of one event are found by their event", async () => {
  const scope = aScope();
  const one = event(scope, "e");
  await opened(store, fresh(one, "wh_a"));
  await opened(store, fresh(one, "wh_b"));
  await opened(store, fresh(event(scope, "f"), "wh_a"));
  expect((await store.ofEvent(one)).map(({ webhookId }) => webhookId).toSorted()).toEqual(["wh_a", "wh_b"]);
});

test("an id that is none of ours gives nothing", async () => {
  expect(await store.get(aScope(), "dl_x")).toBeUndefined();
  expect(await store.attempts(aScope(), "dl_x")).toEqual([]);
});

test("a table that went away under us is made anew", async () => {
  const scope = aScope();
  const at = new Date("2025-03-03T10:00:00.000Z");
  await opened(store, fresh(event(scope, "a", at), "wh_a", at));
  await fixture.open("deliveries202503").deleteTable();
  await opened(store, fresh(event(scope, "b", at), "wh_a", at));
});
