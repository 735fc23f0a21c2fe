import { eventKey, placeOf } from "../../core/deliveries/delivery-id.ts";
import type { Attempt } from "../../core/deliveries/delivery.ts";
import { parseExact } from "../../core/events/exact-json.ts";
import type { DeliveryRow } from "../../core/ports/deliveries.ts";
import type { Scope } from "../../core/scope.ts";
import { EVENT_COLUMNS, openedRow, readEventRow } from "./event-rows.ts";
import type { EventRow } from "./event-rows.ts";
import { keptText } from "./event-text.ts";
import { attemptPrefix, deliveryPlace, eventPartPlace, eventPlace } from "./keys.ts";
import type { DeliveryKey } from "./keys.ts";
import type { MonthTables } from "./month-tables.ts";
import { DELIVERY_COLUMNS, readAttempt, readDelivery, readIfReadable } from "./rows.ts";

/** A delivery with the row of its event. */
export interface Located {
  readonly key: DeliveryKey;
  readonly opened: EventRow;
}

/** Where a delivery's rows are; undefined when there is none of this id. */
async function locate(tables: MonthTables, scope: Scope, id: string): Promise<Located | undefined> {
  const place = placeOf(id);
  if (!place) return undefined;
  const { day, event, webhook } = place;
  const opened = await openedFor(tables, scope, day, event, webhook);
  return opened && { key: { createdAt: opened.createdAt, event, webhook }, opened };
}

/** The event's row that names the webhook: its first one, or that of a webhook that came later. */
export async function openedFor(
  tables: MonthTables,
  scope: Scope,
  day: string,
  event: string,
  webhook: string,
): Promise<EventRow | undefined> {
  const first = await tables.get(eventPlace(scope, day, event), EVENT_COLUMNS);
  if (first === undefined) return undefined;
  const row = readEventRow(first);
  if (row.webhooks.includes(webhook)) return row;
  const later = await tables.get(eventPlace(scope, day, event, webhook), EVENT_COLUMNS);
  return later && readEventRow(later);
}

/** The delivery as it is, written or opened. */
export async function rowAt(tables: MonthTables, scope: Scope, { key, opened }: Located): Promise<DeliveryRow> {
  return (await writtenRow(tables, scope, key)) ?? openedRow(opened, key.event, key.webhook);
}

/** A delivery that something has come of. */
async function writtenRow(tables: MonthTables, scope: Scope, key: DeliveryKey): Promise<DeliveryRow | undefined> {
  const row = await tables.get(deliveryPlace(scope, key), DELIVERY_COLUMNS);
  return row && readDelivery(row);
}

/** What is stored of a delivery: nothing yet, or a row, which may be unreadable. */
export async function storedRow(
  tables: MonthTables,
  scope: Scope,
  key: DeliveryKey,
): Promise<{ readonly row: DeliveryRow | undefined } | undefined> {
  const row = await tables.get(deliveryPlace(scope, key), DELIVERY_COLUMNS);
  return row && { row: readIfReadable(row) };
}

export async function findDelivery(tables: MonthTables, scope: Scope, id: string): Promise<DeliveryRow | undefined> {
  const found = await locate(tables, scope, id);
  return found && rowAt(tables, scope, found);
}

/** In order of number; the first one is usually in the delivery's own row. */
export async function readAttempts(tables: MonthTables, scope: Scope, id: string): Promise<readonly Attempt[]> {
  const found = await locate(tables, scope, id);
  if (!found) return [];
  const place = deliveryPlace(scope, found.key);
  const [own, others] = await Promise.all([
    tables.get(place),
    tables.all({ ...place, prefix: attemptPrefix(scope, found.key) }),
  ]);
  const rows = own?.["number"] === undefined ? others : [own, ...others];
  return rows.map((row) => readAttempt(row));
}

/** The event of a delivery as it came, numbers with their digits; undefined when it is not kept any more. */
export async function readEvent(tables: MonthTables, scope: Scope, id: string): Promise<unknown> {
  const place = placeOf(id);
  if (!place) return undefined;
  const { day, event } = place;
  const row = await tables.get(eventPlace(scope, day, event));
  if (row === undefined) return undefined;
  const text = await keptText(row, (part) => tables.get(eventPartPlace(scope, day, event, part)));
  return text === undefined ? undefined : parseExact(text);
}

/** Every delivery of an event, whatever its webhooks are now. */
export async function deliveriesOfEvent(
  tables: MonthTables,
  scope: Scope,
  day: string,
  event: string,
): Promise<readonly DeliveryRow[]> {
  const place = eventPlace(scope, day, event);
  const rows = await tables.all({ ...place, prefix: place.row, columns: EVENT_COLUMNS });
  const located = rows.map((row) => readEventRow(row)).flatMap((opened) => locatedIn(opened, event));
  return Promise.all(located.map((one) => rowAt(tables, scope, one)));
}

/** The deliveries that an event's row opened. */
export function locatedIn(opened: EventRow, event: string): Located[] {
  return opened.webhooks.map((webhook) => ({ key: { createdAt: opened.createdAt, event, webhook }, opened }));
}

/** The key of an event's row. */
export const keyOfEvent = ({ eventId, source }: EventRow): string => eventKey({ id: eventId, source });
