import type { DeliveryRow, DeliveryStore, NewDelivery } from "../../shared/core/ports/deliveries.ts";

/** A store that keeps nothing, for the cost of a delivery without its rows. Serves only deliveries that succeed at the first attempt. */
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
  return Promise.reject(new Error("A delivery did not succeed at the first attempt."));
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
