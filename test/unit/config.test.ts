import { readFileSync } from "node:fs";
import * as z from "zod";
import { readConfig, settingsSchema } from "../../shared/platform/config.ts";

const bus = "Endpoint=sb://localhost:5672;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true";
const settings = {
  TABLES_CONNECTION: "UseDevelopmentStorage=true",
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "api://webhooks",
  AUTH_JWKS_URL: "https://issuer.example/keys",
  SECRETS_KEY_FILE: "keys.json",
};

test("clients are those whose bus the settings name, by connection string or by namespace", () => {
  const config = readConfig({
    ...settings,
    SB_ACME: bus,
    SB_GLOBEX_EU__fullyQualifiedNamespace: "sb-globex-eu.servicebus.windows.net",
  });
  expect(config.clients).toEqual([
    { client: "acme", setting: "SB_ACME", connection: { kind: "connection-string", value: bus } },
    {
      client: "globex-eu",
      setting: "SB_GLOBEX_EU",
      connection: { kind: "identity", namespace: "sb-globex-eu.servicebus.windows.net" },
    },
  ]);
  expect(config.clientFaults).toEqual([]);
});

test.each([
  ["SB_X", bus, /"x" is no client id/],
  ["SB_GLOBEX", "hello", /no Service Bus connection string/],
  [
    "SB_GLOBEX",
    "Endpoint=sb://localhost;SharedAccessKeyName=k",
    /SharedAccessKey is missing|SharedAccessKeyName or SharedAccessKey is missing/,
  ],
  ["SB_GLOBEX__fullyQualifiedNamespace", "not a host", /no fully qualified namespace/],
])("a bad %s is told and leaves the other clients", (name, value, fault) => {
  const config = readConfig({ ...settings, SB_ACME: bus, [name]: value });
  expect(config.clients.map(({ client }) => client)).toEqual(["acme"]);
  expect(config.clientFaults).toHaveLength(1);
  expect(config.clientFaults[0]).toMatch(fault);
  expect(config.clientFaults[0]).not.toContain("SharedAccessKey=v");
});

test("every fault of the app's own settings is listed at once", () => {
  const read = () => readConfig({ AUTH_JWKS_URL: "nonsense", OUTBOUND_ALLOW: "https://localhost:1/" });
  for (const name of ["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL", "SECRETS_KEY_FILE", "OUTBOUND_ALLOW"])
    expect(read).toThrow(name);
  expect(() => readConfig({ ...settings, TABLES_CONNECTION: undefined })).toThrow(
    "TABLES_CONNECTION or TABLES_ENDPOINT",
  );
});

test("a narrowed whitelist of header values must be the inside of a character class", () => {
  expect(readConfig({ ...settings, HEADER_VALUE_CHARACTERS: "A-Z " }).headerValueCharacters?.test("a")).toBe(false);
  expect(() => readConfig({ ...settings, HEADER_VALUE_CHARACTERS: "z-a" })).toThrow("HEADER_VALUE_CHARACTERS");
});

test("local.settings.sample.json names exactly the settings that the app reads", () => {
  const sample = z
    .object({ Values: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync("local.settings.sample.json", "utf8"))).Values;
  const platform = ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"];
  const names = Object.keys(sample).filter((name) => !platform.includes(name) && !name.startsWith("SB_"));
  expect(names.toSorted()).toEqual(Object.keys(settingsSchema.shape).toSorted());
  expect(readConfig(sample).clients).toHaveLength(1);
});
