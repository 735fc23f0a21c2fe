import type { ListName } from "../../core/cursor.ts";
import { badCursor, readCursor, writeCursor } from "../../core/cursor.ts";
import type { Delivery } from "../../core/deliveries/delivery.ts";
import { namedMemberHashes } from "../../core/deliveries/member.ts";
import type { DeliveryQuery, DeliveryRow } from "../../core/ports/deliveries.ts";
import type { MemberKeys } from "../../core/ports/secrets.ts";
import type { Page, PageRequest } from "../../core/ports/pages.ts";
import type { Scope } from "../../core/scope.ts";
import { isId } from "../../core/ids.ts";
import { candidates } from "./list-candidates.ts";
import type { Candidate } from "./list-candidates.ts";
import { inverted, uninverted } from "./keys.ts";
import { PARALLEL } from "./index-walk.ts";
import type { MonthTables } from "./month-tables.ts";

/** How far back a list looks, in milliseconds; older deliveries can still be read by id until their month is dropped. */
const LIST_MS = 90 * 86_400_000;

/** Most deliveries that one page reads, and most entries of an index that it passes: what bounds a page whose filter hits little. */
const MOST_READ = 250;
const MOST_PASSED = 2_000;

interface ListDeps extends MemberKeys {
  readonly tables: MonthTables;
}

/**
 * Deliveries of a scope, newest first, page by page. The position of a cursor is the place of the last delivery that was looked at
 * (keys.ts, {@link deliverySuffix}), whichever rows lead to it.
 */
export async function listDeliveries(
  { tables, memberKey }: ListDeps,
  scope: Scope,
  query: DeliveryQuery,
  page: PageRequest,
  now: Date,
): Promise<Page<Delivery>> {
  const name = { list: "deliveries", scope, filter: filterOf(query) };
  const after = page.cursor === null ? undefined : readPosition(readCursor(name, page.cursor));
  if (query.webhookId !== undefined && !isId("wh", query.webhookId)) return { items: [], next: null };
  // Clocks of instances differ a little: what is created "tomorrow" is listed too.
  const newest = query.to ?? new Date(now.getTime() + 86_400_000);
  const earliest = new Date(now.getTime() - LIST_MS);
  const oldest = query.from !== undefined && query.from > earliest ? query.from : earliest;
  const from = after?.slice(0, after.lastIndexOf("_")) ?? inverted(new Date(newest.getTime() - 1));
  const members =
    query.member === undefined ? undefined : namedMemberHashes(query.member, await memberKey(scope.client));
  const range = { scope, query, members, from, oldest, now, limit: page.limit };
  return pageOf(candidates(tables, range), { name, query, after, limit: page.limit, oldest });
}

interface PageDeps {
  readonly name: ListName;
  readonly query: DeliveryQuery;
  readonly after: string | undefined;
  readonly limit: number;
  readonly oldest: Date;
}

async function pageOf(
  chunks: AsyncIterable<readonly Candidate[]>,
  { name, query, after, limit, oldest }: PageDeps,
): Promise<Page<Delivery>> {
  const found: { row: DeliveryRow; place: string }[] = [];
  let [read, passed] = [0, 0];
  let last = after;
  const ended = (next: string | undefined): Page<Delivery> => ({
    items: found.slice(0, limit).map(({ row }) => row),
    next: next === undefined ? null : writeCursor(name, next),
  });
  for await (const chunk of chunks) {
    const ahead = chunk.filter(({ place }) => after === undefined || place > after);
    passed += chunk.length;
    for (let at = 0; at < ahead.length; at += PARALLEL) {
      const some = ahead.slice(at, at + PARALLEL);
      read += some.filter(({ row }) => typeof row === "function").length;
      const rows = await Promise.all(some.map(async ({ row }) => (typeof row === "function" ? row() : row)));
      for (const [index, { place }] of some.entries()) {
        const row = rows[index];
        last = place;
        if (row === undefined || row.createdAt < oldest || !matches(row, query)) continue;
        found.push({ row, place });
        if (found.length > limit) return ended(found[limit - 1]?.place);
      }
      if (read >= MOST_READ) return ended(last);
    }
    last = chunk.at(-1)?.place ?? last;
    if (passed >= MOST_PASSED) return ended(last);
  }
  return ended(undefined);
}

function matches(
  row: DeliveryRow,
  { webhookId, states, eventTypes, faults, eventId, from, to }: DeliveryQuery,
): boolean {
  if (webhookId !== undefined && row.webhookId !== webhookId) return false;
  if (eventId !== undefined && row.eventId !== eventId) return false;
  if (from !== undefined && row.createdAt < from) return false;
  if (to !== undefined && row.createdAt >= to) return false;
  return isOneOf(states, row.state) && isOneOf(eventTypes, row.eventType) && isOneOf(faults, row.reason?.kind);
}

function isOneOf(asked: readonly string[] | undefined, value: string | undefined): boolean {
  return asked === undefined || (value !== undefined && asked.includes(value));
}

/** The filter as a cursor is bound to it, by the names of the query's parameters. */
function filterOf(query: DeliveryQuery): Record<string, string | undefined> {
  return {
    webhookId: query.webhookId,
    state: query.states?.join(),
    eventType: query.eventTypes?.join(),
    fault: query.faults?.join(),
    eventId: query.eventId,
    member: query.member,
    from: query.from?.toISOString(),
    to: query.to?.toISOString(),
  };
}

/** @throws AppError `malformed-request` for what no list writes */
function readPosition(position: string): string {
  const [, time] = /^(\d{13})_[a-z2-7]{26}_[0-9a-v]{1,40}$/.exec(position) ?? [];
  if (time === undefined || Number.isNaN(uninverted(time).getTime())) throw badCursor();
  return position;
}
