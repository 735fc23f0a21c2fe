import { dayOf, eventKey } from "../../core/deliveries/delivery-id.ts";
import { memberHashes } from "../../core/deliveries/member.ts";
import type { Claimed, NewDeliveries, NewDelivery } from "../../core/ports/deliveries.ts";
import type { MemberKeys } from "../../core/ports/secrets.ts";
import { statusOf } from "../table-error.ts";
import type { WriteGroup } from "../transactions/batch-writer.ts";
import { EVENT_COLUMNS, eventProperties, indexProperties, openedRow, readEventRow } from "./event-rows.ts";
import type { EventRow } from "./event-rows.ts";
import { keepText } from "./event-text.ts";
import type { KeptText } from "./event-text.ts";
import { createdPlace, eventPartPlace, eventPlace, eventSuffix, memberPrefix, timePrefix } from "./keys.ts";
import type { MonthTables } from "./month-tables.ts";
import { rowAt } from "./read.ts";
import type { RowWrite } from "../transactions/row-write.ts";

interface OpenDeps extends MemberKeys {
  readonly tables: MonthTables;
  readonly write: WriteGroup;
}

/**
 * Keeps an event and opens its deliveries, all in one transaction. Its row is inserted, so of several runs with the same event one gets it;
 * what the others find there is `taken`. A webhook that the row does not name came later: it gets a row of its own.
 */
export async function openDeliveries(opened: NewDeliveries, deps: OpenDeps): Promise<readonly Claimed[]> {
  const { event, deliveries } = opened;
  const text = await keepText(JSON.stringify(event.raw));
  const members = memberHashes(event, await deps.memberKey(event.scope.client));
  const version = await insertEvent(opened, { text, members }, deps);
  if (version !== undefined) return deliveries.map((delivery) => claimedNow(opened, delivery, version));
  const found = await deps.tables.get(eventPlace(event.scope, dayOf(event.time), eventKey(event)), EVENT_COLUMNS);
  // A month that was dropped meanwhile; the next run starts over.
  const first = found && readEventRow(found);
  return Promise.all(deliveries.map((delivery) => openFurther(opened, delivery, { first, members }, deps)));
}

async function openFurther(
  opened: NewDeliveries,
  delivery: NewDelivery,
  { first, members }: { readonly first: EventRow | undefined; readonly members: readonly string[] },
  deps: OpenDeps,
): Promise<Claimed> {
  const webhook = delivery.webhookId.replace(/^wh_/, "");
  if (first?.webhooks.includes(webhook)) return taken(opened, delivery, first, deps);
  const alone = { ...opened, deliveries: [delivery] };
  const version = await insertEvent(alone, { members, webhook }, deps);
  if (version !== undefined) return claimedNow(opened, delivery, version);
  const { event } = opened;
  const place = eventPlace(event.scope, dayOf(event.time), eventKey(event), webhook);
  return taken(opened, delivery, readEventRow(await deps.tables.get(place, EVENT_COLUMNS)), deps);
}

/** What is there already, which may be our own write whose answer was lost. */
async function taken(opened: NewDeliveries, delivery: NewDelivery, there: EventRow, deps: OpenDeps): Promise<Claimed> {
  const { scope } = opened.event;
  const key = {
    createdAt: there.createdAt,
    event: eventKey(opened.event),
    webhook: delivery.webhookId.replace(/^wh_/, ""),
  };
  const row = await rowAt(deps.tables, scope, { key, opened: there });
  const isOurs = !row.written && row.run === opened.run;
  return isOurs ? { kind: "claimed", row: { ...row, claimedUntil: delivery.claimedUntil } } : { kind: "taken", row };
}

function claimedNow({ event, at, run }: NewDeliveries, delivery: NewDelivery, version: string): Claimed {
  const webhook = delivery.webhookId.replace(/^wh_/, "");
  const { claimedUntil } = delivery;
  const row = {
    eventId: event.id,
    source: event.source,
    type: event.type,
    time: event.time,
    createdAt: at,
    claimedUntil,
    run,
    version,
  };
  return { kind: "claimed", row: openedRow({ ...row, webhooks: [webhook] }, eventKey(event), webhook) };
}

/** What an event's row and its index are made of beside its deliveries. */
interface Inserted {
  /** Absent where another row holds the event already. */
  readonly text?: KeptText;
  /** Hashes that its member is found by. */
  readonly members: readonly string[];
  /** Without `wh_`, for a row that is this webhook's alone. */
  readonly webhook?: string;
}

/** The version of the event's row; undefined when there is one already. */
async function insertEvent(
  opened: NewDeliveries,
  { text, members, webhook }: Inserted,
  { write }: OpenDeps,
): Promise<string | undefined> {
  const { event, at } = opened;
  const { scope } = event;
  const [day, key] = [dayOf(event.time), eventKey(event)];
  const place = eventPlace(scope, day, key, webhook);
  const rows: RowWrite[] = [
    { kind: "insert", row: place.row, properties: { ...eventProperties(opened), ...text?.first } },
    ...(text?.more ?? []).map((properties, index): RowWrite => {
      return { kind: "put", row: eventPartPlace(scope, day, key, index + 1).row, properties };
    }),
  ];
  const suffix = eventSuffix(at, key) + (webhook === undefined ? "" : `_${webhook}`);
  const properties = indexProperties(opened);
  const prefixes = [timePrefix(scope), ...members.map((member) => memberPrefix(scope, member))];
  const index = prefixes.map((prefix): RowWrite => ({ kind: "put", row: prefix + suffix, properties }));
  const created = createdPlace(scope, at, "");
  const together = created.partition === place.partition;
  // An event of another day: its index rows are elsewhere and are written first. Without its row an index row shows nothing, while
  // a row without its index would never be shown.
  if (!together) await write(created.table, created.partition, index);
  try {
    const versions = await write(place.table, place.partition, together ? [...rows, ...index] : rows);
    return versions.get(place.row) ?? "";
  } catch (error) {
    if (statusOf(error) === 409) return undefined;
    throw error;
  }
}
