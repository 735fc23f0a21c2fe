import type { TableClient } from "@azure/data-tables";
import type { CredentialConfig } from "../../../shared/core/configuration/credential.ts";
import { newId } from "../../../shared/core/ids.ts";
import { Secret } from "../../../shared/core/secret.ts";
import type { WebhookConfig } from "../../../shared/core/configuration/webhook.ts";
import { CONFIGURATION_TABLE } from "../../../shared/tables/configuration/rows.ts";
import { tableCredentialStore } from "../../../shared/tables/configuration/credential-store.ts";
import { tableWebhookStore } from "../../../shared/tables/configuration/webhook-store.ts";
import { startApi } from "./api-under-test.ts";
import type { ApiUnderTest } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const scope = { client: "acme", program: "rewards", environment: "uat" };
const at = new Date("2026-01-01T00:00:00.000Z");
let counter = 0;

function chance(): Uint8Array {
  counter += 1;
  return Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, counter >> 8, counter & 255);
}

function webhookConfig(credentialId: string | null): WebhookConfig {
  return {
    name: `Webhook ${String(chance()[9])}`,
    description: "",
    eventGroup: "member-rewards",
    eventTypes: [],
    method: "POST",
    url: "https://x/",
    credentialId,
    headers: [],
    body: "",
    attributes: [],
    retryPolicy: "standard",
    timeoutSeconds: 30,
    success: { alsoStatuses: [] },
  };
}

function credentialConfig(): CredentialConfig {
  return {
    name: `Credential ${String(chance()[9])}`,
    description: "",
    method: "POST",
    url: "https://x/",
    contentType: "application/json",
    headers: [],
    body: [{ key: "client_secret", value: new Secret("s"), secret: true }],
    token: { path: "a", expiresInPath: "b", typePath: "c" },
    placement: { header: "Authorization", prefix: "Bearer " },
  };
}

/** Stores whose next transaction waits for `meanwhile`, so that it happens between the store's reads and its write. */
async function interrupted(meanwhile: (transaction: () => Promise<unknown>) => Promise<unknown>) {
  const tables = api.otherTables();
  const client = await tables.table(CONFIGURATION_TABLE);
  const submit: TableClient["submitTransaction"] = client.submitTransaction.bind(client);
  let once = true;
  client.submitTransaction = async (actions, options) => {
    if (once) {
      once = false;
      await meanwhile(() => submit(actions, options));
    }
    return submit(actions, options);
  };
  return { webhooks: tableWebhookStore(tables, api.box), credentials: tableCredentialStore(tables, api.box) };
}

function stores() {
  return {
    webhooks: tableWebhookStore(api.tables, api.box),
    credentials: tableCredentialStore(api.tables, api.box),
  };
}

async function aCredential(): Promise<string> {
  const id = newId("cr", at, chance());
  expect((await stores().credentials.create(scope, id, credentialConfig(), at)).kind).toBe("written");
  return id;
}

async function aWebhook(credentialId: string | null): Promise<string> {
  const id = newId("wh", at, chance());
  expect((await stores().webhooks.create(scope, id, webhookConfig(credentialId), at)).kind).toBe("written");
  return id;
}

test("a webhook that begins to use a credential after the delete looked stops the delete", async () => {
  const id = await aCredential();
  let user = "";
  const { credentials } = await interrupted(async () => (user = await aWebhook(id)));
  expect(await credentials.remove(scope, id, "*")).toMatchObject({ kind: "in-use", webhooks: [{ id: user }] });
  expect(await stores().credentials.get(scope, id)).toBeDefined();
});

test("even if that webhook existed before and is edited to use it", async () => {
  const id = await aCredential();
  const user = await aWebhook(null);
  const { credentials } = await interrupted(() => stores().webhooks.replace(scope, user, "*", webhookConfig(id), at));
  expect(await credentials.remove(scope, id, "*")).toMatchObject({ kind: "in-use", webhooks: [{ id: user }] });
});

test("a webhook that was created and deleted in between does not disturb the delete", async () => {
  const id = await aCredential();
  const { credentials } = await interrupted(async () => stores().webhooks.remove(scope, await aWebhook(id), "*"));
  expect(await credentials.remove(scope, id, "*")).toEqual({ kind: "written", value: undefined });
  expect(await stores().credentials.get(scope, id)).toBeUndefined();
});

test("a credential that is deleted after a create looked stops the create", async () => {
  const id = await aCredential();
  const { webhooks } = await interrupted(() => stores().credentials.remove(scope, id, "*"));
  const user = newId("wh", at, chance());
  const config = webhookConfig(id);
  expect(await webhooks.create(scope, user, config, at)).toEqual({ kind: "credential-not-found" });
  expect(await stores().webhooks.get(scope, user)).toBeUndefined();
  // Nothing of it was written: the name is free.
  expect((await stores().webhooks.create(scope, user, { ...config, credentialId: null }, at)).kind).toBe("written");
});

test("and stops a replace, which leaves the webhook unchanged", async () => {
  const id = await aCredential();
  const user = await aWebhook(null);
  const before = await stores().webhooks.get(scope, user);
  const { webhooks } = await interrupted(() => stores().credentials.remove(scope, id, "*"));
  expect(await webhooks.replace(scope, user, "*", webhookConfig(id), at)).toEqual({ kind: "credential-not-found" });
  expect(await stores().webhooks.get(scope, user)).toEqual(before);
});

test("a credential that is replaced while it is deleted: a known version is refused, any version is accepted", async () => {
  const id = await aCredential();
  const version = (await stores().credentials.get(scope, id))?.version ?? "";
  const replace = (): Promise<unknown> => stores().credentials.replace(scope, id, "*", credentialConfig(), at);
  const exact = await interrupted(replace);
  expect(await exact.credentials.remove(scope, id, version)).toEqual({ kind: "version-mismatch" });
  const any = await interrupted(replace);
  expect((await any.credentials.remove(scope, id, "*")).kind).toBe("written");
});

test("a webhook that is removed while it is replaced stays removed", async () => {
  const id = await aWebhook(null);
  const { webhooks } = await interrupted(() => stores().webhooks.remove(scope, id, "*"));
  expect(await webhooks.replace(scope, id, "*", webhookConfig(null), at)).toEqual({ kind: "not-found" });
  expect(await stores().webhooks.get(scope, id)).toBeUndefined();
});

test("a webhook that is paused while it is replaced stays paused", async () => {
  const id = await aWebhook(null);
  const { webhooks } = await interrupted(() => stores().webhooks.setPaused(scope, id, "*", "why", at));
  expect((await webhooks.replace(scope, id, "*", webhookConfig(null), at)).kind).toBe("written");
  expect(await stores().webhooks.get(scope, id)).toMatchObject({ enabled: false, pausedReason: "why" });
});

test("a create whose answer was lost and that is sent again is a success, not a taken name", async () => {
  const id = newId("wh", at, chance());
  const { webhooks } = await interrupted((transaction) => transaction());
  const written = await webhooks.create(scope, id, webhookConfig(null), at);
  expect(written).toMatchObject({ kind: "written", value: { id } });
  const credentialId = newId("cr", at, chance());
  const again = await interrupted((transaction) => transaction());
  expect(await again.credentials.create(scope, credentialId, credentialConfig(), at)).toMatchObject({
    kind: "written",
    value: { id: credentialId },
  });
});

test("a sealed value that is moved to another row does not open", async () => {
  const [first, second] = [await aCredential(), await aCredential()];
  const table = await api.tables.table(CONFIGURATION_TABLE);
  const { doc0 } = await table.getEntity<{ doc0: string }>("acme|rewards|uat", first);
  await table.updateEntity(
    { partitionKey: "acme|rewards|uat", rowKey: second, doc0: doc0.replaceAll(first, second) },
    "Merge",
  );
  await expect(stores().credentials.get(scope, second)).rejects.toThrow("does not open");
});
