import { RestError } from "@azure/data-tables";
import type { TableEntity, TransactionAction } from "@azure/data-tables";
import { entityBytes, MAX_ENTITY_BYTES } from "../../../shared/tables/entity-size.ts";
import { openContractTables, refusal } from "./tables-harness.ts";
import type { ContractTables } from "./tables-harness.ts";

let tables: ContractTables;

beforeAll(async () => {
  tables = await openContractTables();
});

afterAll(() => tables.close());

const TOO_LARGE_VALUE =
  "PropertyValueTooLarge: The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is UTF-16 encoded and the maximum number of characters should be 32K or less.";
const TOO_LARGE_ENTITY = "EntityTooLarge: The entity is larger than the maximum allowed size (1MB).";
const TOO_MANY =
  "TooManyProperties: The entity contains more properties than allowed. Each entity can include up to 252 properties to store data. Each entity also has 3 system properties.";
const TOO_LONG_NAME = "PropertyNameTooLong: The property name exceeds the maximum allowed length (255).";
const BAD_NAME = "PropertyNameInvalid: The property name is invalid.";
const BAD_INPUT = "InvalidInput: One of the request inputs is not valid.";

let count = 0;
/** A row with a key of its own. */
const row = (more: object = {}): TableEntity => ({ partitionKey: "p", rowKey: `r${String((count += 1))}`, ...more });
const texts = (howMany: number, text: string): object =>
  Object.fromEntries(Array.from({ length: howMany }, (_, index) => [`t${String(index)}`, text]));
/** A row of this many bytes by our calculation, an even number. */
const rowOf = (bytes: number): TableEntity => {
  const most = row(texts(15, "x".repeat(32_768)));
  const rest = (bytes - entityBytes(Object.assign({ last: "" }, most))) / 2;
  return { ...most, last: "y".repeat(rest) };
};

/** What is exactly within each limit, and what is one beyond. */
const limits: readonly (readonly [what: string, within: () => object, beyond: () => object, refused: string])[] = [
  ["a text", () => ({ t: "x".repeat(32_768) }), () => ({ t: "x".repeat(32_769) }), TOO_LARGE_VALUE],
  ["a text of pairs", () => ({ t: "😀".repeat(16_384) }), () => ({ t: "😀".repeat(16_384) + "x" }), TOO_LARGE_VALUE],
  [
    "a text of escapes",
    () => ({ t: "\u0001".repeat(32_768) }),
    () => ({ t: "\u0001".repeat(32_769) }),
    TOO_LARGE_VALUE,
  ],
  ["bytes", () => ({ b: new Uint8Array(65_536) }), () => ({ b: new Uint8Array(65_537) }), TOO_LARGE_VALUE],
  ["properties", () => texts(252, ""), () => texts(253, ""), TOO_MANY],
  ["a name", () => ({ ["n".repeat(255)]: 1 }), () => ({ ["n".repeat(256)]: 1 }), TOO_LONG_NAME],
  [
    "a time",
    () => ({ at: new Date(Date.UTC(1601, 0, 1)) }),
    () => ({ at: new Date(Date.UTC(1600, 11, 31, 23, 59, 59)) }),
    "OutOfRangeInput: The 'at' parameter of value '12/31/1600 23:59:59' is out of range.",
  ],
  [
    "a late time",
    () => ({ at: new Date("9999-12-31T23:59:59.999Z") }),
    () => ({ at: new Date("+010000-01-01T00:00:00Z") }),
    BAD_INPUT,
  ],
  [
    "an entity of bytes",
    () => ({ b: new Uint8Array(65_536) }),
    () => ({ b: new Uint8Array(1_048_576) }),
    TOO_LARGE_ENTITY,
  ],
];

describe.each(limits)("%s", (_what, within, beyond, refused) => {
  test("within the limit is accepted and read back", async () => {
    const one = row(within());
    await tables.rows.createEntity(one);
    expect(await tables.rows.getEntity("p", one.rowKey)).toMatchObject(one);
    await tables.rows.upsertEntity(one, "Replace");
    await tables.rows.upsertEntity(one, "Merge");
    await tables.rows.submitTransaction([
      ["create", row(within())],
      ["upsert", one, "Merge"],
    ]);
  });

  test("one beyond is refused by every kind of write", async () => {
    const there = row();
    await tables.rows.createEntity(there);
    const after = { ...there, ...beyond() };
    expect(await refusal(tables.rows.createEntity(row(beyond())))).toBe(`400 ${refused}`);
    expect(await refusal(tables.rows.updateEntity(after, "Replace"))).toBe(`400 ${refused}`);
    expect(await refusal(tables.rows.updateEntity(after, "Merge"))).toBe(`400 ${refused}`);
    expect(await refusal(tables.rows.upsertEntity(row(beyond()), "Replace"))).toBe(`400 ${refused}`);
    expect(await refusal(tables.rows.upsertEntity(row(beyond()), "Merge"))).toBe(`400 ${refused}`);
    const [code = "", text = ""] = refused.split(/: (.*)/s);
    const first = row();
    for (const last of [
      ["create", row(beyond())],
      ["update", after, "Replace"],
      ["upsert", after, "Merge"],
    ] satisfies TransactionAction[])
      expect(await refusal(tables.rows.submitTransaction([["create", first], last]))).toBe(`400 ${code}: 1:${text}`);
    expect(await refusal(tables.rows.getEntity("p", first.rowKey))).toMatch(/^404 ResourceNotFound/);
  });
});

test("an entity that fits by our calculation is accepted at the exact limit, alone and in a transaction", async () => {
  const whole = rowOf(MAX_ENTITY_BYTES);
  expect(entityBytes(whole)).toBe(MAX_ENTITY_BYTES);
  await tables.rows.createEntity(whole);
  await tables.rows.submitTransaction([
    ["upsert", whole, "Merge"],
    ["create", row()],
  ]);
});

test("an entity over 1 MiB is refused, even if a merge would create it", async () => {
  const over = MAX_ENTITY_BYTES + 1_000;
  expect(await refusal(tables.rows.createEntity(rowOf(over)))).toBe(`400 ${TOO_LARGE_ENTITY}`);
  const half = row(texts(10, "x".repeat(32_768)));
  await tables.rows.createEntity(half);
  const other = Object.fromEntries(
    Object.entries(texts(10, "x".repeat(32_768))).map(([name, text]) => [`o${name}`, text]),
  );
  const more = { partitionKey: "p", rowKey: half.rowKey, ...other };
  expect(await refusal(tables.rows.upsertEntity(more, "Merge"))).toBe(`400 ${TOO_LARGE_ENTITY}`);
  expect(
    await refusal(
      tables.rows.submitTransaction([
        ["create", row()],
        ["update", more, "Merge"],
      ]),
    ),
  ).toBe(`400 ${TOO_LARGE_ENTITY.replace(": ", ": 1:")}`);
  await tables.rows.upsertEntity(more, "Replace");
  expect(await tables.rows.getEntity("p", half.rowKey)).not.toHaveProperty("t0");
});

test("a merge to more than 252 properties is refused, one of the same properties is not", async () => {
  const there = row(texts(252, "a"));
  await tables.rows.createEntity(there);
  const again = { partitionKey: "p", rowKey: there.rowKey, t0: "b" };
  await tables.rows.updateEntity(again, "Merge");
  expect(await refusal(tables.rows.updateEntity({ ...again, other: "c" }, "Merge"))).toBe(`400 ${TOO_MANY}`);
  expect(await tables.rows.getEntity("p", there.rowKey)).toMatchObject({ t0: "b", t251: "a" });
});

test.each(["a-b", "1a", "a b", "a.b", "a$", "", "😀", "𝒜"])("the property name %j is refused", async (name) => {
  expect(await refusal(tables.rows.createEntity(row({ [name]: 1 })))).toBe(`400 ${BAD_NAME}`);
});

test.each(["_", "a1", "Größe", "名前", "a_b", "e\u0301"])("the property name %j is accepted", async (name) => {
  const one = row({ [name]: "x" });
  await tables.rows.createEntity(one);
  expect(await tables.rows.getEntity("p", one.rowKey)).toMatchObject(one);
});

const badKeys = ["/", "\\", "#", "?", "\u0000", "\t", "\n", "\u001f", "\u007f", "\u0080", "\u009f"];
test.each(badKeys)("a key with %j is refused in a body, in a URL and in a transaction", async (bad) => {
  const key = `a${bad}b`;
  const inBody = (name: string): string =>
    `OutOfRangeInput: The '${name}' parameter of value '${key}' is out of range.`;
  const create = (one: TableEntity): Promise<string> => refusal(tables.rows.createEntity(one));
  // The text has several lines if the key does.
  const firstLine = (text: string): string => text.split("\n")[0] ?? "";
  expect(await create({ partitionKey: "p", rowKey: key })).toBe(`400 ${firstLine(inBody("RowKey"))}`);
  expect(await create({ partitionKey: key, rowKey: "r" })).toBe(`400 ${firstLine(inBody("PartitionKey"))}`);
  const inUrl = /[/\\]/.test(bad)
    ? "InvalidInput: 1:Bad Request - Error in query syntax."
    : "OutOfRangeInput: 1:One of the request inputs is out of range.";
  const batch: TransactionAction[] = [
    ["create", row()],
    ["upsert", { partitionKey: "p", rowKey: key }],
  ];
  expect(await refusal(tables.rows.submitTransaction(batch))).toBe(`400 ${inUrl}`);
  // The service's front end answers some of these with an HTML page, so only the status is certain.
  const status = (asked: Promise<unknown>): Promise<unknown> =>
    asked.catch((error: unknown) => (error instanceof RestError ? error.statusCode : error));
  expect(await status(tables.rows.upsertEntity({ partitionKey: "p", rowKey: key }))).toBe(400);
  expect(await status(tables.rows.getEntity(key, "r"))).toBe(400);
  expect(await status(tables.rows.deleteEntity("p", key))).toBe(400);
});

test("keys of 512 characters are accepted, of 2,048 refused", async () => {
  const [good, bad] = ["k".repeat(512), "k".repeat(2_048)];
  await tables.rows.createEntity({ partitionKey: good, rowKey: good });
  await tables.rows.createEntity({ partitionKey: "p", rowKey: "", text: "an empty key is one" });
  expect(await refusal(tables.rows.createEntity({ partitionKey: "p", rowKey: bad }))).toBe(`400 ${TOO_LARGE_VALUE}`);
  expect(await refusal(tables.rows.createEntity({ partitionKey: bad, rowKey: "r" }))).toBe(`400 ${TOO_LARGE_VALUE}`);
});

test("what the request itself shows is refused before the table is looked up, what would be stored after", async () => {
  const nowhere = tables.open("nowhere0");
  expect(await refusal(nowhere.createEntity(row({ "a-b": 1 })))).toBe(`400 ${BAD_NAME}`);
  expect(await refusal(nowhere.createEntity(row({ t: "x".repeat(32_769) })))).toMatch(/^404 TableNotFound/);
  expect(await refusal(nowhere.submitTransaction([["create", row()]]))).toMatch(/^404 TableNotFound/);
});

test("100 operations in a transaction are accepted, 101 refused with nothing written", async () => {
  const create = (howMany: number): TransactionAction[] =>
    Array.from({ length: howMany }, (): TransactionAction => ["create", row()]);
  await tables.rows.submitTransaction(create(100));
  const many = create(101);
  expect(await refusal(tables.rows.submitTransaction(many))).toMatch(
    /^400 InvalidInput: (0|99):The batch request operation exceeds the maximum 100 changes per change set\.$/,
  );
  expect(await refusal(tables.rows.getEntity("p", many[0]?.[1].rowKey ?? ""))).toMatch(/^404/);
});

test("the same row twice in a transaction is refused", async () => {
  const one = row();
  expect(
    await refusal(
      tables.rows.submitTransaction([
        ["create", one],
        ["upsert", one],
      ]),
    ),
  ).toMatch(/^400 InvalidDuplicateRow: 1:/);
});

/** Changes the body of the next requests in transit to what the SDK would not write. */
function rewriting(change: (body: string) => string): ReturnType<ContractTables["open"]> {
  const client = tables.open(tables.rows.tableName);
  client.pipeline.addPolicy({
    name: "rewriting",
    sendRequest: (request, next) => {
      if (typeof request.body === "string") {
        request.body = change(request.body);
        request.headers.set("content-length", String(Buffer.byteLength(request.body)));
      }
      return next(request);
    },
  });
  return client;
}

test("two partitions in one transaction are refused with nothing written", async () => {
  const [first, second] = [row(), row()];
  const client = rewriting((body) =>
    body.replace(
      /("PartitionKey":"p")(?=[^]*"PartitionKey":"p")|"PartitionKey":"p"/g,
      (_, one?: string) => one ?? '"PartitionKey":"q"',
    ),
  );
  expect(
    await refusal(
      client.submitTransaction([
        ["create", first],
        ["create", second],
      ]),
    ),
  ).toBe("400 CommandsInBatchActOnDifferentPartitions: 1:All commands in a batch must operate on same entity group.");
  expect(await refusal(tables.rows.getEntity("p", first.rowKey))).toMatch(/^404/);
});

test("a request of 4 MiB is accepted, one byte more is refused", async () => {
  const large = (): TransactionAction[] =>
    Array.from({ length: 20 }, (): TransactionAction => ["create", row(texts(3, "x".repeat(32_768)))]);
  const padded = (bytes: number) =>
    rewriting((body) => {
      // What precedes the first boundary is ignored (RFC 2046, section 5.1.1).
      const missing = bytes - Buffer.byteLength(body);
      return `${"~".repeat(missing - 2)}\r\n${body}`;
    });
  await padded(4_194_304).submitTransaction(large());
  expect(await refusal(padded(4_194_305).submitTransaction(large()))).toBe(
    "413 RequestBodyTooLarge: The request body is too large and exceeds the maximum permissible limit.",
  );
  const one = rewriting((body) => body.replace("{", `{${" ".repeat(4_194_305 - Buffer.byteLength(body))}`));
  const asked = [one.createEntity(row()), one.upsertEntity(row(), "Merge"), one.upsertEntity(row(), "Replace")];
  for (const answer of await Promise.all(asked.map(refusal))) expect(answer).toMatch(/^413 RequestBodyTooLarge: /);
});

test("a table's name has 3 to 63 letters and digits", async () => {
  for (const [name, code] of [
    ["ab", "OutOfRangeInput: The specified resource name length is not within the permissible limits."],
    ["t".repeat(64), "OutOfRangeInput: The specified resource name length is not within the permissible limits."],
    ["a-b", "InvalidResourceName: The specifed resource name contains invalid characters."],
    ["1ab", "InvalidResourceName: The specifed resource name contains invalid characters."],
  ] as const)
    expect(await refusal(tables.open(name).createTable())).toBe(`400 ${code}`);
});

test("a page has at most 1,000 entities, a filter at most 15 comparisons", async () => {
  const page = (maxPageSize: number, filter?: string): Promise<unknown> =>
    tables.rows
      .listEntities(filter === undefined ? {} : { queryOptions: { filter } })
      .byPage({ maxPageSize })
      .next();
  const filter = (comparisons: number): string =>
    Array.from({ length: comparisons }, (_, at) => `RowKey ne 'it''s eq ${String(at)}'`).join(" and ");
  await page(1_000, filter(15));
  expect(await refusal(page(1_001))).toBe(`400 ${BAD_INPUT}`);
  expect(await refusal(page(10, filter(16)))).toBe(`400 ${BAD_INPUT}`);
});
