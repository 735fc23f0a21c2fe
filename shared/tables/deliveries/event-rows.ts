import * as z from "zod";
import { dayOf, idOf } from "../../core/deliveries/delivery-id.ts";
import { EVENT_TYPES } from "../../contract/event-types.ts";
import type { EventType } from "../../contract/event-types.ts";
import type { Unknown } from "../../contract/unknown.ts";
import type { DeliveryRow, NewDeliveries } from "../../core/ports/deliveries.ts";
import type { RowProperties } from "../transactions/row-write.ts";

/** What an event's row says beside the event itself. */
export interface EventRow {
  readonly eventId: string;
  readonly source: string;
  readonly type: EventType | Unknown;
  readonly time: Date;
  readonly createdAt: Date;
  /** Until when the run that opened it holds its deliveries. */
  readonly claimedUntil: Date | null;
  readonly run: string;
  /** Ids of the webhooks that it was opened for, without `wh_`. */
  readonly webhooks: readonly string[];
  readonly version: string;
}

export const time = z.iso.datetime().transform((text) => new Date(text));
export const eventType = z.enum([...EVENT_TYPES, "unknown"]).catch("unknown");

const eventSchema = z.object({
  etag: z.string(),
  eventId: z.string(),
  source: z.string(),
  type: eventType,
  time,
  createdAt: time,
  claimedUntil: time.optional(),
  run: z.string(),
  webhooks: z.string(),
});

/** Properties of {@link EventRow}, to read a row without the event itself. */
export const EVENT_COLUMNS = Object.keys(eventSchema.shape);

/** @param webhooks ids without `wh_` */
export function eventProperties({ event, at, run, deliveries }: NewDeliveries): RowProperties {
  const claims = deliveries.flatMap(({ claimedUntil }) => claimedUntil ?? []);
  const latest = new Date(Math.max(...claims.map((claim) => claim.getTime())));
  return {
    eventId: event.id,
    source: event.source,
    type: event.type,
    time: event.time.toISOString(),
    createdAt: at.toISOString(),
    ...(claims.length === 0 ? {} : { claimedUntil: latest.toISOString() }),
    run,
    webhooks: webhooksText(deliveries),
  };
}

/** @throws ZodError when the row is not one of ours */
export function readEventRow(entity: unknown): EventRow {
  const { etag, claimedUntil, webhooks, ...row } = eventSchema.parse(entity);
  return { ...row, version: etag, claimedUntil: claimedUntil ?? null, webhooks: webhooks.split(",") };
}

/** A delivery of which nothing but its event's row is there. */
export function openedRow(row: EventRow, event: string, webhook: string): DeliveryRow {
  return {
    id: idOf({ day: dayOf(row.time), event, webhook }),
    webhookId: `wh_${webhook}`,
    eventId: row.eventId,
    eventSource: row.source,
    eventType: row.type,
    eventTime: row.time,
    state: "pending",
    createdAt: row.createdAt,
    nextAttemptAt: null,
    reason: null,
    attemptCount: 0,
    lastStatus: null,
    lastDurationMs: null,
    claimedUntil: row.claimedUntil,
    owed: null,
    run: row.run,
    version: row.version,
    written: false,
  };
}

const indexSchema = z.object({ rowKey: z.string(), day: z.string(), type: eventType, webhooks: z.string() });

/** Properties of an {@link EventEntry}. */
export const ENTRY_COLUMNS = Object.keys(indexSchema.shape);

/** An entry of an index of events. */
export interface EventEntry {
  readonly rowKey: string;
  /** Of the event's time. */
  readonly day: string;
  readonly type: EventType | Unknown;
  readonly webhooks: readonly string[];
}

export function indexProperties({ event, deliveries }: NewDeliveries): RowProperties {
  return { day: dayOf(event.time), type: event.type, webhooks: webhooksText(deliveries) };
}

/** @throws ZodError when the row is not one of ours */
export function readEventEntry(entity: unknown): EventEntry {
  const { webhooks, ...entry } = indexSchema.parse(entity);
  return { ...entry, webhooks: webhooks.split(",") };
}

function webhooksText(deliveries: NewDeliveries["deliveries"]): string {
  return deliveries.map(({ webhookId }) => webhookId.replace(/^wh_/, "")).join(",");
}
