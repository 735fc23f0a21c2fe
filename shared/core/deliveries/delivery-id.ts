import { hash as digestOf } from "node:crypto";
import { ID_BODY } from "../ids.ts";

/** What a delivery id says: its event, and its webhook. */
export interface DeliveryPlace {
  /** `yyyymmdd` of the event's time, UTC. */
  readonly day: string;
  /** Hashes of the event's id and of its source with its id: unique within scope and day. */
  readonly event: string;
  /** The webhook's id without `wh_`. */
  readonly webhook: string;
}

/** What names an event and the day it lies in. */
export interface EventName {
  readonly id: string;
  readonly source: string;
  readonly time: Date;
}

const HASH = "[a-z2-7]{13}";
const ID = new RegExp(`^dl_(\\d{8})_(${HASH}${HASH})_(${ID_BODY})$`);

/**
 * Id of the delivery of one event to one webhook: the same whenever the same event comes to the same webhook, and by itself
 * enough to read the row. Of the form `dl_yyyymmdd_<hashes>_<webhook without wh_>`.
 */
export function deliveryId(event: EventName, webhookId: string): string {
  return idOf({ day: dayOf(event.time), event: eventKey(event), webhook: webhookId.replace(/^wh_/, "") });
}

/** The id that says this; {@link placeOf} reads it. */
export function idOf({ day, event, webhook }: DeliveryPlace): string {
  return `dl_${day}_${event}_${webhook}`;
}

/** What a delivery id says; undefined when `id` is none that {@link deliveryId} makes. */
export function placeOf(id: string): DeliveryPlace | undefined {
  const [, day, event, webhook] = ID.exec(id) ?? [];
  if (day === undefined || event === undefined || webhook === undefined || !isDay(day)) return undefined;
  return { day, event, webhook };
}

/** Names an event within its scope and day: the hash of its id, which {@link eventIdHash} gives, then that of its source with its id. */
export function eventKey(event: Pick<EventName, "id" | "source">): string {
  const known = keys.get(event);
  if (known !== undefined) return known;
  const key = hash(event.id) + hash(`${event.source}\n${event.id}`);
  keys.set(event, key);
  return key;
}

/** By event: each of its deliveries and rows asks. */
const keys = new WeakMap<object, string>();

/** What the keys of all events with this id begin with, whatever their source. */
export function eventIdHash(eventId: string): string {
  return hash(eventId);
}

/** `yyyymmdd` of a time, UTC. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10).replaceAll("-", "");
}

/** The day `back` days before `day` (both `yyyymmdd`). */
export function dayBefore(day: string, back: number): string {
  return dayOf(new Date(dayStart(day) - back * 86_400_000));
}

function dayStart(day: string): number {
  return Date.parse(`${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}T00:00:00Z`);
}

/** Whether `day` is a day of the calendar, as `yyyymmdd`. */
function isDay(day: string): boolean {
  const start = dayStart(day);
  return !Number.isNaN(start) && dayOf(new Date(start)) === day;
}

/** 65 bits of SHA-256 in base32 (RFC 4648, lower case): 13 characters that any table key takes. */
function hash(text: string): string {
  const digest = digestOf("sha256", text, "buffer");
  let bits = 0;
  let held = 0;
  let out = "";
  for (const byte of digest) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5 && out.length < 13) {
      bits -= 5;
      out += "abcdefghijklmnopqrstuvwxyz234567".charAt((held >> bits) & 31);
    }
    if (out.length === 13) break;
  }
  return out;
}
