import type { Claimed, DeliveryStore, NewDeliveries, NewDelivery } from "../../shared/core/ports/deliveries.ts";

/** A store that keeps nothing, for the cost of a delivery without its rows. Serves only deliveries that succeed at the first attempt. */
export function noRows(): DeliveryStore {
  return {
    open: (opened) => Promise.resolve(opened.deliveries.map((delivery) => claimedOf(opened, delivery))),
    record: () => Promise.resolve(true),
    claim: unexpected,
    putOff: unexpected,
    paid: unexpected,
    release: unexpected,
    get: unexpected,
    ofEvent: unexpected,
    attempts: unexpected,
    event: unexpected,
    list: unexpected,
  };
}

function unexpected(): Promise<never> {
  return Promise.reject(new Error("A delivery did not succeed at the first attempt."));
}

function claimedOf({ event, at, run }: NewDeliveries, { id, webhookId, claimedUntil }: NewDelivery): Claimed {
  return {
    kind: "claimed",
    row: {
      id,
      webhookId,
      eventId: event.id,
      eventSource: event.source,
      eventType: event.type,
      eventTime: event.time,
      state: "pending",
      createdAt: at,
      nextAttemptAt: null,
      reason: null,
      attemptCount: 0,
      lastStatus: null,
      lastDurationMs: null,
      claimedUntil,
      owed: null,
      run,
      version: "none",
      written: false,
    },
  };
}
