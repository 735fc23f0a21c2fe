import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTables } from "../../../local/tables/start.ts";
import type { WebhookConfig } from "../../../shared/core/configuration/webhook.ts";
import type { WebhookStore } from "../../../shared/core/ports/configuration.ts";
import type { Scope } from "../../../shared/core/scope.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { keyFileBox } from "../../../shared/secrets/key-file-box.ts";
import { tableWebhookStore } from "../../../shared/tables/configuration/webhook-store.ts";
import { openTables } from "../../../shared/tables/open-tables.ts";
import { pointReads } from "../../../shared/tables/transactions/point-read.ts";
import { tableService } from "../../support/table-service.ts";
import { memoryWebhookStore } from "../support/memory-webhook-store.ts";

/** What deliveries ask of the webhooks: the same of the real store and of the one that tests of deliveries use in its place. */
interface Stored {
  readonly store: Pick<WebhookStore, "all" | "configurationVersion" | "setPaused">;
  put(id: string, config: WebhookConfig): Promise<void>;
  close(): Promise<void>;
}

const AT = new Date("2026-11-25T10:00:00.000Z");
const LATER = new Date("2026-11-25T11:00:00.000Z");
const ID = "wh_0123456789abcdefghij";
const OTHER_ID = "wh_abcdefghij0123456789";
const scope: Scope = { client: "acme", program: "rewards", environment: "uat" };

const config = (name: string): WebhookConfig => ({
  name,
  description: "",
  eventGroup: "member-rewards",
  eventTypes: ["reward.issued"],
  method: "POST",
  url: "https://api.example.com/{{memberId}}",
  credentialId: null,
  headers: [{ key: "X-Api-Key", value: new Secret("s3cret"), secret: true }],
  body: "{{points}}",
  attributes: [],
  retryPolicy: "standard",
  timeoutSeconds: 30,
  success: { alsoStatuses: [] },
});

async function inTables(): Promise<Stored> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const keyFile = join(folder, "keys.json");
  writeFileSync(keyFile, JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } }));
  const server = await startTables({ port: 0 });
  const account = { kind: "connection-string", value: server.connectionString } as const;
  const store = tableWebhookStore(openTables(account), keyFileBox(keyFile), pointReads(tableService(account)));
  return {
    store,
    put: async (id, one) => {
      expect((await store.create(scope, id, one, AT)).kind).toBe("written");
    },
    close: async () => {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function inMemory(): Promise<Stored> {
  const store = memoryWebhookStore();
  return Promise.resolve({
    store,
    put: (id, one) => {
      const state = { enabled: true, pausedReason: null, createdAt: AT, updatedAt: AT, version: "1" };
      store.webhooks.set(id, { ...one, ...state, id });
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  });
}

describe.each([
  ["in the tables", inTables],
  ["in memory", inMemory],
])("webhooks %s", (_, open) => {
  let stored: Stored;
  beforeEach(async () => {
    stored = await open();
    await stored.put(ID, config("One"));
    await stored.put(OTHER_ID, config("Other"));
  });
  afterEach(() => stored.close());

  const one = async (id = ID) => (await stored.store.all(scope)).webhooks.find((webhook) => webhook.id === id);

  test("are given as they were stored, enabled and with a version", async () => {
    const { webhooks, unreadable } = await stored.store.all(scope);
    expect(unreadable).toEqual([]);
    expect(webhooks.map(({ id }) => id).toSorted()).toEqual([ID, OTHER_ID].toSorted());
    expect(await one()).toEqual({
      ...config("One"),
      id: ID,
      enabled: true,
      pausedReason: null,
      createdAt: AT,
      updatedAt: AT,
      version: expect.stringMatching(/./) as string,
    });
    expect((await one())?.headers[0]?.value.reveal()).toBe("s3cret");
  });

  test("are paused with a reason and resumed, whatever their version or with the current one; each write gives another", async () => {
    const paused = await stored.store.setPaused(scope, ID, "*", "It answered 410.", LATER);
    expect(paused).toMatchObject({ kind: "written", value: { enabled: false, pausedReason: "It answered 410." } });
    const before = await one();
    expect(before).toMatchObject({ enabled: false, pausedReason: "It answered 410.", createdAt: AT, updatedAt: LATER });
    expect((await stored.store.setPaused(scope, ID, before?.version ?? "", null, LATER)).kind).toBe("written");
    expect(await one()).toMatchObject({ enabled: true, pausedReason: null, name: "One" });
    expect((await one())?.version).not.toBe(before?.version);
    expect(await one(OTHER_ID)).toMatchObject({ enabled: true, updatedAt: AT });
  });

  test("are left alone by who has an older version, or means one that is not there", async () => {
    const old = (await one())?.version ?? "";
    await stored.store.setPaused(scope, ID, "*", "first", LATER);
    expect(await stored.store.setPaused(scope, ID, old, null, LATER)).toEqual({ kind: "version-mismatch" });
    expect(await one()).toMatchObject({ pausedReason: "first" });
    const missing = ID.replace("0", "9");
    expect(await stored.store.setPaused(scope, missing, "*", "gone", LATER)).toEqual({ kind: "not-found" });
  });

  test("have one version together, which every write changes and no reading does", async () => {
    const versions = [await stored.store.configurationVersion(scope)];
    await stored.store.all(scope);
    expect(await stored.store.configurationVersion(scope)).toBe(versions[0]);
    await stored.store.setPaused(scope, ID, "*", "reason", LATER);
    versions.push(await stored.store.configurationVersion(scope));
    await stored.put(ID.replace("0", "8"), config("Third"));
    versions.push(await stored.store.configurationVersion(scope));
    expect(new Set(versions).size).toBe(3);
  });
});
