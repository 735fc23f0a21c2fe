/** Registers everything: the routes (routes.ts), the timer, and a queue for each client. */
import { app } from "@azure/functions";
import type { ServiceBusQueueFunctionOptions } from "@azure/functions";
import { DELIVERIES_QUEUE } from "../shared/bus/bus-client.ts";
import { deliverFunctionName } from "../shared/core/scope.ts";
import { readConfig } from "../shared/platform/config.ts";
import { buildApp } from "./container.ts";
import { openRegistrations, registrations } from "./http/resource.ts";
import type { Registration } from "./http/respond.ts";
import { logOf, processLog } from "./log.ts";
import { onClientMessage } from "./on-client-message.ts";
import { receiveMessagesWhole } from "./received-message.ts";
import { ROUTES } from "./routes.ts";
import { watch, WATCH_SCHEDULE } from "./watch.ts";

function register({ name, route, methods, authLevel, handler }: Registration): void {
  app.http(name, { route, methods, authLevel, handler });
}

// First of all: if a setting below is wrong, a host with one function reports the error, a host with none hides it.
let corsOrigins: ReadonlySet<string> = new Set();
openRegistrations(ROUTES, { logFor: logOf, corsOrigins: () => corsOrigins }).forEach(register);

const config = readConfig(process.env);
corsOrigins = config.corsOrigins;
const built = buildApp(config);

registrations(ROUTES, built.api).forEach(register);

app.timer("watch", { schedule: WATCH_SCHEDULE, handler: watch(built.api) });

receiveMessagesWhole();
for (const fault of config.clientFaults) processLog("error", "client.misconfigured", { fault });
for (const bus of config.clients) {
  const queue: ServiceBusQueueFunctionOptions & { dataType: "binary" } = {
    connection: bus.setting,
    queueName: DELIVERIES_QUEUE,
    // The whole message, so that we can say what a body is that has no bytes.
    sdkBinding: true,
    // For a host that does not know that: text would go through JSON.parse and lose digits. The library's types do not have this option.
    dataType: "binary",
    handler: onClientMessage(bus.client, built.delivery(bus)),
  };
  app.serviceBusQueue(deliverFunctionName(bus.client), queue);
}
