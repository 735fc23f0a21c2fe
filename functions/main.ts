/** The register: every route, timer and queue of the app on one page. */
import { app } from "@azure/functions";
import type { ServiceBusQueueFunctionOptions } from "@azure/functions";
import { DELIVERIES_QUEUE } from "../shared/bus/bus-client.ts";
import { deliverFunctionName } from "../shared/core/scope.ts";
import { readConfig } from "../shared/platform/config.ts";
import { canaryRoute } from "./canary.ts";
import { buildApp, version } from "./container.ts";
import { credentialRoutes } from "./credentials.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { aliveRoute, readyRoute } from "./health.ts";
import { unknownPaths } from "./http/route.ts";
import type { Registration } from "./http/route.ts";
import { logOf, processLog } from "./log.ts";
import { onClientMessage } from "./on-client-message.ts";
import { receiveMessagesWhole } from "./received-message.ts";
import { watch, WATCH_SCHEDULE } from "./watch.ts";
import { webhookRoutes } from "./webhooks.ts";

function register({ name, route, methods, authLevel, handler }: Registration): void {
  app.http(name, { route, methods, authLevel, handler });
}

// First of all: when settings are wrong below, a host with one function reports the error, a host with none hides it.
let corsOrigins: ReadonlySet<string> = new Set();
register(aliveRoute(version, { logFor: logOf, corsOrigins: () => corsOrigins }));

const config = readConfig(process.env);
corsOrigins = config.corsOrigins;
const built = buildApp(config);

webhookRoutes(built.management).forEach(register);
credentialRoutes(built.management).forEach(register);
deliveryRoutes(built.management).forEach(register);
register(readyRoute(built.operations));
register(canaryRoute(built.operations));
register(unknownPaths(built.management));

app.timer("watch", { schedule: WATCH_SCHEDULE, handler: watch(built.operations) });

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
