import type { ServiceBusClient, TokenCredential } from "@azure/service-bus";

/** How to reach one client's bus. */
export type BusConnection =
  | { readonly kind: "connection-string"; readonly value: string }
  | { readonly kind: "identity"; readonly namespace: string };

/** One client's queue of deliveries. It connects on first use and stays connected. */
export interface BusQueue {
  readonly queue: string;
  readonly client: () => Promise<ServiceBusClient>;
  /** Closes the connection, if there is one. */
  readonly close: () => Promise<void>;
}

/** Name of the queue that a client's events and retry messages are delivered from. */
export const DELIVERIES_QUEUE = "deliveries";

/**
 * The queue of deliveries behind `connection`; `identity` signs in where that has no connection string. The SDK is loaded on first use: most
 * starts of the app do not need it.
 */
export function openBusQueue(connection: BusConnection, identity: TokenCredential): BusQueue {
  let opened: Promise<ServiceBusClient> | undefined;
  return {
    queue: DELIVERIES_QUEUE,
    client: () => (opened ??= connect(connection, identity)),
    close: async () => {
      const client = await opened;
      await client?.close();
    },
  };
}

async function connect(connection: BusConnection, identity: TokenCredential): Promise<ServiceBusClient> {
  const { ServiceBusClient } = await import("./service-bus-client.ts");
  // A function holds its message's lock while we wait here: two short tries, then the message goes back to the bus.
  const options = { retryOptions: { maxRetries: 1, retryDelayInMs: 500, timeoutInMs: 10_000 } };
  return connection.kind === "connection-string"
    ? new ServiceBusClient(connection.value, options)
    : new ServiceBusClient(connection.namespace, identity, options);
}
