import { dayOf, placeOf } from "../../core/deliveries/delivery-id.ts";
import type { DeliveryPlace } from "../../core/deliveries/delivery-id.ts";
import type { Scope } from "../../core/scope.ts";
import { Trouble } from "../../lib/errors.ts";

/**
 * Keys of the tables `deliveriesYYYYMM`, one a month, so that a month is forgotten by dropping its table. Partition: client and day, so that
 * the writes of all scopes of a client share transactions. Row keys hold program and environment, and lead with what the row is:
 *
 * | row | what it is | day |
 * |---|---|---|
 * | `e_<scope>_<event>` | the event, and the webhooks that it went to: `pending` until their own rows are there | of the event's time |
 * | `e_<scope>_<event>_<webhook>` | the same of a webhook that came later, when the event was published again | of the event's time |
 * | `b_<scope>_<event>_<nn>` | more of an event that one row does not hold | of the event's time |
 * | `t_<scope>_<time>_<event>` | index of events by time | of creation |
 * | `m_<member>_<scope>_<time>_<event>` | the same of one member | of creation |
 * | `d_<scope>_<webhook>_<time>_<event>` | a delivery, with its first attempt; by its key the index of its webhook | of creation |
 * | `a_<scope>_<webhook>_<time>_<event>_<nnn>` | a later attempt | of creation |
 * | `o_<scope>_<time>_<event>_<webhook>` | index of what is open after an attempt or a deferral | of creation |
 * | `f_<scope>_<time>_<event>_<webhook>` | index of what failed for good or was canceled | of creation |
 *
 * `<time>` are milliseconds, inverted, so that text order is newest first. `<event>` and `<webhook>` are as in the delivery's id.
 */
export interface RowPlace {
  readonly table: string;
  readonly partition: string;
  readonly row: string;
}

/** Which delivery, and when it was created: where all of its rows are. */
export interface DeliveryKey {
  readonly createdAt: Date;
  /** Of the event; webhook ids without `wh_`. */
  readonly event: string;
  readonly webhook: string;
}

const scoped = ({ program, environment }: Scope): string => `${program}_${environment}_`;

export const tableOf = (day: string): string => `deliveries${day.slice(0, 6)}`;

export const partitionOf = (scope: Scope, day: string): string => `${scope.client}_${day}`;

const placed = (scope: Scope, day: string, row: string): RowPlace => ({
  table: tableOf(day),
  partition: partitionOf(scope, day),
  row,
});

const LATEST_MS = 9_999_999_999_999;

/** Milliseconds so that text order is newest first. */
export const inverted = (at: Date): string => String(LATEST_MS - at.getTime()).padStart(13, "0");

/** The time that {@link inverted} wrote. */
export const uninverted = (text: string): Date => new Date(LATEST_MS - Number(text));

/** What the rows of events with this hash of id and source begin with, or with the hash of the id alone. */
export const eventPrefix = (scope: Scope, event: string): string => `e_${scoped(scope)}${event}`;

/** `webhook` for one that the event's first row does not name. */
export const eventPlace = (scope: Scope, day: string, event: string, webhook?: string): RowPlace =>
  placed(scope, day, eventPrefix(scope, event) + (webhook === undefined ? "" : `_${webhook}`));

export const eventPartPlace = (scope: Scope, day: string, event: string, part: number): RowPlace =>
  placed(scope, day, `b_${scoped(scope)}${event}_${String(part).padStart(2, "0")}`);

export const timePrefix = (scope: Scope): string => `t_${scoped(scope)}`;

/** @param member hash of what names the member */
export const memberPrefix = (scope: Scope, member: string): string => `m_${member}_${scoped(scope)}`;

export const openPrefix = (scope: Scope): string => `o_${scoped(scope)}`;

export const failedPrefix = (scope: Scope): string => `f_${scoped(scope)}`;

export const webhookPrefix = (scope: Scope, webhook: string): string => `d_${scoped(scope)}${webhook}_`;

/** A row in the day of a delivery's creation. */
export const createdPlace = (scope: Scope, createdAt: Date, row: string): RowPlace =>
  placed(scope, dayOf(createdAt), row);

/** What an index of events ends with. */
export const eventSuffix = (createdAt: Date, event: string): string => `${inverted(createdAt)}_${event}`;

/** What an index of deliveries ends with, and a position in a list: text order is newest first. */
export const deliverySuffix = ({ createdAt, event, webhook }: DeliveryKey): string =>
  `${eventSuffix(createdAt, event)}_${webhook}`;

export const deliveryPlace = (scope: Scope, { createdAt, event, webhook }: DeliveryKey): RowPlace =>
  createdPlace(scope, createdAt, webhookPrefix(scope, webhook) + eventSuffix(createdAt, event));

export const attemptPrefix = (scope: Scope, { createdAt, event, webhook }: DeliveryKey): string =>
  `a_${scoped(scope)}${webhook}_${eventSuffix(createdAt, event)}_`;

export const attemptRow = (scope: Scope, key: DeliveryKey, number: number): string =>
  attemptPrefix(scope, key) + String(number).padStart(3, "0");

/** Where the rows of a delivery are. */
export function keyOf({ id, createdAt }: { readonly id: string; readonly createdAt: Date }): DeliveryKey {
  const { event, webhook } = knownPlace(id);
  return { createdAt, event, webhook };
}

/** @throws for an id that is not ours: a fault of the program */
function knownPlace(id: string): DeliveryPlace {
  const place = placeOf(id);
  if (!place) throw new Trouble(`${id} is not a delivery id; ids of rows are made by deliveryId().`);
  return place;
}
