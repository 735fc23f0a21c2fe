import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { TableClient } from "@azure/data-tables";
import { UnsecuredJWT } from "jose";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";
import { startTables } from "../../../local/tables/start.ts";
import type { Tables } from "../../../local/tables/start.ts";
import { openServiceCalls } from "../../../shared/outbound/service-calls.ts";
import type { TablesSettings } from "../../../shared/tables/open-tables.ts";
import { failedIndexOf, statusOf, TableRefusal } from "../../../shared/tables/table-error.ts";
import { openAccount } from "../../../shared/tables/transactions/account.ts";
import type { Submit } from "../../../shared/tables/transactions/batch-writer.ts";
import { transactionClient } from "../../../shared/tables/transactions/client.ts";
import { pointReads } from "../../../shared/tables/transactions/point-read.ts";
import type { ReadRow } from "../../../shared/tables/transactions/point-read.ts";
import type { ServiceDeps } from "../../../shared/tables/transactions/service.ts";
import { encodeWrite } from "../../../shared/tables/transactions/row-write.ts";
import type { RowProperties, RowWrite } from "../../../shared/tables/transactions/row-write.ts";
import { sdkTransactions } from "../../support/sdk-transactions.ts";

const TABLE = "transactions";
const PARTITION = "acme_20261123";
const calls = openServiceCalls();
const folder = mkdtempSync(join(tmpdir(), "kls-transactions-"));
const trusted = getCACertificates("default");
const clock = (): Date => new Date();
let plain: Tables;
let secure: Tables;

beforeAll(async () => {
  const ca = readFileSync((await ensureCa(folder)).ca, "utf8");
  const { certPath, keyPath } = await issueCertificate(folder, ["127.0.0.1"]);
  setDefaultCACertificates([...trusted, ca]);
  plain = await startTables({ port: 0 });
  secure = await startTables({ port: 0, tls: { certificateFile: certPath, keyFile: keyPath } });
  await Promise.all([withKey(), withIdentity()].map((settings) => clientOf(settings).createTable()));
});

afterAll(async () => {
  await calls.close();
  await Promise.all([plain.close(), secure.close()]);
  setDefaultCACertificates(trusted);
  rmSync(folder, { recursive: true });
});

const withKey = (): TablesSettings => ({ kind: "connection-string", value: plain.connectionString });

function withIdentity(): TablesSettings {
  const expires = new Date(Date.now() + 3_600_000);
  const token = new UnsecuredJWT({})
    .setIssuer("https://sts.windows.net/00000000-0000-0000-0000-00000000000a/")
    .setAudience("https://storage.azure.com")
    .setIssuedAt()
    .setNotBefore(new Date())
    .setExpirationTime(expires)
    .encode();
  const getToken = (): Promise<{ token: string; expiresOnTimestamp: number }> =>
    Promise.resolve({ token, expiresOnTimestamp: expires.getTime() });
  return { kind: "identity", endpoint: secure.endpoint, credential: { getToken } };
}

function clientOf(settings: TablesSettings, table = TABLE): TableClient {
  const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
  return settings.kind === "identity"
    ? new TableClient(settings.endpoint, table, settings.credential, options)
    : TableClient.fromConnectionString(settings.value, table, options);
}

function service(settings: TablesSettings): ServiceDeps {
  const sleep = (): Promise<void> => Promise.reject(new Error("Nothing here is to be tried again."));
  return { account: openAccount(settings, clock), call: calls.call, clock, sleep, random: () => 0.5 };
}

const ours = (settings: TablesSettings): Submit => transactionClient(service(settings));

/** The SDK's transactions are the reference: ours must do the same. */
const implementations: readonly (readonly [name: string, open: () => { submit: Submit; read: TableClient }])[] = [
  [
    "of the SDK",
    () => ({
      submit: sdkTransactions((name) => Promise.resolve(clientOf(withKey(), name))),
      read: clientOf(withKey()),
    }),
  ],
  ["of ours, with the account's key", () => ({ submit: ours(withKey()), read: clientOf(withKey()) })],
  ["of ours, with an access token over TLS", () => ({ submit: ours(withIdentity()), read: clientOf(withIdentity()) })],
];

describe.each(implementations)("transactions %s", (_name, open) => {
  let submit: (...writes: RowWrite[]) => Promise<ReadonlyMap<string, string>>;
  let read: (row: string) => Promise<Record<string, unknown> | undefined>;
  let isOurs: boolean;
  const row = (): string => `d_rewards_uat_${randomBytes(8).toString("hex")}`;
  const refusalOf = async (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (error: unknown) => error,
    );

  beforeAll(() => {
    const opened = open();
    submit = (...writes) =>
      opened.submit(
        TABLE,
        PARTITION,
        writes.map((write) => encodeWrite(PARTITION, write)),
      );
    read = async (name) => {
      try {
        return { ...(await opened.read.getEntity(PARTITION, name)) };
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    };
    isOurs = !_name.includes("SDK");
  });

  test.each<[string, RowProperties]>([
    ["plain text", { text: "Hello", empty: "" }],
    ["every kind of character", { text: "\u0000\u0001\t\r\n\"'\\/#?% Ünï 😀 \u2028\u2029 \ufffd </script>" }],
    ["bounds of parts", { text: "\r\n--batch_\r\n--changes_\r\n--changeset_\r\nHTTP/1.1 409 Conflict\r\nETag: x" }],
    ["whole numbers", { zero: 0, one: 1, minus: -2_147_483_647, most: 2_147_483_647 }],
    ["other numbers", { large: 2_147_483_648, half: 0.5, tiny: -1e-7, huge: 1e300 }],
    ["true and false", { yes: true, no: false }],
    ["bytes", { bytes: new Uint8Array(randomBytes(1_000)), none: new Uint8Array(0) }],
    ["the longest text and bytes", { text: "€".repeat(32_000), bytes: new Uint8Array(65_536) }],
  ])("%s are written and read back", async (_what, properties) => {
    const [inserted, put] = [row(), row()];
    await submit({ kind: "insert", row: inserted, properties }, { kind: "put", row: put, properties });
    for (const name of [inserted, put]) expect(await read(name)).toMatchObject(properties);
  });

  test("a hundred writes of every kind go together, and each gets its version", async () => {
    const names = Array.from({ length: 100 }, row);
    const versions = await submit(
      ...names.map((name): RowWrite => ({ kind: "insert", row: name, properties: { n: 1 } })),
    );
    expect(new Set(versions.keys())).toEqual(new Set(names));
    const next = await submit(
      ...names.map((name, index): RowWrite => {
        if (index % 3 === 0) return { kind: "delete", row: name };
        const properties = { m: 2 };
        return index % 3 === 1
          ? { kind: "merge", row: name, properties, version: versions.get(name) ?? "" }
          : { kind: "put", row: name, properties };
      }),
    );
    for (const [index, name] of names.slice(0, 9).entries()) {
      const there = await read(name);
      if (index % 3 === 0) expect(there).toBeUndefined();
      else {
        expect(there).toMatchObject(index % 3 === 1 ? { n: 1, m: 2 } : { m: 2 });
        expect(there?.["n"] === undefined).toBe(index % 3 === 2);
        expect(there?.["etag"]).toBe(next.get(name));
      }
    }
  });

  test("a version is good once", async () => {
    const name = row();
    const versions = await submit({ kind: "insert", row: name, properties: { n: 0 } });
    const merge: RowWrite = { kind: "merge", row: name, properties: { n: 1 }, version: versions.get(name) ?? "" };
    await submit(merge);
    expect(statusOf(await refusalOf(submit({ ...merge, properties: { n: 2 } })))).toBe(412);
    expect(await read(name)).toMatchObject({ n: 1 });
  });

  test.each<[string, number, (there: string) => RowWrite]>([
    ["inserts what exists", 409, (there) => ({ kind: "insert", row: there, properties: {} })],
    [
      "has an old version",
      412,
      (there) => ({
        kind: "merge",
        row: there,
        properties: {},
        version: `W/"datetime'2020-01-01T00%3A00%3A00.0000000Z'"`,
      }),
    ],
    ["deletes what is not there", 404, () => ({ kind: "delete", row: row() })],
    ["has a text that is too long", 400, () => ({ kind: "insert", row: row(), properties: { t: "x".repeat(32_769) } })],
  ])("when one write %s, none is done, and ours says which it was", async (_what, status, guilty) => {
    const [there, before, after] = [row(), row(), row()];
    await submit({ kind: "insert", row: there, properties: { n: 0 } });
    const refusal = await refusalOf(
      submit({ kind: "insert", row: before, properties: {} }, guilty(there), {
        kind: "insert",
        row: after,
        properties: {},
      }),
    );
    expect(statusOf(refusal)).toBe(status);
    expect([await read(before), await read(after)]).toEqual([undefined, undefined]);
    expect(await read(there)).toMatchObject({ n: 0 });
    if (isOurs) expect([refusal instanceof TableRefusal, failedIndexOf(refusal)]).toEqual([true, 1]);
  });

  test("a transaction over 4 MiB is refused as a whole", async () => {
    const texts = Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => [`t${String(index)}`, "x".repeat(32_000)]),
    );
    const refusal = await refusalOf(
      submit(...Array.from({ length: 9 }, (): RowWrite => ({ kind: "insert", row: row(), properties: texts }))),
    );
    expect(statusOf(refusal)).toBe(413);
  });

  test("a table that is not there answers 404", async () => {
    const { submit: any } = open();
    const write = encodeWrite(PARTITION, { kind: "insert", row: row(), properties: {} });
    expect(statusOf(await refusalOf(any("nowhere", PARTITION, [write])))).toBe(404);
  });
});

test("a wrong key is refused, and says so without the key", async () => {
  const value = plain.connectionString.replace(
    /AccountKey=[^;]*/,
    `AccountKey=${Buffer.from("wrong").toString("base64")}`,
  );
  const write = encodeWrite(PARTITION, { kind: "insert", row: "r", properties: {} });
  await expect(ours({ kind: "connection-string", value })(TABLE, PARTITION, [write])).rejects.toMatchObject({
    statusCode: 403,
    message: expect.stringMatching(/^The table service answered 403( \w+)? to a request\.$/) as string,
  });
});

describe.each([
  ["the account's key", withKey],
  ["an access token over TLS", withIdentity],
])("point reads with %s", (_name, settings) => {
  const read: ReadRow = (...keys) => pointReads(service(settings()))(...keys);

  test.each([
    ["acme|rewards|uat", "s_webhooks"],
    ["a b+c&d=e", "it's 100 %, (really) ü😀"],
  ])("a row is read as the SDK wrote it: %s, %s", async (partitionKey, rowKey) => {
    const text = 'Zoë "quoted" \u2028 \\ </script>';
    await clientOf(settings()).upsertEntity({ partitionKey, rowKey, text, number: 12, yes: true });
    expect(await read(TABLE, partitionKey, rowKey)).toMatchObject({ text, number: 12, yes: true, RowKey: rowKey });
  });

  test("a row or a table that does not exist is undefined", async () => {
    expect(await read(TABLE, PARTITION, "no_such_row")).toBeUndefined();
    expect(await read("nosuchtable", PARTITION, "no_such_row")).toBeUndefined();
  });
});

test("a point read with another account's key is refused in the service's words", async () => {
  const value = plain.connectionString.replace(/AccountKey=[^;]+/, `AccountKey=${randomBytes(64).toString("base64")}`);
  const read = pointReads(service({ kind: "connection-string", value }));
  await expect(read(TABLE, PARTITION, "r")).rejects.toMatchObject({ statusCode: 403, name: "TableRefusal" });
});
