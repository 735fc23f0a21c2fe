import { randomBytes, randomUUID } from "node:crypto";
import { startTables } from "../../../local/tables/start.ts";
import type { Tables } from "../../../local/tables/start.ts";
import { writeCursor } from "../../../shared/core/cursor.ts";
import type { Attempt } from "../../../shared/core/deliveries/delivery.ts";
import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import type { DeliveryQuery, DeliveryRow, DeliveryStore, NewDelivery } from "../../../shared/core/ports/deliveries.ts";
import type { KlsEvent } from "../../../shared/core/events/event.ts";
import type { Scope } from "../../../shared/core/scope.ts";
import { deliveryStore } from "../../../shared/tables/deliveries/store.ts";
import { attemptProperties, readAttempt } from "../../../shared/tables/deliveries/rows.ts";
import { tableOpener } from "../../../shared/tables/deliveries/month-tables.ts";
import { attemptOf, CHARACTERS } from "../../support/extreme-attempts.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");

let tables: Tables;
let store: DeliveryStore;

beforeAll(async () => {
  tables = await startTables({ port: 0 });
  store = deliveryStore(tableOpener({ kind: "connection-string", value: tables.connectionString }));
});

afterAll(() => tables.close());

/** A scope of its own for each test. */
function aScope(): Scope {
  return { client: "acme", program: `p${randomBytes(5).toString("hex")}`, environment: "uat" };
}

function event(scope: Scope, id: string, time = NOW): KlsEvent {
  return {
    scope,
    id,
    source: "/kls",
    type: "reward.issued",
    time,
    timeText: time.toISOString(),
    attributes: {},
    raw: {},
  };
}

function fresh(one: KlsEvent, webhookId = "wh_a", at = NOW): NewDelivery {
  const claimedUntil = new Date(at.getTime() + 45_000);
  return {
    scope: one.scope,
    id: deliveryId(one, webhookId),
    webhookId,
    event: one,
    at,
    claimedUntil,
    run: randomUUID(),
  };
}

function attempt(number: number, more: Partial<Attempt> = {}): Attempt {
  return {
    number,
    startedAt: NOW,
    durationMs: 84,
    outcome: "delivered",
    mayBeRepeat: false,
    timings: { tokenMs: 0 },
    ...more,
  };
}

async function opened(delivery: NewDelivery): Promise<DeliveryRow> {
  const claimed = await store.open(delivery);
  expect(claimed.kind).toBe("claimed");
  return claimed.row;
}

async function delivered(scope: Scope, delivery: NewDelivery): Promise<void> {
  const row = await opened(delivery);
  const recorded = await store.record(scope, row, {
    state: "delivered",
    nextAttemptAt: null,
    reason: null,
    attempt: attempt(1),
  });
  expect(recorded).toBe(true);
}

async function allPages(scope: Scope, query: DeliveryQuery, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page = await store.list(scope, query, { limit, cursor }, NOW);
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

test("of many simultaneous runs with the same event one opens the delivery", async () => {
  const scope = aScope();
  const one = event(scope, "e1");
  const ends = await Promise.all(Array.from({ length: 20 }, () => store.open(fresh(one))));
  expect(ends.filter(({ kind }) => kind === "claimed")).toHaveLength(1);
  expect(new Set(ends.map(({ row }) => row.run)).size).toBe(1);
  expect((await store.list(scope, {}, { limit: 50, cursor: null }, NOW)).items).toHaveLength(1);
});

test("a conflict in a batch is told to its own caller only", async () => {
  const scope = aScope();
  await opened(fresh(event(scope, "old")));
  const ends = await Promise.all(["a", "b", "old", "c", "d"].map((id) => store.open(fresh(event(scope, id)))));
  expect(ends.map(({ kind }) => kind)).toEqual(["claimed", "claimed", "taken", "claimed", "claimed"]);
});

test("two hundred at once are all written, in batches", async () => {
  const scope = aScope();
  await Promise.all(
    Array.from({ length: 200 }, (_, index) => delivered(scope, fresh(event(scope, `e${String(index)}`)))),
  );
  expect(new Set(await allPages(scope, {}, 100)).size).toBe(200);
});

test("the row reads back as written, the attempts too, whatever their size and characters", async () => {
  const scope = aScope();
  const one = fresh(event(scope, "große/#?%'\\ Ünïcode 😀"));
  const row = await opened(one);
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
  const row = await opened(fresh(event(scope, "e".repeat(1_024))));
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
    const row = await opened(fresh(event(scope, `e${String(index)}`)));
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
  const row = await opened(fresh(event(scope, "e")));
  const until = new Date(NOW.getTime() + 60_000);
  const first = await store.claim(scope, row, until, "run-b");
  expect(first).toMatchObject({ kind: "claimed", row: { run: "run-b", claimedUntil: until } });
  const second = await store.claim(scope, row, until, "run-c");
  expect(second).toMatchObject({ kind: "taken", row: { run: "run-b" } });
});

test("a record by a run that lost its claim is refused and leaves no attempt", async () => {
  const scope = aScope();
  const row = await opened(fresh(event(scope, "e")));
  await store.claim(scope, row, NOW, "run-b");
  const outcome = { state: "delivered", nextAttemptAt: null, reason: null, attempt: attempt(1) } as const;
  expect(await store.record(scope, row, outcome)).toBe(false);
  expect(await store.attempts(scope, row.id)).toEqual([]);
});

test("a record whose answer was lost is recognized when it is tried again", async () => {
  const scope = aScope();
  const row = await opened(fresh(event(scope, "e")));
  const outcome = { state: "delivered", nextAttemptAt: null, reason: null, attempt: attempt(1) } as const;
  expect(await store.record(scope, row, outcome)).toBe(true);
  expect(await store.record(scope, row, outcome)).toBe(true);
});

test("a released claim is over at the time given", async () => {
  const scope = aScope();
  const row = await opened(fresh(event(scope, "e")));
  await store.release(scope, row, NOW);
  expect(await store.get(scope, row.id)).toMatchObject({ claimedUntil: NOW, state: "pending" });
});

test("a list is newest first by creation over days and months, whatever the events' own times", async () => {
  const scope = aScope();
  const days = [0, 1, 3, 20, 25, 60].map((back) => new Date(NOW.getTime() - back * 86_400_000));
  const expected: string[] = [];
  for (const [index, at] of days.entries()) {
    const time = new Date(at.getTime() - (index % 3) * 86_400_000);
    const delivery = fresh(event(scope, `e${String(index)}`, time), "wh_a", at);
    expected.push(delivery.id);
    await opened(delivery);
  }
  expect(await allPages(scope, {}, 100)).toEqual(expected);
  expect(await allPages(scope, {}, 1)).toEqual(expected);
  expect(await allPages(scope, { webhookId: "wh_a" }, 4)).toEqual(expected);
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
    if (index % 3 === 0) await delivered(scope, delivery);
    else await opened(delivery);
  }
  expect(await allPages(scope, { state: "delivered" }, 2)).toHaveLength(4);
  expect(await allPages(scope, { state: "pending" }, 3)).toHaveLength(8);
  expect(await allPages(scope, { webhookId: "wh_a2" }, 5)).toHaveLength(1);
  expect(await allPages(scope, { webhookId: "wh_none" }, 5)).toEqual([]);
  expect(await allPages(scope, { webhookId: "no' id" }, 5)).toEqual([]);
  expect(await allPages(scope, { eventId: "e1" }, 2)).toHaveLength(3);
  expect(await allPages(scope, { eventId: "e1", state: "delivered" }, 2)).toHaveLength(1);
  expect(await allPages(scope, { eventId: "nobody's" }, 2)).toEqual([]);
});

test("the last full page says that it is the last", async () => {
  const scope = aScope();
  for (const id of ["a", "b"]) await opened(fresh(event(scope, id)));
  expect(await store.list(scope, {}, { limit: 2, cursor: null }, NOW)).toMatchObject({ next: null, items: [{}, {}] });
});

test("another scope sees nothing", async () => {
  const scope = aScope();
  const row = await opened(fresh(event(scope, "e")));
  const other = { ...scope, environment: "production" };
  expect(await store.get(other, row.id)).toBeUndefined();
  expect(await allPages(other, {}, 10)).toEqual([]);
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
  for (const id of ["a", "b", "c"]) await opened(fresh(event(scope, id), "wh_a"));
  await opened(fresh(event(scope, "a"), "wh_b"));
  const filters = [{}, { webhookId: "wh_a" }, { state: "pending" as const }, { eventId: "a" }];
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

test("the deliveries of one event are found by their event", async () => {
  const scope = aScope();
  const one = event(scope, "e");
  await opened(fresh(one, "wh_a"));
  await opened(fresh(one, "wh_b"));
  await opened(fresh(event(scope, "f"), "wh_a"));
  expect((await store.ofEvent(one)).map(({ webhookId }) => webhookId).toSorted()).toEqual(["wh_a", "wh_b"]);
});

test("an id that is none of ours gives nothing", async () => {
  expect(await store.get(aScope(), "dl_x")).toBeUndefined();
  expect(await store.attempts(aScope(), "dl_x")).toEqual([]);
});

test("a table that went away under us is made anew", async () => {
  const scope = aScope();
  const at = new Date("2025-03-03T10:00:00.000Z");
  await opened(fresh(event(scope, "a", at), "wh_a", at));
  const open = tableOpener({ kind: "connection-string", value: tables.connectionString });
  await open("deliveries202503").deleteTable();
  await opened(fresh(event(scope, "b", at), "wh_a", at));
});
