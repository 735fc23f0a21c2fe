import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTables } from "../../../local/tables/start.ts";
import type { WebhookStore } from "../../../shared/core/ports/configuration.ts";
import { PassingTrouble } from "../../../shared/lib/passing-trouble.ts";
import { webhookCache } from "../../../shared/delivery/webhook-cache.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import { keyFileBox } from "../../../shared/secrets/key-file-box.ts";
import { tableOpener } from "../../../shared/tables/open-tables.ts";
import type { TablesSettings } from "../../../shared/tables/open-tables.ts";
import { openTables } from "../../../shared/tables/open-tables.ts";
import { pointReads } from "../../../shared/tables/transactions/point-read.ts";
import { tableService } from "../../support/table-service.ts";
import { tableWebhookStore } from "../../../shared/tables/configuration/webhook-store.ts";
import { aWebhook, deliveryFixture, START, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";

let backends: Backends;
let settings: TablesSettings;
let closeTables: () => Promise<void>;

beforeAll(async () => {
  backends = await startBackends();
  const tables = await startTables({ port: 0 });
  settings = { kind: "connection-string", value: tables.connectionString };
  closeTables = () => tables.close();
});

afterAll(async () => {
  await Promise.all([backends.close(), closeTables()]);
});

beforeEach(() => {
  backends.reset();
});

const keys = { k1: randomBytes(32).toString("base64"), k2: randomBytes(32).toString("base64") };
function boxOf(...names: readonly (keyof typeof keys)[]): ReturnType<typeof keyFileBox> {
  const path = join(mkdtempSync(join(tmpdir(), "kls-keys-")), "keys.json");
  const held = Object.fromEntries(names.map((name) => [name, keys[name]]));
  writeFileSync(path, JSON.stringify({ current: names[0], keys: held }));
  return keyFileBox(path);
}

/** A store of webhooks over the real tables; the key `k2` is not there. */
function storeWith(box = boxOf("k1")): WebhookStore {
  return tableWebhookStore(openTables(settings), box, pointReads(tableService(settings)));
}

/** The world's event, delivered to webhooks as the store has them. */
function deliver(made: DeliveryFixture, webhooks: WebhookStore): Promise<void> {
  const arrival = { client: "acme", body: made.event("e1"), enqueuedAt: START, lockToken: "l", deliveryCount: 1 };
  return deliverMessage(arrival, { ...made.deps, webhookCache: webhookCache(webhooks) });
}

async function breakRow(made: DeliveryFixture, id: string, properties: object): Promise<void> {
  const { client, program, environment } = made.scope;
  const table = await tableOpener(settings)("configuration");
  await table.updateEntity({ partitionKey: `${client}|${program}|${environment}`, rowKey: id, ...properties }, "Merge");
}

test.each<[string, (made: DeliveryFixture) => Promise<void>, RegExp]>([
  ["that is not JSON", (made) => breakRow(made, "wh_b", { doc0: "{" }), /cannot be read: /],
  [
    "that lacks what every one has",
    (made) => breakRow(made, "wh_b", { doc0: "{}" }),
    /A stored row is not as it should be \(name: /,
  ],
  [
    "without its times",
    (made) => breakRow(made, "wh_b", { createdAt: "yesterday" }),
    /A stored row is not as it should be \(createdAt: /,
  ],
])(
  "a stored webhook %s hides no other: theirs is delivered, the message dead-lettered with its name",
  async (_what, broken, told) => {
    const made = deliveryFixture(backends);
    const store = storeWith();
    for (const id of ["wh_a", "wh_b", "wh_c"]) await store.create(made.scope, id, aWebhook(backends.server, id), START);
    await broken(made);
    await deliver(made, store);
    expect(backends.server.seen.map(({ url }) => url).toSorted()).toEqual(["/wh_a/M-1", "/wh_c/M-1"]);
    expect(made.deadLettered).toHaveLength(1);
    expect(made.deadLettered[0]).toMatch(/^l CannotBeHandled: .*The webhook wh_b cannot be read: /);
    expect(made.deadLettered[0]).toMatch(told);
  },
);

test("a secret that does not open stops its own webhook; once its key is back, the resubmitted event goes only there", async () => {
  const made = deliveryFixture(backends);
  await storeWith().create(made.scope, "wh_a", aWebhook(backends.server, "wh_a"), START);
  await storeWith(boxOf("k2")).create(made.scope, "wh_b", aWebhook(backends.server, "wh_b"), START);
  await deliver(made, storeWith());
  expect(backends.server.seen.map(({ url }) => url)).toEqual(["/wh_a/M-1"]);
  expect(made.deadLettered[0]).toContain("The webhook wh_b cannot be read: ");
  backends.reset();
  made.deadLettered.length = 0;
  await deliver(made, storeWith(boxOf("k1", "k2")));
  expect(backends.server.seen.map(({ url }) => url)).toEqual(["/wh_b/M-1"]);
  expect(made.deadLettered).toEqual([]);
});

test("a webhook that does not match the event is no trouble for it", async () => {
  const made = deliveryFixture(backends);
  const foreign = storeWith(boxOf("k2"));
  await foreign.create(
    made.scope,
    "wh_b",
    aWebhook(backends.server, "wh_b", { eventTypes: ["reward.redeemed"] }),
    START,
  );
  await foreign.create(made.scope, "wh_c", aWebhook(backends.server, "wh_c", { name: "c" }), START);
  await foreign.setPaused(made.scope, "wh_c", "*", "by hand", START);
  await deliver(made, storeWith());
  expect(made.deadLettered).toEqual([]);
});

test("keys that are unavailable say nothing about the webhook: the message is returned", async () => {
  const made = deliveryFixture(backends);
  await storeWith().create(made.scope, "wh_a", aWebhook(backends.server, "wh_a"), START);
  const away = { ...boxOf("k1"), open: () => Promise.reject(new PassingTrouble("the vault is away")) };
  await expect(deliver(made, storeWith(away))).rejects.toThrow("the vault is away");
  expect(made.deadLettered).toEqual([]);
});

test("a webhook that was repaired without a change is seen by the next event", async () => {
  const made = deliveryFixture(backends);
  const box = boxOf("k1");
  let broken = true;
  const healing = {
    ...box,
    open: (...args: Parameters<typeof box.open>) =>
      broken ? Promise.reject(new Error("does not open")) : box.open(...args),
  };
  await storeWith().create(made.scope, "wh_a", aWebhook(backends.server, "wh_a"), START);
  const known = webhookCache(storeWith(healing));
  expect((await known.all(made.scope)).unreadable).toHaveLength(1);
  await expect(known.get(made.scope, "wh_a")).rejects.toThrow("The webhook wh_a cannot be read");
  broken = false;
  expect(await known.get(made.scope, "wh_a")).toMatchObject({ id: "wh_a" });
});
