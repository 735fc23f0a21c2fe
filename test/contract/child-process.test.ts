import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ServiceBusClient } from "@azure/service-bus";
import { z } from "zod";
import { contractConfig, takeOnce } from "./harness.ts";

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

async function start(port: number): Promise<Child> {
  const file = join(folder, `config-${String(port)}.json`);
  await writeFile(file, contractConfig({ Port: port }));
  const main = `${import.meta.dirname}/../../local/service-bus/main.ts`;
  const child = spawn(process.execPath, [main, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  const line: unknown = (await once(createInterface(child.stdout), "line"))[0];
  return { process: child, address: ready.parse(JSON.parse(String(line))).namespaces.contract };
}

async function end(child: ChildProcess): Promise<unknown> {
  child.kill("SIGTERM");
  return (await once(child, "exit"))[0];
}

test("the process tells where it listens, takes a free port for a taken one, and ends cleanly on SIGTERM", async () => {
  const first = await start(0);
  const second = await start(first.address.port);
  expect(first.address.connectionString).toContain(`sb://localhost:${String(first.address.port)};`);
  expect(second.address.port).not.toBe(first.address.port);
  expect(await end(first.process)).toBe(0);
  expect(await end(second.process)).toBe(0);
});

test("after a restart on its port the same clients go on", async () => {
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
