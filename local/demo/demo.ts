/**
 * `npm run demo`: starts the whole product on free ports, sets up webhooks for two clients, publishes events and shows every request that
 * the third party received. Exits with 0 only if each is exactly as promised and arrived once.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { partnerControl } from "../partner/control.ts";
import { startStack } from "../stack/stack.ts";
import type { Stack } from "../stack/stack.ts";
import { api } from "./api.ts";
import { showResult, showSummary } from "./print.ts";
import { publish, results, setUp } from "./run.ts";
import type { Places } from "./run.ts";
import { EVENTS } from "./scenario-events.ts";
import { CREDENTIALS, WEBHOOKS } from "./scenario-setup.ts";

const begun = Date.now();
const stateDir = mkdtempSync(join(tmpdir(), "kls-webhooks-demo-"));
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    ending.abort(new Error("The demo was stopped."));
  });

process.exitCode = await demo();

/** Returns the exit code. Leaves nothing behind, whatever happens. */
async function demo(): Promise<number> {
  let stack: Stack | undefined;
  try {
    console.log("Starting buses, tables, host and third party …");
    stack = await startStack({ ports: "free", tables: "memory", stateDir, signal: ending.signal });
    const code = await Promise.race([show(placesOf(stack)), stopped(ending.signal)]);
    if (code !== 0) printLogs(stack);
    return code;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    if (stack !== undefined && !ending.signal.aborted) printLogs(stack);
    return 1;
  } finally {
    await stack?.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function show(places: Places): Promise<number> {
  const webhooks = await setUp(places);
  console.log(
    `Created ${String(CREDENTIALS.length)} credentials and ${String(WEBHOOKS.length)} webhooks for two clients.`,
  );
  await publish(places, new Date());
  console.log(`Published ${String(EVENTS.length)} events. Waiting for deliveries; one receiver answers 503 twice …\n`);
  const all = await results(places, webhooks);
  for (const result of all) console.log(showResult(result));
  console.log(showSummary(all, (Date.now() - begun) / 1000));
  return all.every(({ differences }) => differences.length === 0) ? 0 : 1;
}

function placesOf({ runtime }: Stack): Places {
  const { acme, globex } = runtime.clients;
  if (acme === undefined || globex === undefined) throw new Error("The stack has no buses for acme and globex.");
  return {
    api: api(runtime.api, runtime.tokens.admin),
    control: partnerControl(runtime.partner.control),
    partner: runtime.partner.url,
    buses: { acme, globex },
  };
}

function stopped(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(new Error("The demo was stopped."));
    });
  });
}

function printLogs(stack: Stack): void {
  console.error(`\nLast lines of the host:\n${stack.logs("host").split("\n").slice(-30).join("\n")}`);
}
