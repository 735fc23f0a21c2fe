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
import { AWAITED, onAzure, readByApp, requiredByApp } from "./settings.ts";

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
  "the app starts with the settings of $name and serves every client by identity",
  ({ written }) => {
    const env = Object.fromEntries(written.map(({ name, value }) => [name, onAzure(value)]));
    const config = readConfig({ ...env, ...Object.fromEntries(AWAITED.read.map((name) => [name, "awaited"])) });
    expect(config.clientFaults).toEqual([]);
    expect(config.clients.map(({ client, setting, connection }) => [client, setting, connection.kind])).toEqual(
      CLIENTS.map(({ id }) => [id, busSetting(id), "identity"]),
    );
    const endpoint = config.tables.kind === "identity" ? config.tables.endpoint : "none";
    expect(endpoint).toMatch(/^https:\/\/stdata[a-z0-9]+\.table\.core\.windows\.net$/);
  },
);

test.each(environments)(
  "$name writes every setting that the app reads on Azure, and those it must have",
  ({ written }) => {
    const names = written.map(({ name }) => name);
    // Development reaches tables by connection string and seals with a file.
    const onAzureOnly = readByApp.filter((name) => !["TABLES_CONNECTION", ...AWAITED.read].includes(name));
    expect(onAzureOnly.filter((name) => !names.includes(name))).toEqual([]);
    expect(requiredByApp()).toEqual([
      "AUTH_ISSUER",
      "AUTH_AUDIENCE",
      "AUTH_JWKS_URL",
      "SECRETS_KEY_FILE",
      "TABLES_ENDPOINT",
    ]);
  },
);

test("what app and infrastructure do not agree on yet is exactly what is listed as awaited", () => {
  const names = environments.flatMap(({ written }) => written.map(({ name }) => name));
  for (const name of AWAITED.written)
    expect([name, names.includes(name), readByApp.includes(name)]).toEqual([name, true, false]);
  for (const name of AWAITED.read)
    expect([name, names.includes(name), requiredByApp().includes(name)]).toEqual([name, false, true]);
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
