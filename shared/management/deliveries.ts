import type { AttemptAnswer, DeliveryAnswer, DeliveryItem, DeliveryListQuery } from "../contract/delivery.ts";
import type { Attempt, Delivery } from "../core/deliveries/delivery.ts";
import type { DeliveryStore } from "../core/ports/deliveries.ts";
import type { Page } from "../core/ports/pages.ts";
import type { Scope } from "../core/scope.ts";
import type { Clock } from "../lib/clock.ts";
import { notFound } from "../lib/errors.ts";
import type { Resource } from "./resource.ts";

/** What the stories of deliveries need. */
export interface DeliveryViewDeps {
  readonly deliveries: Pick<DeliveryStore, "get" | "attempts" | "event" | "list">;
  readonly clock: Clock;
}

/**
 * Deliveries of a scope, newest first. The work for a page is bounded: it may hold fewer than asked, or none, and still have a `next`.
 * @throws AppError `malformed-request` for a bad cursor
 */
export async function listDeliveries(
  scope: Scope,
  query: DeliveryListQuery,
  deps: DeliveryViewDeps,
): Promise<Page<DeliveryItem>> {
  const { limit, cursor, state: states, eventType: eventTypes, fault: faults, ...filter } = query;
  const narrowed = { ...filter, states, eventTypes, faults };
  const { items, next } = await deps.deliveries.list(scope, narrowed, { limit, cursor: cursor ?? null }, deps.clock());
  return { items: items.map(listed), next };
}

/** One delivery with its attempts and its event. @throws AppError `not-found` */
export async function readDelivery(
  scope: Scope,
  id: string,
  deps: DeliveryViewDeps,
): Promise<Resource<DeliveryAnswer>> {
  const row = await deps.deliveries.get(scope, id);
  if (!row) throw notFound();
  // Read second: an attempt recorded in between is shown, and none is ever missing that the row counts.
  const [attempts, event] = await Promise.all([deps.deliveries.attempts(scope, id), deps.deliveries.event(scope, id)]);
  const body = { ...common(row), attempts: attempts.map(attemptAnswer), event: event ?? null };
  return { body, version: row.version };
}

function listed(delivery: Delivery): DeliveryItem {
  const { attemptCount, lastStatus, lastDurationMs } = delivery;
  return { ...common(delivery), attemptCount, lastStatus, lastDurationMs };
}

function common(delivery: Delivery): Omit<DeliveryItem, "attemptCount" | "lastStatus" | "lastDurationMs"> {
  const { id, webhookId, eventId, eventType, eventTime, state, createdAt, nextAttemptAt, reason } = delivery;
  return {
    id,
    webhookId,
    eventId,
    eventType,
    eventTime: eventTime.toISOString(),
    state,
    createdAt: createdAt.toISOString(),
    nextAttemptAt: nextAttemptAt?.toISOString() ?? null,
    reason,
  };
}

/** Field by field: what is stored may grow, the contract does not grow by accident. */
function attemptAnswer(attempt: Attempt): AttemptAnswer {
  const { number, trigger, startedAt, durationMs, outcome, mayBeRepeat, fault, request, response, timings } = attempt;
  return {
    number,
    trigger,
    startedAt: startedAt.toISOString(),
    durationMs,
    outcome,
    mayBeRepeat,
    ...(fault && { fault }),
    ...(request && { request }),
    ...(response && { response }),
    timings,
  };
}
