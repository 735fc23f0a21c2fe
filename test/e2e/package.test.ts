import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { TableClient } from "@azure/data-tables";
import { issueCertificate } from "../../local/ca/ca.ts";
import { startTables } from "../../local/tables/start.ts";
import type { Tables } from "../../local/tables/start.ts";
import * as z from "zod";
import { makeDeployPackage } from "../../scripts/deploy-package.ts";
import { startKeyVault, VAULT_RESOURCE } from "../support/key-vault.ts";
import type { KeyVault } from "../support/key-vault.ts";
import { startManagedIdentity } from "../support/managed-identity.ts";
import type { ManagedIdentity } from "../support/managed-identity.ts";
import { unzip } from "../support/unzip.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

const alone = mkdtempSync(join(tmpdir(), "kls-package-"));
let bundle: string;

/** Node 22 comes as a package for Linux, where the plan on Azure runs; it may have 22 or 24 (infra/main.bicep). */
const NODE_22 = join(import.meta.dirname, "../../node_modules/node22-linux-x64/bin/node");
const nodes = [
  ["24", process.execPath],
  ...(process.platform === "linux" && process.arch === "x64" ? [["22", NODE_22]] : []),
];

beforeAll(async () => {
  const { zip } = await makeDeployPackage(join(import.meta.dirname, "../.."));
  const files = await unzip(zip);
  for (const { name, content } of files) writeFileSync(join(alone, name), content);
  const manifest = files.find(({ name }) => name === "package.json")?.content.toString("utf8") ?? "{}";
  const { main } = z.object({ main: z.string() }).parse(JSON.parse(manifest));
  bundle = join(alone, main);
});
afterAll(() => {
  rmSync(alone, { recursive: true });
});

test("the folder has no packages available, neither in it nor above it", () => {
  const above = [alone];
  while (dirname(above.at(-1) ?? "/") !== above.at(-1)) above.push(dirname(above.at(-1) ?? "/"));
  expect(above.filter((folder) => existsSync(join(folder, "node_modules")))).toEqual([]);
  expect(process.env["NODE_PATH"] ?? "").toBe("");
});

describe.each(nodes)("as on Azure, with Node %s", (_version, node) => {
  let identity: ManagedIdentity;
  let vault: KeyVault;
  let tables: Tables;
  let app: AppUnderTest;

  /** No key of an account and no key file: the app's managed identity opens tables and vault. Only the bus has a connection string. */
  beforeAll(async () => {
    identity = await startManagedIdentity();
    vault = await startKeyVault((token) => token === identity.token(VAULT_RESOURCE));
    const { certPath, keyPath } = await issueCertificate(dirname(vault.ca), ["127.0.0.1"]);
    tables = await startTables({ port: 0, tls: { certificateFile: certPath, keyFile: keyPath } });
    // Only names: the vault's host needs a dot in it, and not every machine knows names below localhost.
    const names = pathToFileURL(join(import.meta.dirname, "../support/localhost-names.ts"));
    const settings = {
      ...identity.env,
      TABLES_ENDPOINT: tables.endpoint,
      SECRETS_KEY_URL: vault.keyUrl,
      NODE_EXTRA_CA_CERTS: vault.ca,
      NODE_OPTIONS: `--import ${names.href}`,
    };
    app = await startApp(settings, { appDir: alone, bundle, node });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([identity.close(), vault.close(), tables.close()]);
  });

  test("unzipped on its own, the package takes a webhook over its API and delivers an event to it", async () => {
    await app.create("webhooks", {
      name: "From the package",
      eventTypes: ["reward.issued"],
      url: `https://localhost:${String(app.receiver.port)}/packaged/{{memberId}}`,
      headers: [{ key: "X-Api-Key", value: "seeded-4711", secret: true }],
      body: '{"event":"{{event.id}}","points":{{points}}}',
    });
    // Receivers echo what they were sent: what people read of the answer must not have the secret.
    app.receiver.answers(({ headers }) => ({ status: 200, body: `You sent ${String(headers["x-api-key"])}.` }));
    await app.publish("acme", event("evt-packaged", '{"memberId":"M-7","points":0.10}'));
    await app.receiver.until(() => app.receiver.requests.length > 0);
    expect(app.receiver.requests.map(({ path, headers, body }) => [path, headers["x-api-key"], body])).toEqual([
      ["/packaged/M-7", "seeded-4711", '{"event":"evt-packaged","points":0.10}'],
    ]);
    const { json } = await app.eventually(
      "deliveries?eventId=evt-packaged",
      (answer) => answer.json.at("items", 0, "state") === "delivered",
    );
    const delivery = await app.api("GET", `deliveries/${String(json.at("items", 0, "id"))}`);
    expect(delivery.json.at("attempts", 0, "response", "body")).toBe("You sent •••.");
  });

  test("it is ready: tables and key are reached with only the app's identity, and each function reports when it last ran", async () => {
    const { api, tokens } = app.stack.runtime;
    const response = await fetch(`${api}/api/health/ready?client=acme`, {
      headers: { authorization: `Bearer ${tokens.admin}` },
    });
    const readiness: unknown = await response.json();
    expect([response.status, readiness]).toMatchObject([
      200,
      {
        status: "ready",
        checks: [
          { name: "tables", ok: true },
          { name: "key", ok: true },
        ],
        clients: [{ client: "acme", function: "deliver-acme", bus: { ok: true } }],
      },
    ]);
    expect(readiness).toHaveProperty("clients.0.lastRanAt", expect.stringMatching(/Z$/));
    expect(vault.calls.wrapkey).toBeGreaterThan(0);
    const rows = new TableClient(
      tables.endpoint,
      "configuration",
      {
        getToken: () =>
          Promise.resolve({ token: identity.token("https://storage.azure.com") ?? "", expiresOnTimestamp: Infinity }),
      },
      { tlsOptions: { ca: readFileSync(vault.ca, "utf8") } },
    );
    const kept: unknown[] = [];
    for await (const row of rows.listEntities()) kept.push(row);
    expect(JSON.stringify(kept)).toMatch(/From the package/);
    expect(JSON.stringify(kept)).not.toContain("seeded-4711");
  });
});
