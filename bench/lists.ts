import { createSecretKey, randomBytes } from "node:crypto";
import type { KlsEvent } from "../shared/core/events/event.ts";
import { deliveryId } from "../shared/core/deliveries/delivery-id.ts";
import type { DeliveryQuery, DeliveryStore, Outcome } from "../shared/core/ports/deliveries.ts";
import { deliveryStore } from "../shared/tables/deliveries/store.ts";
import type { BenchOptions } from "./support/bench.ts";
import { memoryTables } from "./support/memory-tables.ts";
import { tableLines } from "./support/print-table.ts";

const SIZES = [1_000, 10_000, 100_000];
const PAGE = 50;
/** Pages of a list that are counted; the most expensive of them is shown. */
const PAGES = 3;
/** Deliveries that are under way at the same time while the tables are filled. */
const CROWD = 1_000;
const NOW = new Date("2026-11-23T10:00:00.000Z");
const DAY_MS = 86_400_000;
const SCOPE = { client: "acme", program: "rewards", environment: "uat" };
/** As many as there are of what is rare, whatever the size. */
const FEW = 10;

/** By name, what is asked for. All are of one scope and ten days. */
const FILTERS: Readonly<Record<string, DeliveryQuery>> = {
  none: {},
  "webhook, half of all": { webhookId: "wh_a" },
  "webhook, ten in all": { webhookId: "wh_rare" },
  "state delivered": { states: ["delivered"] },
  "state failed, one in a hundred": { states: ["failed"] },
  "state retrying, ten in all": { states: ["retrying"] },
  "state pending, none": { states: ["pending"] },
  "state failed of a webhook": { states: ["failed"], webhookId: "wh_a" },
  "event type, half of all": { eventTypes: ["reward.redeemed"] },
  "event type, ten in all": { eventTypes: ["reward.canceled"] },
  fault: { faults: ["status"] },
  "event id": { eventId: "e5" },
  "member id, ten in all": { member: "M-1" },
  "member address": { member: "M-1@Example.com" },
  "a day": { from: new Date(NOW.getTime() - 3 * DAY_MS), to: new Date(NOW.getTime() - 2 * DAY_MS) },
};

/**
 * How many table reads a page of the list takes, by filter, at 1,000, 10,000 and 100,000 deliveries: operations, not time, so that what is seen
 * here holds on any machine and on the real service.
 */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const sizes = quick ? SIZES.slice(0, 2) : SIZES;
  const counts = new Map<string, number[]>(Object.keys(FILTERS).map((name) => [name, []]));
  for (const size of sizes) {
    const { tables, reads } = memoryTables();
    const memberKey = createSecretKey(randomBytes(32));
    const store = deliveryStore({ tables, memberKey: () => Promise.resolve(memberKey) });
    await fill(store, size);
    for (const [name, query] of Object.entries(FILTERS)) counts.get(name)?.push(await readsOf(store, query, reads));
  }
  const rows = [...counts].map(([name, all]) => [name, ...all.map(String), isFlat(all) ? "ok" : "short"]);
  print(
    `Table reads of a page of ${String(PAGE)}, the most of the first ${String(PAGES)} pages; "ok": at the largest size at most ten more than at the smallest`,
    ...tableLines(["filter", ...sizes.map((size) => size.toLocaleString("en")), "flat"], rows),
  );
}

function isFlat(counts: readonly number[]): boolean {
  return (counts.at(-1) ?? 0) <= (counts[0] ?? 0) + 10;
}

async function readsOf(store: DeliveryStore, query: DeliveryQuery, reads: () => number): Promise<number> {
  let most = 0;
  let cursor: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const before = reads();
    const { next }: { next: string | null } = await store.list(SCOPE, query, { limit: PAGE, cursor }, NOW);
    most = Math.max(most, reads() - before);
    if (next === null) break;
    cursor = next;
  }
  return most;
}

async function fill(store: DeliveryStore, size: number): Promise<void> {
  for (let from = 0; from < size; from += CROWD)
    await Promise.all(Array.from({ length: CROWD }, (_, index) => deliver(store, from + index, size)));
}

async function deliver(store: DeliveryStore, index: number, size: number): Promise<void> {
  const isRare = index % (size / FEW) === 0;
  const at = new Date(NOW.getTime() - 600_000 - Math.floor((index / size) * 10 * DAY_MS));
  const member = isRare ? "M-1" : `M-${String(index)}x`;
  const attributes = { memberId: member, memberEmail: `${member}@example.com` };
  const type = isRare ? "reward.canceled" : index % 2 === 0 ? "reward.issued" : "reward.redeemed";
  const named = {
    scope: SCOPE,
    id: `e${String(index)}`,
    source: "/kls",
    type,
    time: at,
    timeText: at.toISOString(),
  } as const;
  const event: KlsEvent = { ...named, attributes, raw: { id: named.id, data: { attributes } } };
  const webhookId = isRare ? "wh_rare" : index % 2 === 0 ? "wh_a" : "wh_b";
  const deliveries = [{ id: deliveryId(event, webhookId), webhookId, claimedUntil: at }];
  const [opened] = await store.open({ event, at, run: String(index), deliveries });
  if (opened)
    await store.record(
      SCOPE,
      opened.row,
      outcomeOf(isRare ? "retrying" : index % 100 === 50 ? "failed" : "delivered", at),
    );
}

function outcomeOf(state: "delivered" | "failed" | "retrying", at: Date): Outcome {
  const fault = { kind: "status", message: "The receiver answered 503." } as const;
  const made = { number: 1, trigger: "first", startedAt: at, durationMs: 80, mayBeRepeat: false, timings: {} } as const;
  if (state === "delivered")
    return { state, nextAttemptAt: null, reason: null, attempt: { ...made, outcome: "delivered" } };
  const attempt = { ...made, outcome: "failed", fault } as const;
  return { state, nextAttemptAt: state === "retrying" ? at : null, reason: fault, attempt };
}
