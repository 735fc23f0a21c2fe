import type { DeliveryPlace } from "../../core/deliveries/delivery-id.ts";
import { dayOf } from "../../core/deliveries/delivery-id.ts";
import type { Scope } from "../../core/scope.ts";
import { scopeKey } from "../../core/scope.ts";

/**
 * Keys of the tables `deliveriesYYYYMM`, one a month, so that a month is forgotten by dropping its table. Partition: scope and day.
 *
 * | row | what it is |
 * |---|---|
 * | `d_<key>` | the delivery itself, in the day of its event's time, so that its id locates it |
 * | `a_<key>_<nnn>` | one attempt, beside it |
 * | `t_<inverted ms>_<key>` | index of the scope, newest first, in the day of the delivery's own creation |
 * | `w_<webhook>_<inverted ms>_<key>` | the same of one webhook |
 */
export const deliveryRow = (place: DeliveryPlace): string => `d_${place.key}`;

export const attemptPrefix = (place: DeliveryPlace): string => `a_${place.key}_`;

export const attemptRow = (place: DeliveryPlace, number: number): string =>
  attemptPrefix(place) + String(number).padStart(3, "0");

export const scopeIndexPrefix = "t_";

export const webhookIndexPrefix = (webhookId: string): string => `w_${webhookId}_`;

/** What an index row's key ends with: text order is newest first. */
export const indexSuffix = (createdAt: Date, place: DeliveryPlace): string =>
  `${String(9_999_999_999_999 - createdAt.getTime()).padStart(13, "0")}_${place.key}`;

export const tableOf = (day: string): string => `deliveries${day.slice(0, 6)}`;

export const partitionOf = (scope: Scope, day: string): string => `${scopeKey(scope)}|${day}`;

/** Where the index rows of a delivery lie: usually the same partition as the row itself, and then in one transaction with it. */
export const indexDay = (createdAt: Date): string => dayOf(createdAt);
