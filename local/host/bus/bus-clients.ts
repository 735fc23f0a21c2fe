import { ServiceBusClient } from "@azure/service-bus";
import { widenSessions } from "./widen-sessions.ts";

/** One client, and so one AMQP connection, per connection string, as in the real host. */
export interface BusClients {
  get(connectionString: string): ServiceBusClient;
  close(): Promise<void>;
}

export function createBusClients(): BusClients {
  widenSessions();
  const clients = new Map<string, ServiceBusClient>();
  return {
    get: (connectionString) => {
      const known = clients.get(connectionString);
      if (known) return known;
      // With the default of 30 s between retries, functions would receive nothing for half a minute after the bus is back.
      const retryOptions = { retryDelayInMs: 500, maxRetryDelayInMs: 500 };
      const client = new ServiceBusClient(connectionString, { retryOptions });
      clients.set(connectionString, client);
      return client;
    },
    close: async () => {
      await Promise.allSettled([...clients.values()].map((client) => client.close()));
      clients.clear();
    },
  };
}
