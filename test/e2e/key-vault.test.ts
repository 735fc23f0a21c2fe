import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { TableClient } from "@azure/data-tables";
import { startKeyVault, VAULT_RESOURCE } from "../support/key-vault.ts";
import type { KeyVault } from "../support/key-vault.ts";
import { startManagedIdentity } from "../support/managed-identity.ts";
import type { ManagedIdentity } from "../support/managed-identity.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let identity: ManagedIdentity;
let vault: KeyVault;
let app: AppUnderTest;
beforeAll(async () => {
  identity = await startManagedIdentity();
  vault = await startKeyVault((token) => token === identity.token(VAULT_RESOURCE));
  // Only names: the vault's host needs a dot in it, and not every machine knows names below localhost.
  const names = pathToFileURL(join(import.meta.dirname, "../support/localhost-names.ts"));
  app = await startApp({
    ...identity.env,
    SECRETS_KEY_URL: vault.keyUrl,
    NODE_EXTRA_CA_CERTS: vault.ca,
    NODE_OPTIONS: `--import ${names.href}`,
  });
});
afterAll(() => Promise.all([app.close(), vault.close(), identity.close()]));

const SECRET = "seeded-header-value-4714";

/** Every row of a table, as text. */
async function rows(table: string): Promise<string> {
  const client = TableClient.fromConnectionString(app.stack.runtime.tables, table, { allowInsecureConnection: true });
  const found: unknown[] = [];
  for await (const row of client.listEntities()) found.push(row);
  return JSON.stringify(found);
}

async function delivered(eventId: string): Promise<void> {
  await app.publish("acme", event(eventId));
  await app.eventually(`deliveries?eventId=${eventId}`, ({ json }) => json.at("items", 0, "state") === "delivered");
}

/** Resolves once the host has written a line like this. */
async function logged(line: RegExp): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!line.test(app.stack.logs("host"))) {
    if (Date.now() > deadline) throw new Error(`The host did not write ${String(line)}.\n${app.stack.logs("host")}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("a webhook's secrets are sealed with the vault's key as on Azure, and a restarted host opens them", async () => {
  await app.create("webhooks", {
    name: "Sealed",
    url: `https://localhost:${String(app.receiver.port)}/sealed`,
    headers: [{ key: "X-Api-Key", value: SECRET }],
    body: "{{event.id}}",
  });
  await delivered("evt-sealed-1");
  expect(app.receiver.requests.at(-1)?.headers["x-api-key"]).toBe(SECRET);
  expect(vault.calls.wrapkey).toBe(1);

  const configuration = await rows("configuration");
  expect(configuration).toContain("X-Api-Key");
  expect(configuration).toMatch(/"s2\.k0001\.[\w-]{16}\.[\w-]+\\"/);
  expect(configuration).not.toContain(SECRET);
  const dataKeys = await rows("datakeys");
  expect(dataKeys).toContain(`"partitionKey":"acme","rowKey":"k0001"`);
  expect(dataKeys).toContain(vault.keyUrl);
  const plain = Buffer.from(vault.plainKeys[0] ?? "", "base64url");
  expect(plain).toHaveLength(32);
  for (const form of [plain.toString("base64url"), plain.toString("base64"), plain.toString("hex")])
    expect(dataKeys + configuration + app.stack.logs("host")).not.toContain(form);

  // The vault's key has a new version meanwhile: the data key still unwraps by its own.
  await vault.rotate();
  const { unwrapkey } = vault.calls;
  const back = app.stack.processes.host.restarted();
  app.stack.processes.host.kill("SIGKILL");
  await back;
  await delivered("evt-sealed-2");
  expect(app.receiver.requests.at(-1)?.headers["x-api-key"]).toBe(SECRET);
  expect(vault.calls).toMatchObject({ wrapkey: 1, unwrapkey: unwrapkey + 1 });
});

test("while the vault is away a host without keys delivers nothing and loses nothing; the log says why", async () => {
  await vault.goAway();
  const back = app.stack.processes.host.restarted();
  app.stack.processes.host.kill("SIGKILL");
  await back;
  await app.publish("acme", event("evt-sealed-3"));
  await logged(/message\.given_back.*could not unwrap a data key with .*ECONNREFUSED/);
  expect(app.receiver.requests.filter(({ body }) => body === "evt-sealed-3")).toEqual([]);
  await vault.recover();
  await app.eventually("deliveries?eventId=evt-sealed-3", ({ json }) => json.at("items", 0, "state") === "delivered");
  expect(app.receiver.requests.at(-1)).toMatchObject({ body: "evt-sealed-3", headers: { "x-api-key": SECRET } });
});
