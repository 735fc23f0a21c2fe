import { createSecretKey, randomBytes } from "node:crypto";
import type { DeliveryStore } from "../../shared/core/ports/deliveries.ts";
import { openServiceCalls } from "../../shared/outbound/service-calls.ts";
import { openDeliveryStore } from "../../shared/tables/deliveries/open-store.ts";

/** The store of deliveries as the app builds it, over the tables of a connection string. */
export function openTestStore(connectionString: string): {
  readonly store: DeliveryStore;
  readonly close: () => Promise<void>;
} {
  const { post, close } = openServiceCalls();
  const memberKey = createSecretKey(randomBytes(32));
  const store = openDeliveryStore(
    { kind: "connection-string", value: connectionString },
    {
      post,
      clock: () => new Date(),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      random: Math.random,
      memberKey: () => Promise.resolve(memberKey),
    },
  );
  return { store, close };
}
