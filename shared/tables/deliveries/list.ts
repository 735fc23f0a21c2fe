import * as z from "zod";
import type { ListName } from "../../core/cursor.ts";
import { badCursor, readCursor, writeCursor } from "../../core/cursor.ts";
import { dayBefore, dayOf, eventIdPrefix, isDay } from "../../core/deliveries/delivery-id.ts";
import { placeOf } from "../../core/deliveries/delivery-id.ts";
import type { Delivery } from "../../core/deliveries/delivery.ts";
import type { DeliveryQuery, DeliveryRow } from "../../core/ports/deliveries.ts";
import { isId } from "../../core/ids.ts";
import type { Page, PageRequest } from "../../core/ports/pages.ts";
import type { Scope } from "../../core/scope.ts";
import { deliveryRow, partitionOf, scopeIndexPrefix, tableOf, webhookIndexPrefix } from "./keys.ts";
import { readDelivery } from "./rows.ts";
import type { MonthTables, Row } from "./month-tables.ts";

/** How many days back a list looks; older deliveries can still be read by id until their month is dropped. */
const LIST_DAYS = 90;

/** Most index rows that one page looks at: what bounds a page whose filter hits little. */
const MOST_LOOKED_AT = 1_000;

/** How many reads run at the same time. */
const PARALLEL = 16;

/** A place in the index: a day's partition and the last row key that was given out. */
interface Position {
  readonly day: string;
  readonly after: string | undefined;
}

/** Deliveries of a scope, newest first, page by page; by event id they are found through their keys, else through an index. */
export async function listDeliveries(
  tables: MonthTables,
  scope: Scope,
  query: DeliveryQuery,
  page: PageRequest,
  now: Date,
): Promise<Page<Delivery>> {
  const name = { list: "deliveries", scope, filter: { ...query } };
  const position = page.cursor === null ? undefined : readCursor(name, page.cursor);
  if (query.webhookId !== undefined && !isId("wh", query.webhookId)) {
    return { items: [], next: null };
  }
  if (query.eventId !== undefined) {
    return ofEventId(tables, name, query, query.eventId, { limit: page.limit, after: orderIn(position) }, now);
  }
  return fromIndex(tables, name, query, page.limit, indexPosition(position, now), now);
}

async function fromIndex(
  tables: MonthTables,
  name: ListName,
  query: DeliveryQuery,
  limit: number,
  start: Position,
  now: Date,
): Promise<Page<Delivery>> {
  const { scope } = name;
  const found: { delivery: Delivery; position: Position }[] = [];
  let lookedAt = 0;
  let last = start;
  const pageOf = (next: Position | null): Page<Delivery> => ({
    items: found.slice(0, limit).map(({ delivery }) => delivery),
    next: next && writeCursor(name, `${next.day}.${next.after ?? ""}`),
  });
  const prefix = query.webhookId === undefined ? scopeIndexPrefix : webhookIndexPrefix(query.webhookId);
  for await (const entries of indexChunks(tables, scope, prefix, start, limit + 1, now)) {
    const rows = await Promise.all(entries.map(({ id }) => readRow(tables, scope, id)));
    for (const [index, entry] of entries.entries()) {
      const row = rows[index];
      last = { day: entry.day, after: entry.key };
      if (row?.createdAt.toISOString() !== entry.createdAt || !fits(row, query)) continue;
      found.push({ delivery: row, position: last });
      if (found.length > limit) return pageOf(found[limit - 1]?.position ?? null);
    }
    lookedAt += entries.length;
    if (lookedAt >= MOST_LOOKED_AT) return pageOf(last);
  }
  return pageOf(null);
}

interface IndexEntry {
  readonly day: string;
  readonly key: string;
  readonly id: string;
  readonly createdAt: string;
}

const entrySchema = z.object({ rowKey: z.string(), id: z.string(), createdAt: z.string() });

/**
 * Index entries from `start` on, in chunks. Days are read one by one while there is something in them; over empty days the number
 * read at once doubles, so that a quiet quarter costs a few round trips.
 */
async function* indexChunks(
  tables: MonthTables,
  scope: Scope,
  prefix: string,
  start: Position,
  size: number,
  now: Date,
): AsyncGenerator<readonly IndexEntry[], void> {
  const oldest = dayBefore(dayOf(now), LIST_DAYS);
  let width = 2;
  for (let day = start.day; day >= oldest; day = dayBefore(day, 1)) {
    const ahead = Array.from({ length: Math.min(width, PARALLEL) }, (_, back) => dayBefore(day, back));
    const hits = await Promise.all(
      ahead.map((one) => chunkOf(tables, scope, prefix, one, one === start.day ? start.after : undefined, size)),
    );
    const first = hits.findIndex((chunk) => chunk.length > 0);
    if (first === -1) {
      day = ahead.at(-1) ?? day;
      width *= 2;
      continue;
    }
    day = ahead[first] ?? day;
    let chunk = hits[first] ?? [];
    while (chunk.length > 0 && day >= oldest) {
      yield chunk;
      chunk = chunk.length < size ? [] : await chunkOf(tables, scope, prefix, day, chunk.at(-1)?.key, size);
    }
    width = 1;
  }
}

async function chunkOf(
  tables: MonthTables,
  scope: Scope,
  prefix: string,
  day: string,
  after: string | undefined,
  size: number,
): Promise<readonly IndexEntry[]> {
  const entries: IndexEntry[] = [];
  const range = { table: tableOf(day), partition: partitionOf(scope, day), prefix, after };
  for await (const row of tables.range(range, size)) {
    const { rowKey, id, createdAt } = entrySchema.parse(row);
    entries.push({ day, key: rowKey, id, createdAt });
    if (entries.length === size) break;
  }
  return entries;
}

async function ofEventId(
  tables: MonthTables,
  name: ListName,
  query: DeliveryQuery,
  eventId: string,
  { limit, after }: { readonly limit: number; readonly after: string },
  now: Date,
): Promise<Page<Delivery>> {
  const { scope } = name;
  const newest = dayBefore(dayOf(now), -1);
  const days = Array.from({ length: LIST_DAYS + 2 }, (_, back) => dayBefore(newest, back));
  const rows: DeliveryRow[] = [];
  for (let at = 0; at < days.length; at += PARALLEL) {
    const found = await Promise.all(days.slice(at, at + PARALLEL).map((day) => eventRows(tables, scope, eventId, day)));
    rows.push(...found.flat().map((row) => readDelivery(row)));
  }
  const matching = rows.filter((row) => row.eventId === eventId && fits(row, query));
  const ordered = matching.map((row) => ({ row, key: orderOf(row) })).toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const rest = ordered.filter(({ key }) => key > after);
  const items = rest.slice(0, limit);
  const end = items.at(-1);
  const next = end && rest.length > items.length ? writeCursor(name, end.key) : null;
  return { items: items.map(({ row }) => row), next };
}

async function eventRows(tables: MonthTables, scope: Scope, eventId: string, day: string): Promise<Row[]> {
  const rows: Row[] = [];
  const range = { table: tableOf(day), partition: partitionOf(scope, day), prefix: `d_${eventIdPrefix(eventId)}` };
  for await (const row of tables.range(range, 100)) rows.push(row);
  return rows;
}

/** Text order is newest first. */
function orderOf(row: DeliveryRow): string {
  return `${String(9_999_999_999_999 - row.createdAt.getTime()).padStart(13, "0")}_${row.id}`;
}

async function readRow(tables: MonthTables, scope: Scope, id: string): Promise<DeliveryRow | undefined> {
  const place = placeOf(id);
  if (!place) return undefined;
  const row = await tables.get(tableOf(place.day), partitionOf(scope, place.day), deliveryRow(place));
  return row && readDelivery(row);
}

function fits(row: Delivery, query: DeliveryQuery): boolean {
  if (query.webhookId !== undefined && row.webhookId !== query.webhookId) return false;
  return query.state === undefined || row.state === query.state;
}

/** Where the index goes on: `yyyymmdd.` and the row key that was given out last. */
function indexPosition(position: string | undefined, now: Date): Position {
  const newest = dayBefore(dayOf(now), -1);
  if (position === undefined) return { day: newest, after: undefined };
  const [, day = "", after = ""] = /^(\d{8})\.([A-Za-z0-9_-]{0,300})$/.exec(position) ?? [];
  if (day === "" || day > newest || !isDay(day)) throw badCursor();
  return { day, after: after === "" ? undefined : after };
}

/** Where the list of one event goes on: behind this key of {@link orderOf}. */
function orderIn(position = ""): string {
  if (position !== "" && !/^\d{13}_\w[\w-]{0,200}$/.test(position)) throw badCursor();
  return position;
}
