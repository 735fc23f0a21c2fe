import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import { readClients } from "../../scripts/bicep/copies.ts";
import { parseConfig } from "../../local/service-bus/config.ts";
import { DELIVERIES_QUEUE } from "../../shared/bus/bus-client.ts";
import { EVENTS_TOPIC } from "../../shared/bus/operated-bus.ts";
import { busSetting, isScopeId } from "../../shared/core/scope.ts";
import { readConfig } from "../../shared/platform/config.ts";
import { ROLES, settingsOf } from "./checks.ts";
import { CLIENTS, ROOT } from "./open-cli.ts";
import { forDevelopment, onAzure, readByApp, requiredByApp, settingFaults } from "./settings.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** An entity of bus.json in the words of the emulator's configuration. */
const entity = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).transform(({ name, ...rest }) => ({
  Name: name,
  Properties: Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
  ),
}));

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

test("every namespace of the local bus has the entities of bus.json, lock for lock and lifetime for lifetime", () => {
  const { topic, subscription, queue } = z
    .object({ topic: entity, subscription: entity, queue: entity })
    .parse(JSON.parse(read("infra/bus.json")));
  const webhooks = { ...subscription, Properties: { ...subscription.Properties, ForwardTo: queue.Name } };
  const [azure] = parseConfig(
    JSON.stringify({
      UserConfig: {
        Namespaces: [{ Name: "azure", Queues: [queue], Topics: [{ ...topic, Subscriptions: [webhooks] }] }],
      },
    }),
  ).namespaces;
  const { namespaces } = parseConfig(read("local/service-bus/config.json"));
  expect(namespaces.length).toBeGreaterThan(0);
  // As text: the rule that lets everything in is a function, made anew for each subscription.
  for (const { queues, topics } of namespaces)
    expect(JSON.stringify({ queues, topics }, null, 1)).toBe(
      JSON.stringify({ queues: azure?.queues, topics: azure?.topics }, null, 1),
    );
  expect(queue.Name).toBe(DELIVERIES_QUEUE);
  expect(topic.Name).toBe(EVENTS_TOPIC);
});

test("the ids of roles are those of Azure", () => {
  const written = [...read("infra/shared.bicep").matchAll(/^ {2}(\w+): '([0-9a-f-]{36})'$/gm)];
  expect(Object.fromEntries(written.map(([, name, id]) => [name, id]))).toEqual(ROLES);
});

test("clients.json has ids that the app takes, each once, and no stamp has more than forty", () => {
  for (const file of ["infra/clients.json", "infra/pictures/clients.json"]) {
    const clients = readClients(join(ROOT, file));
    expect(clients.map(({ id }) => id).filter((id) => !isScopeId(id))).toEqual([]);
    expect(new Set(clients.map(({ id }) => busSetting(id))).size).toBe(clients.length);
    for (const stamp of Map.groupBy(clients, ({ stamp }) => stamp).values())
      expect(stamp.length).toBeLessThanOrEqual(40);
  }
});
