import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { TableClient } from "@azure/data-tables";
import { startTables } from "../../../local/tables/start.ts";
import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import type { Attempt } from "../../../shared/core/deliveries/delivery.ts";
import { wellFormed } from "../../../shared/core/events/well-formed.ts";
import type { KlsEvent } from "../../../shared/core/events/event.ts";
import type {
  Claimed,
  DeliveryQuery,
  DeliveryRow,
  DeliveryStore,
  NewDeliveries,
  Outcome,
} from "../../../shared/core/ports/deliveries.ts";
import type { Scope } from "../../../shared/core/scope.ts";
import { openServiceCalls } from "../../../shared/outbound/service-calls.ts";
import { monthTables } from "../../../shared/tables/deliveries/month-tables.ts";
import { deliveryStore } from "../../../shared/tables/deliveries/store.ts";
import { openAccount } from "../../../shared/tables/transactions/account.ts";
import { transactionClient } from "../../../shared/tables/transactions/client.ts";

export const NOW = new Date("2026-11-23T10:00:00.000Z");

/** What went over the wire since it was last asked. */
export interface Traffic {
  /** Requests that read. */
  reads: number;
  /** Entities of each transaction. */
  readonly transactions: number[];
}

export interface StoreFixture {
  readonly store: DeliveryStore;
  /** A client of one of its tables. */
  readonly open: (table: string) => TableClient;
  /** What `work` sends. */
  readonly traffic: (work: () => Promise<unknown>) => Promise<Traffic>;
  readonly close: () => Promise<void>;
}

/** The real store over real tables, with its requests counted. */
export async function startStore(): Promise<StoreFixture> {
  const tables = await startTables({ port: 0 });
  const calls = openServiceCalls();
  const memberKey = createSecretKey(randomBytes(32));
  let counted: Traffic = { reads: 0, transactions: [] };
  const counting = {
    name: "counting",
    sendRequest: <Request, Answer>(request: Request, next: (request: Request) => Promise<Answer>): Promise<Answer> => {
      counted.reads += 1;
      return next(request);
    },
  };
  const open = (name: string): TableClient =>
    TableClient.fromConnectionString(tables.connectionString, name, {
      allowInsecureConnection: true,
      additionalPolicies: [{ policy: counting, position: "perCall" }],
    });
  const clock = (): Date => new Date();
  const submit = transactionClient({
    account: openAccount({ kind: "connection-string", value: tables.connectionString }, clock),
    call: calls.call,
    clock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  });
  return {
    store: deliveryStore({
      tables: monthTables(
        (name) => Promise.resolve(open(name)),
        (table, partition, writes) => {
          counted.transactions.push(writes.length);
          return submit(table, partition, writes);
        },
      ),
      memberKey: () => Promise.resolve(memberKey),
    }),
    open,
    traffic: async (work) => {
      counted = { reads: 0, transactions: [] };
      await work();
      return counted;
    },
    close: async () => {
      await calls.close();
      await tables.close();
    },
  };
}

/** A scope of its own. */
export function aScope(): Scope {
  return { client: "acme", program: `p${randomBytes(5).toString("hex")}`, environment: "uat" };
}

export function event(scope: Scope, id: string, time = NOW, more: Partial<KlsEvent> = {}): KlsEvent {
  const attributes = more.attributes ?? {};
  const raw = wellFormed({ specversion: "1.0", id, time: time.toISOString(), data: { attributes } });
  const named = { scope, id, source: "/kls", type: "reward.issued", time, timeText: time.toISOString() } as const;
  return { ...named, attributes, raw, ...more };
}

/** A delivery to be opened alone. */
export interface Fresh extends NewDeliveries {
  readonly id: string;
}

export function fresh(one: KlsEvent, webhookId = "wh_a", at = NOW): Fresh {
  const claimedUntil = new Date(at.getTime() + 45_000);
  const id = deliveryId(one, webhookId);
  return { id, event: one, at, run: randomUUID(), deliveries: [{ id, webhookId, claimedUntil }] };
}

export async function openOne(store: DeliveryStore, delivery: Fresh): Promise<Claimed> {
  const [claimed] = await store.open(delivery);
  if (!claimed) throw new Error("expected one");
  return claimed;
}

export async function opened(store: DeliveryStore, delivery: Fresh): Promise<DeliveryRow> {
  const claimed = await openOne(store, delivery);
  expect(claimed.kind).toBe("claimed");
  return claimed.row;
}

export function attempt(number: number, more: Partial<Attempt> = {}): Attempt {
  return {
    number,
    trigger: "first",
    startedAt: NOW,
    durationMs: 84,
    outcome: "delivered",
    mayBeRepeat: false,
    timings: { tokenMs: 0 },
    ...more,
  };
}

const FAULT = { kind: "status", message: "The receiver answered 503." } as const;

/** What becomes of a delivery after its first attempt. */
export function outcome(state: "delivered" | "retrying" | "failed"): Outcome {
  if (state === "delivered") return { state, nextAttemptAt: null, reason: null, attempt: attempt(1) };
  const nextAttemptAt = state === "retrying" ? new Date(NOW.getTime() + 5_000) : null;
  return { state, nextAttemptAt, reason: FAULT, attempt: attempt(1, { outcome: "failed", fault: FAULT }) };
}

export async function ended(
  store: DeliveryStore,
  delivery: Fresh,
  state: Parameters<typeof outcome>[0] = "delivered",
): Promise<void> {
  const row = await opened(store, delivery);
  expect(await store.record(delivery.event.scope, row, outcome(state))).toBe(true);
}

export async function allPages(
  store: DeliveryStore,
  scope: Scope,
  query: DeliveryQuery,
  limit: number,
): Promise<string[]> {
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
