import { ONE_OF_TWO, readConfig } from "../../shared/platform/config.ts";

const bus = "Endpoint=sb://localhost:5672;SharedAccessKeyName=k;SharedAccessKey=v;UseDevelopmentEmulator=true";
const keyUrl = "https://kv-webhooks.vault.azure.net/keys/wrapping";
const settings = {
  TABLES_CONNECTION: "UseDevelopmentStorage=true",
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "api://webhooks",
  AUTH_JWKS_URL: "https://issuer.example/keys",
  SECRETS_KEY_FILE: "keys.json",
};

test("clients are those whose bus is in the settings, by connection string or by namespace", () => {
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
  ["SB_X", bus, /"x" is not a valid client id/],
  ["SB_A__B", bus, /"a--b" is not a valid client id .*no two hyphens in a row/],
  ["SB_ACME_", bus, /"acme-" is not a valid client id .*none at the end/],
  ["SB__ACME", bus, /"-acme" is not a valid client id/],
  ["SB_A__B__fullyQualifiedNamespace", "sb-a.servicebus.windows.net", /"a--b" is not a valid client id/],
  ["SB_ACME___fullyQualifiedNamespace", "sb-a.servicebus.windows.net", /"acme-" is not a valid client id/],
  ["SB_GLOBEX", "hello", /no Service Bus connection string/],
  [
    "SB_GLOBEX",
    "Endpoint=sb://localhost;SharedAccessKeyName=k",
    /SharedAccessKey is missing|SharedAccessKeyName or SharedAccessKey is missing/,
  ],
  ["SB_GLOBEX__fullyQualifiedNamespace", "not a host", /not a fully qualified namespace/],
])("a bad %s is reported and leaves the other clients", (name, value, fault) => {
  const config = readConfig({ ...settings, SB_ACME: bus, [name]: value });
  expect(config.clients.map(({ client }) => client)).toEqual(["acme"]);
  expect(config.clientFaults).toHaveLength(1);
  expect(config.clientFaults[0]).toMatch(fault);
  expect(config.clientFaults[0]).not.toContain("SharedAccessKey=v");
});

test("every fault of the app's own settings is listed at once", () => {
  const read = () => readConfig({ AUTH_JWKS_URL: "nonsense", OUTBOUND_ALLOW: "https://localhost:1/" });
  for (const name of ["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_JWKS_URL", "OUTBOUND_ALLOW", ...ONE_OF_TWO.flat()])
    expect(read).toThrow(name);
});

test.each(ONE_OF_TWO.map(([development, azure]) => ({ development, azure })))(
  "exactly one of $development and $azure is set",
  ({ development, azure }) => {
    const value = { TABLES_ENDPOINT: "https://data.table.core.windows.net", SECRETS_KEY_URL: keyUrl }[azure];
    const without = { ...settings, [development]: undefined };
    expect(() => readConfig(without)).toThrow(`${development} or ${azure}: one of the two is required`);
    expect(() => readConfig({ ...settings, [azure]: value })).toThrow(
      `${development} or ${azure}: only one of the two may be set`,
    );
    expect(() => readConfig({ ...without, [azure]: value })).not.toThrow();
  },
);

test("secrets are sealed with a key of a Key Vault, or with a file of keys", () => {
  expect(readConfig(settings).secrets).toEqual({ kind: "key-file", path: "keys.json" });
  expect(readConfig({ ...settings, SECRETS_KEY_FILE: "", SECRETS_KEY_URL: keyUrl }).secrets).toEqual({
    kind: "key-vault",
    keyUrl,
  });
});

test.each([
  ["http", "http://kv-webhooks.vault.azure.net/keys/wrapping"],
  ["a version", `${keyUrl}/0123456789abcdef0123456789abcdef`],
  ["a slash at the end", `${keyUrl}/`],
  ["a query", `${keyUrl}?api-version=7.6`],
  ["a secret instead of a key", "https://kv-webhooks.vault.azure.net/secrets/wrapping"],
  ["no name", "https://kv-webhooks.vault.azure.net/keys/"],
  ["a user in front of the host", "https://kv-webhooks.vault.azure.net@evil.example/keys/wrapping"],
])("SECRETS_KEY_URL with %s is refused with the form that it must have", (_, url) => {
  const read = () => readConfig({ ...settings, SECRETS_KEY_FILE: undefined, SECRETS_KEY_URL: url });
  expect(read).toThrow("must be https://<vault>.vault.azure.net/keys/<name>");
  expect(read).toThrow("SECRETS_KEY_URL");
});

test("browser origins are taken unchanged; none by default", () => {
  const origins = "https://admin.example, http://localhost:5173,https://xn--tda.example:8443,http://[::1]:3000,";
  expect([...readConfig({ ...settings, CORS_ORIGINS: origins }).corsOrigins]).toEqual([
    "https://admin.example",
    "http://localhost:5173",
    "https://xn--tda.example:8443",
    "http://[::1]:3000",
  ]);
  expect(readConfig(settings).corsOrigins.size).toBe(0);
});

test.each([
  ["*", "name each origin"],
  ["https://*.example", "write scheme and host"],
  ["https://a*.example", "write scheme and host"],
  ["null", "write scheme and host"],
  ["admin.example", "write scheme and host"],
  ["ftp://admin.example", "write scheme and host"],
  ["https://", "write scheme and host"],
  ["https://a.example;https://b.example", "write scheme and host"],
  ["https://admin.example/", "write https://admin.example"],
  ["https://admin.example/ui", "write https://admin.example"],
  ["https://Admin.example", "write https://admin.example"],
  ["HTTPS://admin.example", "write https://admin.example"],
  ["https://admin.example:443", "write https://admin.example"],
  ["https://ü.example", "write https://xn--tda.example"],
  ["https://user@admin.example", "write https://admin.example"],
])("CORS_ORIGINS with %s is refused: %s", (origin, advice) => {
  const read = () => readConfig({ ...settings, CORS_ORIGINS: `https://good.example,${origin}` });
  expect(read).toThrow("CORS_ORIGINS");
  expect(read).toThrow(`${JSON.stringify(origin)} is not an exact origin; ${advice}`);
});

test("a narrowed whitelist of header values must be the inside of a character class; a space at its end is one of them", () => {
  const { headerValueCharacters } = readConfig({ ...settings, HEADER_VALUE_CHARACTERS: "A-Z " });
  expect([headerValueCharacters?.test("A B"), headerValueCharacters?.test("a")]).toEqual([true, false]);
  for (const wrong of ["z-a", "]*$|.*["]) {
    expect(() => readConfig({ ...settings, HEADER_VALUE_CHARACTERS: wrong })).toThrow("HEADER_VALUE_CHARACTERS");
  }
});
