import type { DeliveryRow, DeliveryStore, NewDelivery } from "../../shared/core/ports/deliveries.ts";

/** A store that keeps nothing: what a delivery costs without its rows. Only deliveries that succeed at once ever ask it. */
export function noRows(): DeliveryStore {
  return {
    open: (delivery) => Promise.resolve({ kind: "claimed", row: rowOf(delivery) }),
    record: () => Promise.resolve(true),
    claim: unexpected,
    putOff: unexpected,
    paid: unexpected,
    release: unexpected,
    get: unexpected,
    ofEvent: unexpected,
    attempts: unexpected,
    list: unexpected,
  };
}

function unexpected(): Promise<never> {
  return Promise.reject(new Error("A delivery of the bench did not succeed at once."));
}

function rowOf({ id, webhookId, event, at, claimedUntil, run }: NewDelivery): DeliveryRow {
  return {
    id,
    webhookId,
    eventId: event.id,
    eventSource: event.source,
    eventType: event.type,
    state: "pending",
    createdAt: at,
    nextAttemptAt: null,
    reason: null,
    attemptCount: 0,
    claimedUntil,
    owed: null,
    run,
    version: "none",
  };
}
