import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TableClient } from "@azure/data-tables";
import { startTables } from "../../local/tables/start.ts";

const open = (connectionString: string) =>
  TableClient.fromConnectionString(connectionString, "rows", { allowInsecureConnection: true });

test("tables in memory take and give rows through the unmodified SDK", async () => {
  const tables = await startTables({ port: 0 });
  const rows = open(tables.connectionString);
  await rows.createTable();
  await rows.createEntity({ partitionKey: "p", rowKey: "r", text: "kept" });
  expect(await rows.getEntity("p", "r")).toMatchObject({ text: "kept" });
  await tables.close();
});

test("a taken port is replaced by a free one", async () => {
  const first = await startTables({ port: 0 });
  const second = await startTables({ port: first.port });
  expect(second.port).not.toBe(first.port);
  await Promise.all([first.close(), second.close()]);
});

test("tables on disk outlive a killed process", async () => {
  const dir = mkdtempSync(join(tmpdir(), "tables-"));
  const file = join(dir, "tables.json");
  const first = await startChild(dir);
  const rows = open(first.connectionString);
  await rows.createTable();
  await rows.createEntity({ partitionKey: "p", rowKey: "r", text: "kept" });
  await until(() => existsSync(file) && readFileSync(file, "utf8").includes("kept"));
  first.child.kill("SIGKILL");
  await once(first.child, "close");
  const second = await startChild(dir);
  expect(await open(second.connectionString).getEntity("p", "r")).toMatchObject({ text: "kept" });
  second.child.kill("SIGTERM");
  await once(second.child, "close");
  expect(second.child.exitCode).toBe(0);
  rmSync(dir, { recursive: true });
});

async function startChild(location: string): Promise<{ child: ChildProcess; connectionString: string }> {
  const main = join(import.meta.dirname, "../../local/tables/main.ts");
  const args = ["--disable-warning=ExperimentalWarning", main, "--port", "0", "--location", location];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  const said: unknown[] = await once(lines, "line");
  const ready: unknown = JSON.parse(String(said[0]));
  if (typeof ready !== "object" || ready === null || !("connectionString" in ready))
    throw new Error("No connection string.");
  return { child, connectionString: String(ready.connectionString) };
}

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((next) => setTimeout(next, 20));
}
