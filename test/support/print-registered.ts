/**
 * Loads a bundle as the Functions worker does and prints, in the very same turn, what it has registered: `[{ name, type, route, methods }]`.
 * What registers later finds the registry locked, throws, and ends this process with 1.
 */
import { createRequire } from "node:module";
import { createCoreApi, createRegistry, offerCoreModule } from "../../local/host/worker/core-api.ts";

const registry = createRegistry();
offerCoreModule(createCoreApi(registry));
createRequire(import.meta.url)(process.argv[2] ?? "");
registry.locked = true;
console.log(
  JSON.stringify(
    [...registry.functions].map(([name, { metadata }]) => {
      const [trigger] = Object.values(metadata.bindings).filter(({ type }) => type.endsWith("Trigger"));
      return { name, type: trigger?.type, route: trigger?.["route"], methods: trigger?.["methods"] };
    }),
  ),
);
