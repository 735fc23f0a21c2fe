/**
 * Local Functions host: `node local/host/main.ts [--port N] [--app DIR] [--bundle FILE]`. Runs the HTTP, Service Bus and timer
 * functions of a built app as Azure does, pitfalls included. Prints one JSON line when it is ready.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { runHost } from "./run-host.ts";
import { describe, errorLine } from "./log.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "7071" },
    app: { type: "string", default: "." },
    bundle: { type: "string" },
  },
});

// Node's default, made explicit because apps depend on it: the real worker exits, and messages in progress are redelivered.
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (thrown: unknown) => {
    errorLine(`Worker ${event}: ${describe(thrown)}`);
    process.exit(1);
  });
}

const host = await runHost({ port: Number(values.port), appDir: resolve(values.app), bundle: values.bundle });
process.stdout.write(
  `${JSON.stringify({ ready: true, url: host.url, functions: host.functions, errors: host.errors })}\n`,
);

let stopping = false;
for (const signal of ["SIGTERM", "SIGINT"]) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    host.stop().then(
      () => process.exit(0),
      (thrown: unknown) => {
        errorLine(`Shutdown failed: ${describe(thrown)}`);
        process.exit(1);
      },
    );
  });
}
