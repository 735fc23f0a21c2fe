import type { TransactionAction } from "@azure/data-tables";
import { dayOf, eventPrefix, placeOf } from "../../core/deliveries/delivery-id.ts";
import type { DeliveryPlace } from "../../core/deliveries/delivery-id.ts";
import type { Claimed, DeliveryRow, DeliveryStore, NewDelivery, Outcome } from "../../core/ports/deliveries.ts";
import { Trouble } from "../../lib/errors.ts";
import type { Scope } from "../../core/scope.ts";
import { batchWriter, statusOf } from "./batch-writer.ts";
import type { WriteGroup } from "./batch-writer.ts";
import {
  attemptPrefix,
  attemptRow,
  deliveryRow,
  indexDay,
  indexSuffix,
  partitionOf,
  scopeIndexPrefix,
  tableOf,
  webhookIndexPrefix,
} from "./keys.ts";
import { listDeliveries } from "./list.ts";
import {
  attemptProperties,
  faultProperties,
  newDeliveryProperties,
  owedProperty,
  readAttempt,
  readDelivery,
} from "./rows.ts";
import { monthTables } from "./month-tables.ts";
import type { MonthTables, OpenTable } from "./month-tables.ts";

/**
 * Deliveries and their attempts in monthly tables (delivery-keys.ts has the keys). Writes of a partition share transactions
 * (batch-writer.ts). A write whose answer was lost is recognized by its run, so a retried write never takes itself for another's.
 */
export function deliveryStore(openTable: OpenTable): DeliveryStore {
  const tables = monthTables(openTable);
  const write = batchWriter(tables.submit);
  const get = async (scope: Scope, id: string): Promise<DeliveryRow | undefined> => {
    const place = placeOf(id);
    if (!place) return undefined;
    const row = await tables.get(tableOf(place.day), partitionOf(scope, place.day), deliveryRow(place));
    return row && readDelivery(row);
  };
  const merge = (scope: Scope, row: DeliveryRow, properties: object, more: TransactionAction[] = []): Promise<string> =>
    mergeRow(write, scope, row, properties, more);
  /** A change that is nothing to say any more once another run has written the row. */
  const mergeIfCurrent = async (scope: Scope, row: DeliveryRow, properties: object): Promise<void> => {
    try {
      await merge(scope, row, properties);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  };
  return {
    get,
    open: (delivery) => open(delivery, write, get),
    claim: async (scope, row, claimedUntil, run) => {
      try {
        const version = await merge(scope, row, { claimedUntil: claimedUntil.toISOString(), run });
        return { kind: "claimed", row: { ...row, claimedUntil, run, version } };
      } catch (error) {
        return seenInstead(error, run, await get(scope, row.id));
      }
    },
    record: async (scope, row, outcome) => {
      try {
        await merge(scope, row, outcomeProperties(row, outcome), attemptActions(scope, row, outcome));
        return true;
      } catch (error) {
        if (!isConflict(error)) throw error;
        const now = await get(scope, row.id);
        return now?.run === row.run && now.state === outcome.state && now.claimedUntil === null;
      }
    },
    paid: (scope, row) => mergeIfCurrent(scope, row, { owed: "" }),
    putOff: (scope, row, at) => mergeIfCurrent(scope, row, { nextAttemptAt: at.toISOString() }),
    release: (scope, row, at) => mergeIfCurrent(scope, row, { claimedUntil: at.toISOString() }),
    ofEvent: async (event) => {
      const day = dayOf(event.time);
      const rows: DeliveryRow[] = [];
      const prefix = `d_${eventPrefix(event)}`;
      const range = { table: tableOf(day), partition: partitionOf(event.scope, day), prefix };
      for await (const row of tables.range(range, 100)) rows.push(readDelivery(row));
      return rows;
    },
    attempts: (scope, id) => readAttempts(scope, id, tables),
    list: (scope, query, page, now) => listDeliveries(tables, scope, query, page, now),
  };
}

async function open(
  delivery: NewDelivery,
  write: WriteGroup,
  get: (scope: Scope, id: string) => Promise<DeliveryRow | undefined>,
): Promise<Claimed> {
  const { scope, at } = delivery;
  const place = knownPlace(delivery.id);
  const index = indexActions(delivery, place);
  const partitionKey = partitionOf(scope, place.day);
  const row: TransactionAction = [
    "create",
    { partitionKey, rowKey: deliveryRow(place), ...newDeliveryProperties(delivery) },
  ];
  const sameDay = indexDay(at) === place.day;
  // An event of another day: its index rows lie elsewhere and are written first. Without its row an index row shows nothing, while
  // a row without its index would never be shown.
  if (!sameDay) await write(tableOf(indexDay(at)), partitionOf(scope, indexDay(at)), index);
  try {
    const versions = await write(tableOf(place.day), partitionKey, sameDay ? [row, ...index] : [row]);
    const version = versions.get(deliveryRow(place)) ?? "";
    return { kind: "claimed", row: newRow(delivery, version) };
  } catch (error) {
    return seenInstead(error, delivery.run, await get(scope, delivery.id));
  }
}

/** After a refused write: what is there now, which may be our own write whose answer was lost. */
function seenInstead(error: unknown, run: string, row: DeliveryRow | undefined): Claimed {
  if (!isConflict(error) || !row) throw error;
  return { kind: row.run === run && row.claimedUntil !== null ? "claimed" : "taken", row };
}

function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412;
}

function newRow(delivery: NewDelivery, version: string): DeliveryRow {
  const { id, webhookId, event, at, claimedUntil, run } = delivery;
  return {
    id,
    webhookId,
    eventId: event.id,
    eventSource: event.source,
    eventType: event.type,
    state: "pending",
    createdAt: at,
    nextAttemptAt: null,
    reason: null,
    attemptCount: 0,
    claimedUntil,
    owed: null,
    run,
    version,
  };
}

function indexActions(delivery: NewDelivery, place: DeliveryPlace): TransactionAction[] {
  const partitionKey = partitionOf(delivery.scope, indexDay(delivery.at));
  const suffix = indexSuffix(delivery.at, place);
  return [scopeIndexPrefix, webhookIndexPrefix(delivery.webhookId)].map((prefix): TransactionAction => [
    "upsert",
    { partitionKey, rowKey: prefix + suffix, id: delivery.id, createdAt: delivery.at.toISOString() },
    "Replace",
  ]);
}

async function mergeRow(
  write: WriteGroup,
  scope: Scope,
  row: DeliveryRow,
  properties: object,
  more: TransactionAction[],
): Promise<string> {
  const place = knownPlace(row.id);
  const partitionKey = partitionOf(scope, place.day);
  const rowKey = deliveryRow(place);
  const update: TransactionAction = ["update", { partitionKey, rowKey, ...properties }, "Merge", { etag: row.version }];
  const versions = await write(tableOf(place.day), partitionKey, [update, ...more]);
  return versions.get(rowKey) ?? "";
}

function outcomeProperties(row: DeliveryRow, outcome: Outcome): Record<string, string | number> {
  return {
    state: outcome.state,
    nextAttemptAt: outcome.nextAttemptAt?.toISOString() ?? "",
    attemptCount: outcome.attempt?.number ?? row.attemptCount,
    claimedUntil: "",
    owed: owedProperty(outcome.owed),
    ...faultProperties(outcome.reason),
  };
}

function attemptActions(scope: Scope, row: DeliveryRow, outcome: Outcome): TransactionAction[] {
  const { attempt } = outcome;
  if (!attempt) return [];
  const place = knownPlace(row.id);
  const keys = { partitionKey: partitionOf(scope, place.day), rowKey: attemptRow(place, attempt.number) };
  return [["create", { ...keys, ...attemptProperties(attempt) }]];
}

async function readAttempts(scope: Scope, id: string, tables: MonthTables): ReturnType<DeliveryStore["attempts"]> {
  const place = placeOf(id);
  if (!place) return [];
  const range = { table: tableOf(place.day), partition: partitionOf(scope, place.day), prefix: attemptPrefix(place) };
  const attempts = [];
  for await (const row of tables.range(range, 100)) attempts.push(readAttempt(row));
  return attempts;
}

function knownPlace(id: string): DeliveryPlace {
  const place = placeOf(id);
  if (!place) throw new Trouble(`${id} is no delivery id; ids of rows are made by deliveryId().`);
  return place;
}
