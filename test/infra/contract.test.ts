import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import { readClients } from "../../scripts/bicep/copies.ts";
import { azureConfig } from "../../local/service-bus/config/azure-config.ts";
import { parseConfig } from "../../local/service-bus/config/config.ts";
import { DELIVERIES_QUEUE } from "../../shared/bus/bus-client.ts";
import { EVENTS_TOPIC } from "../../shared/bus/operated-bus.ts";
import { busSetting, isScopeId } from "../../shared/core/scope.ts";
import { readConfig } from "../../shared/platform/config.ts";
import { CLIENTS, ROOT } from "./open-cli.ts";
import { settingsOf } from "./resources.ts";
import { ROLES } from "./roles.ts";
import { forDevelopment, onAzure, readByApp, requiredByApp, settingFaults } from "./settings.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const environments = ["dev", "production"].map((name) => ({
  name,
  written: settingsOf(parsePicture(read(`infra/pictures/main.${name}.${String(CLIENTS.length)}-clients.json`))),
}));

test.each(environments)(
  "the app starts with the settings of $name: every client, the tables and the key of secrets by identity",
  ({ written }) => {
    const config = readConfig(Object.fromEntries(written.map(({ name, value }) => [name, onAzure(value)])));
    expect(config.clientFaults).toEqual([]);
    expect(config.clients.map(({ client, setting, connection }) => [client, setting, connection.kind])).toEqual(
      CLIENTS.map(({ id }) => [id, busSetting(id), "identity"]),
    );
    const endpoint = config.tables.kind === "identity" ? config.tables.endpoint : "none";
    expect(endpoint).toMatch(/^https:\/\/stdata[a-z0-9]+\.table\.core\.windows\.net$/);
    const keyUrl = config.secrets.kind === "key-vault" ? config.secrets.keyUrl : "none";
    expect(keyUrl).toMatch(/^https:\/\/kv[a-z0-9-]+\.vault\.azure\.net\/keys\/wrapping$/);
  },
);

/** The settings as lists, each name once: what the app reads, what it cannot do without, what the sample of development has. */
const lists = {
  onAzure: [
    "AUTH_AUDIENCE",
    "AUTH_CLIENTS_CLAIM",
    "AUTH_ISSUER",
    "AUTH_JWKS_URL",
    "CORS_ORIGINS",
    "HEADER_VALUE_CHARACTERS",
    "OUTBOUND_ALLOW",
    "SECRETS_KEY_URL",
    "TABLES_ENDPOINT",
  ],
  required: ["AUTH_AUDIENCE", "AUTH_ISSUER", "AUTH_JWKS_URL", "SECRETS_KEY_URL", "TABLES_ENDPOINT"],
  forDevelopment: ["SECRETS_KEY_FILE", "TABLES_CONNECTION"],
};

test("the app reads these settings, on Azure and for development, and does not start on Azure without the required ones", () => {
  expect(readByApp.toSorted()).toEqual([...lists.onAzure, ...lists.forDevelopment].toSorted());
  expect(requiredByApp().toSorted()).toEqual(lists.required);
  expect(forDevelopment.toSorted()).toEqual(lists.forDevelopment);
});

test.each(environments)(
  "$name writes every setting that the app reads on Azure, and no other but those of platform and clients",
  ({ written }) => {
    const names = written.map(({ name }) => name);
    expect(settingFaults(names)).toEqual([]);
    expect(names.filter((name) => readByApp.includes(name)).toSorted()).toEqual(lists.onAzure);
  },
);

test("local.settings.sample.json names exactly the settings that the app reads, and the app starts with it", () => {
  const sample = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read("local.settings.sample.json"))).Values;
  const platform = ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"];
  const names = Object.keys(sample).filter((name) => !platform.includes(name) && !name.startsWith("SB_"));
  expect(names.toSorted()).toEqual([...lists.onAzure, ...lists.forDevelopment].toSorted());
  expect(names.filter((name) => forDevelopment.includes(name) && sample[name] === "")).toEqual([]);
  expect(readConfig(sample).clients.map(({ client }) => client)).toEqual(["acme"]);
});

test("every namespace of the local bus matches what is deployed: lock for lock, lifetime for lifetime", () => {
  const { predictedResources } = parsePicture(read("infra/pictures/client.production.acme.json"));
  const deployed = (type: string) => {
    const [found] = predictedResources.filter((one) => one.type === `Microsoft.ServiceBus/namespaces/${type}`);
    // The size has no meaning for the stand-in, which keeps everything in memory.
    const { maxSizeInMegabytes, ...properties } = z.record(z.string(), z.unknown()).parse(found?.properties);
    expect([type, maxSizeInMegabytes]).toEqual([type, type === "topics/subscriptions" ? undefined : 5120]);
    const words = Object.entries(properties).map(
      ([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value] as const,
    );
    return { Name: found?.name.split("/").at(-1), Properties: Object.fromEntries(words) };
  };
  const [queue, topic] = [deployed("queues"), deployed("topics")];
  const webhooks = deployed("topics/subscriptions");
  const azure = { Name: "azure", Queues: [queue], Topics: [{ ...topic, Subscriptions: [webhooks] }] };
  const wanted = parseConfig(JSON.stringify({ UserConfig: { Namespaces: [azure] } })).namespaces[0];
  const { namespaces } = parseConfig(azureConfig());
  expect(namespaces.length).toBeGreaterThan(0);
  // As text: the rule that accepts everything is a function, created for each subscription.
  for (const { queues, topics } of namespaces)
    expect(JSON.stringify({ queues, topics }, null, 1)).toBe(
      JSON.stringify({ queues: wanted?.queues, topics: wanted?.topics }, null, 1),
    );
  expect(queue.Name).toBe(DELIVERIES_QUEUE);
  expect(topic.Name).toBe(EVENTS_TOPIC);
});

test("the ids of roles are those of Azure", () => {
  const written = [...read("infra/shared.bicep").matchAll(/^ {2}(\w+): '([0-9a-f-]{36})'$/gm)];
  expect(Object.fromEntries(written.map(([, name, id]) => [name, id]))).toEqual(ROLES);
});

test("clients.json has ids that the app accepts, each once, and no stamp has more than eighty", () => {
  for (const file of ["infra/clients.json", "infra/pictures/clients.json"]) {
    const clients = readClients(join(ROOT, file));
    expect(clients.map(({ id }) => id).filter((id) => !isScopeId(id))).toEqual([]);
    expect(new Set(clients.map(({ id }) => busSetting(id))).size).toBe(clients.length);
    for (const stamp of Map.groupBy(clients, ({ stamp }) => stamp).values())
      expect(stamp.length).toBeLessThanOrEqual(80);
  }
});
