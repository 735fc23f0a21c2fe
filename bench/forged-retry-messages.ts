import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServiceBusClient } from "@azure/service-bus";
import { partnerControl } from "../local/partner/control.ts";
import type { Runtime } from "../local/stack/runtime.ts";
import { startStack } from "../local/stack/stack.ts";
import { ms } from "./support/side-by-side.ts";

const ROUNDS = 15;
/** The first rounds compile the code and open connections; they do not count. */
const WARM_UP = 3;
const FORGED = 200;

/**
 * How long after its publication an event arrives, over the whole stack: alone, and right behind two hundred forged retry messages, each of which
 * names another key. In turn, round by round.
 */
export async function run(): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const stack = await startStack({ ports: "free", tables: "memory", stateDir });
  try {
    await measure(stack.runtime);
  } finally {
    await stack.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function measure({ api, tokens, partner, clients }: Runtime): Promise<void> {
  const response = await fetch(`${api}/api/clients/acme/programs/forged/environments/uat/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ name: "Good", url: `${partner.url}/in/good`, body: "{{event.id}}" }),
  });
  if (response.status !== 201) throw new Error(`A webhook was not created: ${await response.text()}`);
  const bus = clients["acme"];
  if (!bus) throw new Error("There is no client acme.");
  const client = new ServiceBusClient(bus.connectionString);
  const topic = client.createSender(bus.topic);
  const control = partnerControl(partner.control);
  let published = 0;
  const arrivalMs = async (): Promise<number> => {
    const at = Date.now();
    await topic.sendMessages({ body: Buffer.from(message("com.kognitiv.loyalty.reward.issued", (published += 1))) });
    const all = await control.waitFor("good", { count: published, timeoutMs: 60_000 });
    return Date.parse(all.at(-1)?.at ?? "") - at;
  };
  const alone: number[] = [];
  const behind: number[] = [];
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    const without = await arrivalMs();
    const forged = Array.from({ length: FORGED }, (_, index) => {
      const mac = `v1.k${String(index + 2).padStart(4, "0")}.${"A".repeat(43)}`;
      return { body: Buffer.from(`{"mac":"${mac}",${message("com.kognitiv.webhooks.delivery.due", index).slice(1)}`) };
    });
    await topic.sendMessages(forged);
    const among = await arrivalMs();
    if (round >= 0) alone.push(without);
    if (round >= 0) behind.push(among);
  }
  await client.close();
  print("alone", alone);
  print(`behind ${String(FORGED)} forged`, behind);
  console.log(`  the forged ones delay it by ${ms(middle(behind) - middle(alone))} (median)`);
}

function message(type: string, number: number): string {
  const data = { program: "forged", environment: "uat", attributes: {} };
  const time = new Date().toISOString();
  return JSON.stringify({ specversion: "1.0", id: `evt-${String(number)}`, source: "/kls/bench", type, time, data });
}

function print(what: string, taken: readonly number[]): void {
  console.log(`  ${what.padEnd(18)} median ${ms(middle(taken))}, longest ${ms(Math.max(...taken))}`);
}

function middle(taken: readonly number[]): number {
  return taken.toSorted((one, other) => one - other)[Math.floor(taken.length / 2)] ?? Number.NaN;
}
