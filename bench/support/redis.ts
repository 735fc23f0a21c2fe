import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import type { Peer } from "./peer.ts";

/** What the BullMQ cell lacks on this machine, in words; undefined when it can run. */
export function missingForBullmq(root: string): string | undefined {
  if (spawnSync("redis-server", ["--version"]).status !== 0) return "there is no redis-server on PATH";
  if (!existsSync(join(root, "bench/bullmq/node_modules/bullmq")))
    return "its packages are not installed: npm install --prefix bench/bullmq";
  return undefined;
}

/** A Redis in memory, without persistence, on a free port. */
export async function startRedis(): Promise<Peer> {
  const port = await freePort();
  const options = [
    "--port",
    String(port),
    "--save",
    "",
    "--appendonly",
    "no",
    "--bind",
    "127.0.0.1",
    "--loglevel",
    "warning",
  ];
  const child = spawn("redis-server", options, { stdio: "ignore" });
  // It does not notice that its parent has exited.
  process.once("exit", () => child.kill());
  // Clients reconnect if this is too short.
  await pass(500);
  return {
    port,
    connectionString: "",
    usage: () => Promise.resolve({ cpuMs: cpuMs(child.pid), counts: {} }),
    reset: () => Promise.resolve(),
    close: async () => {
      const ended = once(child, "exit");
      child.kill();
      await ended;
    },
  };
}

/** From /proc, in ticks of 10 ms. Elsewhere 0, and its work counts as foreign. */
function cpuMs(pid: number | undefined): number {
  const stat = `/proc/${String(pid)}/stat`;
  if (!existsSync(stat)) return 0;
  const fields = readFileSync(stat, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}
