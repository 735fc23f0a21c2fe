import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusSender } from "@azure/service-bus";
import { partnerControl } from "../local/partner/control.ts";
import type { PartnerControl } from "../local/partner/control.ts";
import { startStack } from "../local/stack/stack.ts";
import type { Runtime } from "../local/stack/runtime.ts";
import { ms } from "./support/side-by-side.ts";

const EVENTS_PER_SECOND = 20;
const HEALTHY = Array.from({ length: 9 }, (_, index) => `healthy-${String(index)}`);
/** A healthy delivery is in time when it arrives so soon after its event was published, in milliseconds. */
const IN_TIME = 1_000;

/**
 * Ten webhooks, 20 events a second, over the whole stack: how long after its publication an event arrives at the healthy webhooks while
 * the tenth answers, and while it hangs until each attempt's 30 s are up. Once with every event going to all ten, once with each going
 * to one of them.
 */
export async function run(): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const stack = await startStack({ ports: "free", tables: "memory", stateDir });
  try {
    const partner = partnerControl(stack.runtime.partner.control);
    for (const [name, programOf] of [
      ["every event to all ten", () => "all"],
      ["every event to one of ten", (index: number) => `one-${String(index % 10)}`],
    ] as const) {
      await compare(name, programOf, stack.runtime, partner);
    }
  } finally {
    await stack.close();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function compare(
  name: string,
  programOf: (index: number) => string,
  runtime: Runtime,
  partner: PartnerControl,
): Promise<void> {
  console.log(`${name}, ${String(EVENTS_PER_SECOND)} events a second`);
  for (const [index, receiver] of [...HEALTHY, "hung"].entries())
    await createWebhook(runtime, programOf(index), receiver);
  const bus = runtime.clients["acme"];
  if (!bus) throw new Error("There is no client acme.");
  const client = new ServiceBusClient(bus.connectionString);
  const topic = client.createSender(bus.topic);
  const phase = (seconds: number): Promise<Phase> => publishFor(seconds, programOf, topic, partner);

  // The first requests compile the code and open connections; they say nothing of either case.
  await phase(5);
  const before = await phase(20);
  await partner.receiver("hung", { faults: [{ kind: "hang" }] });
  const during = await phase(60);
  await partner.receiver("hung", {});
  const released = Date.now();
  const all = await partner.waitFor("hung", { count: during.hungWanted, deliveries: true, timeoutMs: 300_000 });
  const drainedMs = Date.now() - released;
  const after = await phase(20);
  await client.close();

  const without = [...before.latencies, ...after.latencies];
  print("the tenth answers", without, before.wanted + after.wanted);
  print("the tenth hangs", during.latencies, during.wanted);
  const ratio = percentile(during.latencies, 0.99) / percentile(without, 0.99);
  console.log(`  p99 with the hung one / without: ${ratio.toFixed(2)}`);
  const attempts = new Set(all.map(({ headers }) => headers.find(([key]) => key === "webhook-attempt")?.[1]));
  console.log(
    `  the hung one: ${String(during.hungWanted)} events, all there ${(drainedMs / 1000).toFixed(1)} s after it answers again, in attempts ${[...attempts].join(", ")}`,
  );
}

interface Phase {
  /** From publication to arrival at a healthy webhook, in milliseconds. */
  readonly latencies: readonly number[];
  readonly wanted: number;
  readonly hungWanted: number;
}

/** Publishes for so long at an even pace, waits a moment for what is under way, and reads what the healthy ones received. */
async function publishFor(
  seconds: number,
  programOf: (index: number) => string,
  topic: ServiceBusSender,
  partner: PartnerControl,
): Promise<Phase> {
  await partner.clear();
  const start = Date.now();
  const count = seconds * EVENTS_PER_SECOND;
  const toAll = programOf(0) === programOf(1);
  for (let index = 0; index < count; index += 1) {
    const dueAt = start + (index * 1000) / EVENTS_PER_SECOND;
    await pass(Math.max(0, dueAt - Date.now()));
    await topic.sendMessages({ body: Buffer.from(eventText(programOf(index))) });
  }
  await pass(2 * IN_TIME);
  const received = await Promise.all(HEALTHY.map((receiver) => partner.requests(receiver)));
  return {
    latencies: received.flat().map(({ at, body }) => Date.parse(at) - Number(body.text.split("-")[1])),
    wanted: toAll ? count * HEALTHY.length : (count * HEALTHY.length) / 10,
    hungWanted: toAll ? count : count / 10,
  };
}

let published = 0;

/** The id says when it was published. */
function eventText(program: string): string {
  const id = `evt-${String(Date.now())}-${String((published += 1))}`;
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: "/kls/bench",
    type: "com.kognitiv.loyalty.reward.issued",
    time: new Date().toISOString(),
    data: { program, environment: "uat", attributes: {} },
  });
}

async function createWebhook({ api, tokens, partner }: Runtime, program: string, receiver: string): Promise<void> {
  const response = await fetch(`${api}/api/clients/acme/programs/${program}/environments/uat/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.admin}`, "content-type": "application/json" },
    body: JSON.stringify({ name: receiver, url: `${partner.url}/in/${receiver}`, body: "{{event.id}}" }),
  });
  if (response.status !== 201) throw new Error(`A webhook was not created: ${await response.text()}`);
}

function print(what: string, latencies: readonly number[], wanted: number): void {
  const inTime = latencies.filter((latency) => latency <= IN_TIME).length;
  console.log(
    `  ${what.padEnd(18)} healthy in time ${String(inTime)} of ${String(wanted)}, p50 ${ms(percentile(latencies, 0.5))}, p99 ${ms(percentile(latencies, 0.99))}`,
  );
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
