import { dayOf, eventKey } from "../../core/deliveries/delivery-id.ts";
import type { Attempt, Delivery } from "../../core/deliveries/delivery.ts";
import type { Claimed, DeliveryRow, DeliveryStore } from "../../core/ports/deliveries.ts";
import type { MemberKeys } from "../../core/ports/secrets.ts";
import type { Scope } from "../../core/scope.ts";
import { entityBytes } from "../entity-size.ts";
import { statusOf } from "../table-error.ts";
import { batchWriter } from "../transactions/batch-writer.ts";
import type { WriteGroup } from "../transactions/batch-writer.ts";
import { attemptRow, deliveryPlace, deliverySuffix, failedPrefix, keyOf, openPrefix } from "./keys.ts";
import type { DeliveryKey } from "./keys.ts";
import { listDeliveries } from "./list.ts";
import type { MonthTables } from "./month-tables.ts";
import { openDeliveries } from "./open.ts";
import { deliveriesOfEvent, findDelivery, readAttempts, readEvent } from "./read.ts";
import { attemptProperties, identityProperties, outcomeProperties } from "./rows.ts";
import type { RowProperties, RowWrite } from "../transactions/row-write.ts";

/** Most bytes of an attempt that is kept in its delivery's own row; a larger one has a row of its own. */
const LARGEST_OWN_ATTEMPT = 400_000;

export interface DeliveryStoreDeps extends MemberKeys {
  readonly tables: MonthTables;
}

/**
 * Deliveries, their events and attempts in monthly tables (keys.ts has the rows). Writes of a partition share transactions
 * (batch-writer.ts). A write whose answer was lost is recognized by its run, so a retried write never takes itself for another's.
 */
export function deliveryStore({ tables, memberKey }: DeliveryStoreDeps): DeliveryStore {
  const write = batchWriter(tables.submit);
  /** A change that no longer matters once another run has written the row. */
  const changeIfCurrent = async (scope: Scope, row: DeliveryRow, properties: RowProperties): Promise<void> => {
    try {
      await change(write, scope, row, { properties });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  };
  return {
    get: (scope, id) => findDelivery(tables, scope, id),
    open: (opened) => openDeliveries(opened, { tables, write, memberKey }),
    claim: async (scope, row, claimedUntil, run): Promise<Claimed> => {
      try {
        const version = await change(write, scope, row, {
          properties: { claimedUntil: claimedUntil.toISOString(), run },
        });
        return { kind: "claimed", row: { ...row, claimedUntil, run, version, written: true } };
      } catch (error) {
        const now = isConflict(error) ? await findDelivery(tables, scope, row.id) : undefined;
        if (!now) throw error;
        return { kind: now.run === run && now.claimedUntil !== null ? "claimed" : "taken", row: now };
      }
    },
    record: async (scope, row, outcome) => {
      try {
        const { state, attempt } = outcome;
        await change(write, scope, row, { properties: outcomeProperties(row, outcome), state, attempt });
        return true;
      } catch (error) {
        if (!isConflict(error)) throw error;
        const now = await findDelivery(tables, scope, row.id);
        return now?.written === true && now.run === row.run && now.state === outcome.state && now.claimedUntil === null;
      }
    },
    paid: (scope, row) => changeIfCurrent(scope, row, { owed: "" }),
    putOff: (scope, row, at) => changeIfCurrent(scope, row, { nextAttemptAt: at.toISOString() }),
    release: (scope, row, at) => changeIfCurrent(scope, row, { claimedUntil: at.toISOString() }),
    ofEvent: (event) => deliveriesOfEvent(tables, event.scope, dayOf(event.time), eventKey(event)),
    attempts: (scope, id) => readAttempts(tables, scope, id),
    event: (scope, id) => readEvent(tables, scope, id),
    list: (scope, query, page, now) => listDeliveries({ tables, memberKey }, scope, query, page, now),
  };
}

/** What is written of a delivery; the state stays when absent. */
interface Change {
  readonly properties: RowProperties;
  readonly state?: Delivery["state"];
  readonly attempt?: Attempt | undefined;
}

/** Writes a delivery's row, its new attempt and its place in an index in one transaction. @throws 409 or 412 when another run has written it */
async function change(write: WriteGroup, scope: Scope, row: DeliveryRow, made: Change): Promise<string> {
  const key = keyOf(row);
  const place = deliveryPlace(scope, key);
  const kept = attemptRows(scope, key, made.attempt);
  const properties = { ...made.properties, ...kept.own };
  const own: RowWrite = row.written
    ? { kind: "merge", row: place.row, properties, version: row.version }
    : { kind: "insert", row: place.row, properties: { ...identityProperties(row), ...withoutEmpty(properties) } };
  const index = moveIndex(scope, key, row.written ? row.state : undefined, made.state ?? row.state);
  const versions = await write(place.table, place.partition, [own, ...index, ...kept.more]);
  return versions.get(place.row) ?? "";
}

/** The first attempt is kept in the delivery's own row, as long as it is of usual size: most deliveries have no other. */
function attemptRows(
  scope: Scope,
  key: DeliveryKey,
  attempt: Attempt | undefined,
): { own?: RowProperties; more: RowWrite[] } {
  if (!attempt) return { more: [] };
  const properties = attemptProperties(attempt);
  const fits =
    attempt.number === 1 && entityBytes({ partitionKey: "", rowKey: "", ...properties }) <= LARGEST_OWN_ATTEMPT;
  if (fits) return { own: properties, more: [] };
  return { more: [{ kind: "insert", row: attemptRow(scope, key, attempt.number), properties }] };
}

/** The index of deliveries in this state; none of those that were delivered. */
function indexOf(scope: Scope, state: Delivery["state"]): string | undefined {
  if (state === "delivered") return undefined;
  return state === "failed" || state === "canceled" ? failedPrefix(scope) : openPrefix(scope);
}

/** The states themselves are in the index, so that a list need not read what it does not ask for. */
function moveIndex(
  scope: Scope,
  key: DeliveryKey,
  before: Delivery["state"] | undefined,
  after: Delivery["state"],
): RowWrite[] {
  if (before === after) return [];
  const suffix = deliverySuffix(key);
  const [left, entered] = [before && indexOf(scope, before), indexOf(scope, after)];
  const writes: RowWrite[] = [];
  if (left !== undefined && left !== entered) writes.push({ kind: "delete", row: left + suffix });
  if (entered !== undefined) writes.push({ kind: "put", row: entered + suffix, properties: { state: after } });
  return writes;
}

/** A new row needs no property to say that there is none. */
function withoutEmpty(properties: RowProperties): RowProperties {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== ""));
}

function isConflict(error: unknown): boolean {
  const status = statusOf(error);
  return status === 409 || status === 412;
}
