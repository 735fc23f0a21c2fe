import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { parseConfig } from "./config.ts";
import { startServiceBus } from "./service-bus.ts";

/**
 * `node local/service-bus/main.ts --config FILE`: prints one JSON line with the addresses once all namespaces listen; SIGTERM or SIGINT ends it.
 */
const { values } = parseArgs({
  options: { config: { type: "string", default: `${import.meta.dirname}/config.json` } },
});
const bus = await startServiceBus(parseConfig(readFileSync(values.config, "utf8")));

for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    void bus.close().finally(() => process.exit(0));
  });

process.stdout.write(`${JSON.stringify({ ready: true, namespaces: bus.namespaces })}\n`);
