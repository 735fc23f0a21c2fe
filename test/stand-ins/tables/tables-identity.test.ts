import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TableClient } from "@azure/data-tables";
import { UnsecuredJWT } from "jose";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";
import { startTables } from "../../../local/tables/start.ts";
import type { Tables } from "../../../local/tables/start.ts";

const folder = mkdtempSync(join(tmpdir(), "kls-tables-"));
let tables: Tables;
let ca: string;

beforeAll(async () => {
  ca = readFileSync((await ensureCa(folder)).ca, "utf8");
  const { certPath, keyPath } = await issueCertificate(folder, ["127.0.0.1"]);
  tables = await startTables({ port: 0, tls: { certificateFile: certPath, keyFile: keyPath } });
});
afterAll(async () => {
  await tables.close();
  rmSync(folder, { recursive: true });
});

/** The table `rows` as seen by a caller with an access token for `audience`, requested with the scope that the service asks for. */
function rowsFor(audience: string): { rows: TableClient; scopes: unknown[] } {
  const scopes: unknown[] = [];
  const now = new Date();
  const expires = new Date(now.getTime() + 3_600_000);
  const token = new UnsecuredJWT({})
    .setIssuer("https://sts.windows.net/00000000-0000-0000-0000-00000000000a/")
    .setAudience(audience)
    .setIssuedAt(now)
    .setNotBefore(now)
    .setExpirationTime(expires)
    .encode();
  const credential = {
    getToken: (asked: string | string[]) => {
      scopes.push(asked);
      return Promise.resolve({ token, expiresOnTimestamp: expires.getTime() });
    },
  };
  const retryOptions = { maxRetries: 0 };
  return { rows: new TableClient(tables.endpoint, "rows", credential, { tlsOptions: { ca }, retryOptions }), scopes };
}

test("over HTTPS the tables accept an access token for storage, and no other", async () => {
  const { rows, scopes } = rowsFor("https://storage.azure.com");
  await rows.createTable();
  await rows.createEntity({ partitionKey: "p", rowKey: "r", text: "kept" });
  expect(await rows.getEntity("p", "r")).toMatchObject({ text: "kept" });
  expect(scopes[0]).toEqual(["https://storage.azure.com/.default"]);
  await expect(rowsFor("https://vault.azure.net").rows.getEntity("p", "r")).rejects.toThrow(/audience|authenticat/i);
});
