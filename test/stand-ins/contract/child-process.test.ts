import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ServiceBusClient } from "@azure/service-bus";
import * as z from "zod";
import { contractConfig, takeAll, takeOnce } from "./harness.ts";

const ready = z.object({
  ready: z.literal(true),
  namespaces: z.object({ contract: z.object({ port: z.number(), connectionString: z.string() }) }),
});

interface Child {
  readonly process: ChildProcess;
  readonly address: z.infer<typeof ready>["namespaces"]["contract"];
}

let folder: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "service-bus-"));
});
afterAll(async () => {
  for (const child of started) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

async function start(port: number, ...more: string[]): Promise<Child> {
  const file = join(folder, `config-${String(port)}.json`);
  await writeFile(file, contractConfig({ Port: port }));
  const main = `${import.meta.dirname}/../../../local/service-bus/main.ts`;
  const child = spawn(process.execPath, [main, "--config", file, ...more], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const line: unknown = (await once(createInterface(child.stdout), "line"))[0];
  return { process: child, address: ready.parse(JSON.parse(String(line))).namespaces.contract };
}

async function end(child: ChildProcess): Promise<unknown> {
  child.kill("SIGTERM");
  return (await once(child, "exit"))[0];
}

test("the process reports where it listens, replaces a taken port by a free one, and ends cleanly on SIGTERM", async () => {
  const first = await start(0);
  const second = await start(first.address.port);
  expect(first.address.connectionString).toContain(`sb://localhost:${String(first.address.port)};`);
  expect(second.address.port).not.toBe(first.address.port);
  expect(await end(first.process)).toBe(0);
  expect(await end(second.process)).toBe(0);
});

test("after a restart on its port the same clients continue", async () => {
  const first = await start(0);
  const client = new ServiceBusClient(first.address.connectionString, { retryOptions: { retryDelayInMs: 100 } });
  const sender = client.createSender("contract-plain");
  const got: unknown[] = [];
  let heard: () => void = () => undefined;
  const subscribed = client.createReceiver("contract-plain", { receiveMode: "receiveAndDelete" }).subscribe({
    processMessage: ({ body }) => {
      got.push(body);
      heard();
      return Promise.resolve();
    },
    processError: () => Promise.resolve(),
  });
  const next = async (body: string): Promise<void> => {
    const arrived = new Promise<void>((resolve) => {
      heard = resolve;
    });
    await sender.sendMessages({ body });
    await arrived;
  };
  await next("before");
  await end(first.process);
  const second = await start(first.address.port);
  expect(second.address.port).toBe(first.address.port);
  await next("after");
  expect(got).toEqual(["before", "after"]);
  await subscribed.close();
  await sender.sendMessages({ body: "left" });
  expect((await takeOnce(client, "contract-plain")).body).toBe("left");
  await client.close();
  expect(await end(second.process)).toBe(0);
});

/** Kills the process, as a crash would. */
async function crash(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await once(child, "exit");
}

test("what was acknowledged survives a kill of the process: waiting, scheduled, deferred and dead-lettered messages, but no settled one", async () => {
  const state = ["--state", join(folder, "state")];
  const first = await start(0, ...state);
  const plain = "contract-plain";
  const before = new ServiceBusClient(first.address.connectionString, { retryOptions: { maxRetries: 0 } });
  const sender = before.createSender(plain);
  const body = { points: "0.10", text: "ü🎁" };
  await sender.sendMessages(["done", "deferred", "dead"].map((messageId) => ({ messageId, body })));
  const receiver = before.createReceiver(plain);
  const [done, deferred, dead] = await takeAll(receiver, 3);
  if (!done || !deferred || !dead) throw new Error("Three messages were sent.");
  await receiver.completeMessage(done);
  await receiver.deferMessage(deferred);
  await receiver.deadLetterMessage(dead, { deadLetterReason: "tried", deadLetterErrorDescription: "by a test" });
  const inAnHour = new Date(Date.now() + 3_600_000);
  const [scheduled] = await sender.scheduleMessages([{ messageId: "scheduled", body }], inAnHour);
  const applicationProperties = { kind: "kept", size: 3 };
  await sender.sendMessages([
    { messageId: "waiting", body, applicationProperties },
    { messageId: "locked", body },
  ]);
  await before.createSender("contract-topic").sendMessages({ body: "for all", messageId: "topic" });
  await before.close();
  await crash(first.process);

  const second = await start(first.address.port, ...state);
  const after = new ServiceBusClient(second.address.connectionString);
  const again = after.createReceiver(plain);
  const there = await again.peekMessages(10);
  expect(there.map(({ messageId, state: found }) => [messageId, found])).toEqual([
    ["deferred", "deferred"],
    ["scheduled", "scheduled"],
    ["waiting", "active"],
    ["locked", "active"],
  ]);
  expect(there[2]).toMatchObject({ body, applicationProperties, deliveryCount: 0 });
  const [held] = await again.receiveDeferredMessages(deferred.sequenceNumber ?? []);
  expect(held?.body).toEqual(body);
  const deadLetters = await takeOnce(after, plain, { subQueueType: "deadLetter" });
  expect(deadLetters).toMatchObject({ messageId: "dead", deadLetterReason: "tried", body });
  expect((await takeOnce(after, "contract-topic/Subscriptions/all")).body).toBe("for all");
  // Numbers continue where they ended, and a scheduled message can still be canceled by its number.
  const later = after.createSender(plain);
  await later.cancelScheduledMessages(scheduled ?? []);
  await later.sendMessages({ messageId: "new", body });
  const { sequenceNumber: fromSequenceNumber } = deferred;
  const now = await again.peekMessages(10, fromSequenceNumber === undefined ? {} : { fromSequenceNumber });
  expect(now.map(({ messageId }) => messageId)).toEqual(["deferred", "waiting", "locked", "new"]);
  expect(now[3]?.sequenceNumber?.greaterThan(now[2]?.sequenceNumber ?? 0)).toBe(true);
  await after.close();
  expect(await end(second.process)).toBe(0);
});
