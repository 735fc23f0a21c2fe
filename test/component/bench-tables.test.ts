/** The table stub of the benches answers the SDK as the service does, as far as the product asks; else the benches would measure something else. */
import { RestError, TableClient } from "@azure/data-tables";
import type { TransactionAction } from "@azure/data-tables";
import { openSurroundings } from "../../bench/support/surroundings.ts";
import type { Surroundings } from "../../bench/support/surroundings.ts";

let surroundings: Surroundings;
let table: TableClient;

beforeAll(async () => {
  surroundings = await openSurroundings();
  // A refusal must come at once: what the SDK would try again is an answer that the stub does not give.
  const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
  table = TableClient.fromConnectionString(surroundings.tables.connectionString, "rows", options);
});

beforeEach(async () => {
  await surroundings.tables.reset();
  await table.createTable();
});

afterAll(() => surroundings.close());

const row = (rowKey: string, more: object = {}) => ({ partitionKey: "a|b", rowKey, ...more });

async function refusal(asked: Promise<unknown>): Promise<string> {
  try {
    await asked;
  } catch (error) {
    if (error instanceof RestError) return `${String(error.statusCode)} ${error.code ?? error.message}`;
    throw error;
  }
  throw new Error("It was not refused.");
}

it("writes a transaction whole, with an ETag for each row, and gives rows back as they were", async () => {
  const values = { text: 'ü "quoted" \u2028', number: 1, long: 12345678901234567890n % 2n ** 62n, flag: true };
  const { subResponses } = await table.submitTransaction([
    ["create", row("r'1", values)],
    ["upsert", row("r2", { text: "two" }), "Replace"],
  ]);
  expect(new Set(subResponses.map(({ etag }) => etag)).size).toBe(2);
  expect(await table.getEntity("a|b", "r'1")).toMatchObject({ ...values, etag: subResponses[0]?.etag });
});

it("merges, replaces and deletes on condition", async () => {
  const created = await table.createEntity(row("r1", { kept: 1, changed: 1 }));
  await table.submitTransaction([["update", row("r1", { changed: 2 }), "Merge", { etag: created.etag ?? "" }]]);
  expect(await table.getEntity("a|b", "r1")).toMatchObject({ kept: 1, changed: 2 });
  const stale: TransactionAction = ["update", row("r1", { changed: 3 }), "Merge", { etag: created.etag ?? "" }];
  expect(await refusal(table.submitTransaction([stale]))).toBe("412 UpdateConditionNotSatisfied");
  await table.submitTransaction([["delete", row("r1")]]);
  expect(await refusal(table.getEntity("a|b", "r1"))).toMatch(/^404 .*ResourceNotFound/);
});

it("writes nothing of a transaction of which one row is refused", async () => {
  await table.createEntity(row("r1"));
  const refused = table.submitTransaction([
    ["create", row("r0")],
    ["create", row("r1")],
  ]);
  expect(await refusal(refused)).toBe("409 EntityAlreadyExists");
  expect(await refusal(table.getEntity("a|b", "r0"))).toMatch(/^404/);
});

it("refuses what the service refuses: a table that is not there, a row twice, more than 100 rows", async () => {
  const twice = table.submitTransaction([
    ["upsert", row("r1"), "Merge"],
    ["upsert", row("r1"), "Merge"],
  ]);
  expect(await refusal(twice)).toBe("400 InvalidDuplicateRow");
  const many = Array.from({ length: 101 }, (_, index): TransactionAction => ["create", row(String(index))]);
  expect(await refusal(table.submitTransaction(many))).toBe("400 InvalidInput");
  await surroundings.tables.reset();
  expect(await refusal(table.submitTransaction([["create", row("r1")]]))).toBe("404 TableNotFound");
});

it("lists a range of keys in their order, page by page", async () => {
  for (const key of ["b3", "a9", "b1", "c0", "b2"]) await table.createEntity(row(key));
  const queryOptions = { filter: "PartitionKey eq 'a|b' and RowKey gt 'b' and RowKey lt 'b~'" };
  const pages: (string | undefined)[][] = [];
  for await (const page of table.listEntities({ queryOptions }).byPage({ maxPageSize: 2 }))
    pages.push(page.map(({ rowKey }) => rowKey));
  expect(pages).toEqual([["b1", "b2"], ["b3"]]);
});

it("gives the properties that are asked for, with their types", async () => {
  await table.createEntity({ ...row("s1"), kept: 2 ** 40, left: "out" });
  const found = await table.getEntity("a|b", "s1", { queryOptions: { select: ["RowKey", "kept"] } });
  expect(found).toMatchObject({ rowKey: "s1", kept: 2 ** 40 });
  expect(found).not.toHaveProperty("left");
  expect(found).not.toHaveProperty("partitionKey");
});

it("counts what it is asked", async () => {
  await table.submitTransaction([
    ["create", row("r1")],
    ["create", row("r2")],
  ]);
  await table.getEntity("a|b", "r1");
  expect((await surroundings.tables.usage()).counts).toMatchObject({ batches: 1, rows: 2, gets: 1, queries: 0 });
});
