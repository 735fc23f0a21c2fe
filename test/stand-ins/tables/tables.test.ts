import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { TableClient } from "@azure/data-tables";
import { fixLookups } from "../../../local/tables/fix-lookups.ts";
import { narrowingOf } from "../../../local/tables/fix-queries.ts";
import { startTables } from "../../../local/tables/start.ts";

const open = (connectionString: string, retryOptions = {}) =>
  TableClient.fromConnectionString(connectionString, "rows", { allowInsecureConnection: true, retryOptions });

test("tables in memory store and return rows through the unmodified SDK", async () => {
  const tables = await startTables({ port: 0 });
  const rows = open(tables.connectionString);
  await rows.createTable();
  await rows.createEntity({ partitionKey: "p", rowKey: "r", text: "kept" });
  expect(await rows.getEntity("p", "r")).toMatchObject({ text: "kept" });
  await tables.close();
});

test("one row is looked up by its row key first, so that a full partition costs no more than an empty one", () => {
  const asked: string[][] = [];
  class Collection {
    findOne(query: object): unknown {
      asked.push(Object.keys(query));
      return query;
    }
  }
  const rows = new Collection();
  fixLookups({ collections: [rows] });
  fixLookups({ collections: [rows] });
  expect(() => {
    fixLookups({ collections: [] });
  }).toThrow("look-ups");
  expect(rows.findOne({ PartitionKey: "p", RowKey: "r" })).toEqual({ PartitionKey: "p", RowKey: "r" });
  expect(new Collection().findOne({ account: "a", table: "t" })).toEqual({ account: "a", table: "t" });
  expect(asked).toEqual([
    ["RowKey", "PartitionKey"],
    ["account", "table"],
  ]);
});

test.each([
  ["PartitionKey eq 'p'", { PartitionKey: "p" }],
  [
    "PartitionKey eq 'p' and RowKey ge 'a_1' and RowKey lt 'a_1~' and x eq 5L",
    { RowKey: { $between: ["a_1", "a_1~"] } },
  ],
  ["(RowKey gt 'a') and ((RowKey le 'b') and (PartitionKey eq 'p'))", { RowKey: { $between: ["a", "b"] } }],
  ["RowKey eq 'r' and PartitionKey eq 'p'", { RowKey: { $between: ["r", "r"] } }],
  // Keys that look like numbers are ordered differently in the index, and a single bound reaches as far as those.
  ["PartitionKey eq '1' and RowKey ge '10' and RowKey lt '9'", { PartitionKey: "1" }],
  ["PartitionKey eq 'p' and RowKey ge 'a'", { PartitionKey: "p" }],
  ["PartitionKey ge 'p' and PartitionKey lt 'q'", undefined],
  ["PartitionKey eq 'p' or RowKey eq 'r'", undefined],
  ["not (PartitionKey eq 'p')", undefined],
  ["PartitionKey eq 'p' and (", undefined],
  ["true", undefined],
  ["", undefined],
])("the filter %j narrows down to %j by an index", (filter, narrowing) => {
  expect(narrowingOf(filter)).toEqual(narrowing);
});

test("a query gives the rows that match its filter, in order, page by page, whatever their keys look like", async () => {
  const tables = await startTables({ port: 0 });
  const rows = open(tables.connectionString);
  await rows.createTable();
  const keys = [
    "a_1",
    "a_10",
    "a_2",
    "a_2_x",
    "a",
    "b",
    "ab",
    "a~",
    "1a",
    "10",
    "9",
    "1e1",
    "Infinity",
    "zz",
    "ä",
    " 5",
  ];
  for (const partitionKey of ["p", "q", "1", "01"])
    await rows.submitTransaction(keys.map((rowKey) => ["create", { partitionKey, rowKey }]));
  const found = async (filter: string): Promise<string[]> => {
    const got: string[] = [];
    for await (const page of rows.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: 3 }))
      for (const { partitionKey = "", rowKey = "" } of page) got.push(`${partitionKey}/${rowKey}`);
    return got;
  };
  const sorted = keys.toSorted((one, other) => (one < other ? -1 : 1));
  const bounds = ["a", "a_1", "a_2", "a~", "b", "c", "zz", "zzz", "1", "9", "A"];
  for (const partition of ["p", "1", "none"])
    for (const lower of bounds)
      for (const upper of bounds) {
        const expected = partition === "none" ? [] : sorted.filter((key) => key >= lower && key < upper);
        expect([
          lower,
          upper,
          await found(`PartitionKey eq '${partition}' and RowKey ge '${lower}' and RowKey lt '${upper}'`),
        ]).toEqual([lower, upper, expected.map((key) => `${partition}/${key}`)]);
      }
  await tables.close();
});

test("rows with the same key in two partitions stay distinct", async () => {
  const tables = await startTables({ port: 0 });
  const rows = open(tables.connectionString);
  await rows.createTable();
  for (const partitionKey of ["p", "q"]) await rows.createEntity({ partitionKey, rowKey: "r", text: partitionKey });
  await rows.submitTransaction([["update", { partitionKey: "q", rowKey: "r", text: "changed" }, "Replace"]]);
  expect(await rows.getEntity("p", "r")).toMatchObject({ text: "p" });
  expect(await rows.getEntity("q", "r")).toMatchObject({ text: "changed" });
  await expect(rows.getEntity("o", "r")).rejects.toThrow();
  await tables.close();
});

test("a transaction accepts Unicode's line separators, and one that fails half way does not affect the next ones", async () => {
  const tables = await startTables({ port: 0 });
  const rows = open(tables.connectionString);
  await rows.createTable();
  const row = (rowKey: string, text: string) => ({ partitionKey: "p", rowKey, text });
  await rows.submitTransaction([
    ["create", row("a", "one\u2028two")],
    ["create", row("b", "\u2029")],
  ]);
  expect(await rows.getEntity("p", "a")).toMatchObject({ text: "one\u2028two" });
  expect(await rows.getEntity("p", "b")).toMatchObject({ text: "\u2029" });
  // The second operation is corrupted in transit, at the same length: Azurite throws after the first one is done.
  const lossy = open(tables.connectionString, { maxRetries: 0 });
  lossy.pipeline.addPolicy({
    name: "lossy",
    sendRequest: (request, next) => {
      if (typeof request.body === "string") request.body = request.body.replace('"lost"', '"lost,');
      return next(request);
    },
  });
  const broken = lossy.submitTransaction([
    ["update", row("a", "changed"), "Replace"],
    ["create", row("c", "lost")],
  ]);
  await expect(broken).rejects.toThrow();
  expect(await rows.getEntity("p", "a")).toMatchObject({ text: "one\u2028two" });
  await rows.submitTransaction([["update", row("a", "later"), "Replace"]]);
  expect(await rows.getEntity("p", "a")).toMatchObject({ text: "later" });
  await tables.close();
});

test("a character whose bytes arrive in two parts of a request is kept", async () => {
  const tables = await startTables({ port: 0 });
  try {
    const rows = open(tables.connectionString);
    await rows.createTable();
    // Long enough for many chunks, at every offset within a character.
    for (const before of ["", "x", "xx", "xxx"]) {
      const text = before + "😀".repeat(16_000);
      const parts = { text0: text, text1: text, text2: text };
      await rows.upsertEntity({ partitionKey: "p", rowKey: "r", ...parts }, "Replace");
      expect(await rows.getEntity("p", "r")).toMatchObject(parts);
      await rows.submitTransaction([["upsert", { partitionKey: "p", rowKey: "s", ...parts }, "Replace"]]);
      expect(await rows.getEntity("p", "s")).toMatchObject(parts);
    }
  } finally {
    await tables.close();
  }
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
  const main = join(import.meta.dirname, "../../../local/tables/main.ts");
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
