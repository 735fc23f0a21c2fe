import { once } from "node:events";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { parseConfig } from "../../../local/service-bus/config/config.ts";
import { startServiceBus } from "../../../local/service-bus/service-bus.ts";
import type { ServiceBus } from "../../../local/service-bus/service-bus.ts";
import { openBusQueue } from "../../../shared/bus/bus-client.ts";
import type { BusQueue } from "../../../shared/bus/bus-client.ts";

/** One client's bus, broker and connection, with the entities that every client has. */
export interface ClientBus {
  readonly broker: ServiceBus;
  readonly port: number;
  readonly connectionString: string;
  readonly queue: BusQueue;
  close(): Promise<void>;
}

/** The namespace's name within its own broker. */
export const NAMESPACE = "bus";

/** Starts a broker on `port`, or on any that is free. */
export async function startClientBus(port = 0): Promise<ClientBus> {
  const forwarding = { Name: "webhooks", Properties: { ForwardTo: "deliveries" } };
  const namespace = {
    Name: NAMESPACE,
    Queues: [{ Name: "deliveries", Properties: { LockDuration: "PT30S", RequiresDuplicateDetection: true } }],
    Topics: [
      { Name: "events", Properties: { RequiresDuplicateDetection: true }, Subscriptions: [forwarding] },
      { Name: "other", Subscriptions: [{ Name: "kept" }] },
    ],
  };
  const config = { UserConfig: { Namespaces: [namespace] }, Listeners: { [NAMESPACE]: { Port: port } } };
  const broker = await startServiceBus(parseConfig(JSON.stringify(config)));
  const { connectionString = "", port: taken = 0 } = broker.namespaces[NAMESPACE] ?? {};
  const queue = openQueue(connectionString);
  return {
    broker,
    port: taken,
    connectionString,
    queue,
    close: async () => {
      await queue.close();
      await broker.close();
    },
  };
}

/** The queue of deliveries by connection string. */
export function openQueue(connectionString: string): BusQueue {
  const noIdentity = { getToken: () => Promise.reject(new Error("no identity in this test")) };
  return openBusQueue({ kind: "connection-string", value: connectionString }, noIdentity);
}

/** Takes connections and never says a word. */
export async function startMutePort(): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
  server.listen(0, "localhost");
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}
