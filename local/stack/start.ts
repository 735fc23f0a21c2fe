/** `npm start`: the whole stack on its usual ports, until Ctrl-C or SIGTERM. */
import { join } from "node:path";
import { startStack } from "./stack.ts";
import type { Stack } from "./stack.ts";

const root = join(import.meta.dirname, "../..");
const stateDir = join(root, ".local");
const ending = new AbortController();
let stack: Stack | undefined;
let closing: Promise<void> | undefined;

function stop(): void {
  if (ending.signal.aborted) return;
  ending.abort(new Error("stopped"));
  clearInterval(watch);
  closing = stack?.close();
  void closing?.then(() => process.exit(0));
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
// The parent may be killed without a signal to this process: an orphan gets another parent.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid !== parent) stop();
}, 500);

try {
  stack = await startStack({ ports: "usual", tables: "disk", stateDir, signal: ending.signal, onLine: print });
} catch (thrown) {
  clearInterval(watch);
  if (!ending.signal.aborted) console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exit(ending.signal.aborted ? 0 : 1);
}
if (ending.signal.aborted) {
  await stack.close();
  process.exit(0);
}
welcome(stack);

/** Output of the parts, each line with the name of its part; ready lines are replaced by the welcome below. */
function print(part: string, line: string): void {
  if (!line.startsWith('{"ready":true')) console.log(`${part.padEnd(10)} ${line}`);
}

function welcome({ runtime, functionErrors, movedPorts }: Stack): void {
  const { client, program, environment } = runtime.scope;
  const buses = Object.entries(runtime.clients).map(([name, bus]) => `${name.padEnd(8)} ${bus.connectionString}`);
  console.log(
    [
      "",
      "KLS Webhooks is running.",
      `  API        ${runtime.api}/api/clients/${client}/programs/${program}/environments/${environment}/webhooks`,
      `  health     ${runtime.api}/api/health`,
      ...buses.map((line, index) => `  ${index === 0 ? "buses " : "      "}     ${line}`),
      `  tables     ${runtime.tables.replace(/AccountKey=[^;]*/, "AccountKey=…")}`,
      `  partner    ${runtime.partner.url}; see what it received at ${runtime.partner.control}`,
      `  CA         ${runtime.partner.ca} (NODE_EXTRA_CA_CERTS, curl --cacert)`,
      "  tokens     in .local/runtime.json, with everything above",
      ...movedPorts.map(
        ({ what, usual, port }) => `  PORT       ${String(usual)} is in use: ${what} is on ${String(port)} instead`,
      ),
      ...Object.entries(functionErrors).map(([name, reason]) => `  IN ERROR   function ${name}: ${reason}`),
      "Next, in another terminal: npm run publish. Ctrl-C stops the stack.",
      "",
    ].join("\n"),
  );
}
