import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import { readClients } from "../../scripts/bicep/copies.ts";
import { azureConfig } from "../../local/service-bus/azure-config.ts";
import { parseConfig } from "../../local/service-bus/config.ts";
import { DELIVERIES_QUEUE } from "../../shared/bus/bus-client.ts";
import { busSetting, isScopeId } from "../../shared/core/scope.ts";
import { readConfig } from "../../shared/platform/config.ts";
import { ROLES, settingsOf } from "./checks.ts";
import { CLIENTS, ROOT } from "./open-cli.ts";
import { AWAITED, onAzure, readByApp, requiredByApp } from "./settings.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

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

test("every namespace of the local bus has what is deployed: lock for lock, lifetime for lifetime", () => {
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
  // As text: the rule that lets everything in is a function, made anew for each subscription.
  for (const { queues, topics } of namespaces)
    expect(JSON.stringify({ queues, topics }, null, 1)).toBe(
      JSON.stringify({ queues: wanted?.queues, topics: wanted?.topics }, null, 1),
    );
  expect(queue.Name).toBe(DELIVERIES_QUEUE);
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
