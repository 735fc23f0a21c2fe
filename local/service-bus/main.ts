import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { azureConfig } from "./config/azure-config.ts";
import { parseConfig } from "./config/config.ts";
import { startServiceBus } from "./service-bus.ts";

/**
 * `node local/service-bus/main.ts [--config FILE] [--state DIR]`: without a file, the buses of the development stack, as on Azure; with a
 * folder, messages outlive the process. Prints one JSON line with the addresses once all namespaces listen. Ends on SIGTERM and SIGINT.
 */
const { values } = parseArgs({
  options: { config: { type: "string" }, state: { type: "string" } },
});
const bus = await startServiceBus(
  parseConfig(values.config === undefined ? azureConfig() : readFileSync(values.config, "utf8")),
  values.state === undefined ? {} : { stateDir: values.state },
);

for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    void bus.close().finally(() => process.exit(0));
  });

process.stdout.write(`${JSON.stringify({ ready: true, namespaces: bus.namespaces })}\n`);
