import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import type { Client } from "../../scripts/bicep/copies.ts";
import { withCopy } from "../../scripts/bicep/copies.ts";
import { faultsOf } from "./checks.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { earlyReads } from "./order.ts";

/** A copy with one fault: what is broken, the file, what to write instead of what, and the check that must name it. */
const BROKEN: readonly (readonly [string, string, string, string, string])[] = [
  ["wrong SKU", "modules/bus.bicep", "name: sku, tier: sku,", "name: 'Basic', tier: 'Basic',", "sku"],
  ["misspelt property", "modules/bus.bicep", "lockDuration: bus.queue", "lockDurration: bus.queue", "BCP089"],
  ["string for a boolean", "modules/bus.bicep", "disableLocalAuth: true", "disableLocalAuth: 'true'", "BCP036"],
  ["missing role", "modules/bus-access.bicep", ", roles.serviceBusDataSender]", "]", "role-missing"],
  [
    "scaler that cannot count",
    "modules/bus-access.bicep",
    "  scope: namespace\n",
    "  scope: namespace::deliveries\n",
    "role-missing",
  ],
  ["role that may write", "modules/identity.bicep", "namespaces/*/read'", "namespaces/*'", "role-definition"],
  [
    "role that can be given anywhere",
    "modules/identity.bicep",
    "assignableScopes: [resourceGroup().id]",
    "assignableScopes: [subscription().id]",
    "role-definition",
  ],
  [
    "right on the whole bus",
    "modules/bus-access.bicep",
    "    name: guid(namespace::deliveries.id, identity.id, role)\n    scope: namespace::deliveries\n",
    "    name: guid(namespace.id, identity.id, role)\n    scope: namespace\n",
    "role-too-many",
  ],
  [
    "app that may replace its package",
    "main.bicep",
    "identityName: names.packagesIdentity",
    "identityName: names.identity",
    "role-principal",
  ],
  [
    "package fetched with the app's identity",
    "modules/function-app.bicep",
    "userAssignedIdentityResourceId: packagesIdentityId }",
    "userAssignedIdentityResourceId: identityId }",
    "package-identity",
  ],
  [
    "package among the host's files",
    "main.bicep",
    "packageContainer: 'https://${packageAccount}",
    "packageContainer: 'https://${hostAccount}",
    "package-kept",
  ],
  ["replaced package that is gone", "main.bicep", "    keptDays: 30\n", "", "package-kept"],
  [
    "role for the wrong principal",
    "modules/key-vault.bicep",
    "principalId: identity.properties.principalId",
    "principalId: identity.properties.clientId",
    "role-principal",
  ],
  ["key of the bus left on", "modules/bus.bicep", "disableLocalAuth: true", "disableLocalAuth: false", "local-auth"],
  [
    "key of storage left on",
    "modules/storage.bicep",
    "allowSharedKeyAccess: false",
    "allowSharedKeyAccess: true",
    "shared-key",
  ],
  [
    "secret in an output",
    "modules/storage.bicep",
    "resource lock ",
    "@description('A key.')\noutput key string = account.listKeys().keys[0].value\n\nresource lock ",
    "outputs-should-not-contain-secrets",
  ],
  [
    "setting the app does not read",
    "main.bicep",
    "  { name: 'AUTH_ISSUER', value: auth.issuer }\n",
    "  { name: 'AUTH_ISSUER', value: auth.issuer }\n  { name: 'AUTH_TENANT', value: auth.issuer }\n",
    "setting-not-read",
  ],
  [
    "setting it needs left out",
    "main.bicep",
    "  { name: 'AUTH_AUDIENCE', value: auth.audience }\n",
    "",
    "setting-left-out",
  ],
  ["queue name that differs from the app's", "bus.json", '"name": "deliveries"', '"name": "delivery"', "queue-name"],
  ["missing auto-forward", "modules/bus.bicep", "        forwardTo: deliveries.name\n", "", "auto-forward"],
  [
    "public storage",
    "modules/storage.bicep",
    "allowBlobPublicAccess: false",
    "allowBlobPublicAccess: true",
    "public-storage",
  ],
  ["purge protection off", "modules/key-vault.bicep", "    enablePurgeProtection: true\n", "", "purge-protection"],
  [
    "lock left out in production",
    "client.production.bicepparam",
    "param locked = true",
    "param locked = false",
    "lock",
  ],
  ["old TLS", "modules/storage.bicep", "'TLS1_2'", "'TLS1_0'", "tls"],
  [
    "bus that the app does not look for",
    "client.bicep",
    "? namespaceName(client.id, seed)",
    "? namespaceName(client.id, environment)",
    "bus-address",
  ],
  [
    "every right on the queue",
    "modules/bus-access.bicep",
    "roles.serviceBusDataSender]",
    "roles.serviceBusDataSender, '090c5cfd-751d-490a-894a-3ce6f1109419']",
    "role-too-many",
  ],
  [
    "publisher that may send to the queue too",
    "modules/bus-access.bicep",
    "    scope: namespace::events\n",
    "    scope: namespace\n",
    "role-missing",
  ],
  [
    "publisher left out",
    "modules/bus-access.bicep",
    "for producer in producers",
    "for producer in take(producers, 0)",
    "role-missing",
  ],
  [
    "alerts that read with the app's identity",
    "main.bicep",
    "identityName: stampName('id-alerts', environment, stamp)",
    "identityName: names.identity",
    "role-principal",
  ],
  [
    "alerts that may not read the workspace",
    "modules/log-alerts.bicep",
    "scope: workspace\n",
    "scope: identity\n",
    "role-missing",
  ],
  [
    "no diagnostics",
    "modules/bus.bicep",
    "scope: namespace\n  properties: {\n    workspaceId",
    "scope: namespace::events\n  properties: {\n    workspaceId",
    "diagnostics",
  ],
  [
    "identity that is read before it is made",
    "main.bicep",
    "  name: names.identity\n  dependsOn: [identity]\n",
    "  name: names.identity\n",
    "early-read",
  ],
  [
    "module that does not wait for the identity that it reads",
    "main.bicep",
    "    alertEmails: alertEmails\n  }\n  dependsOn: [identity]\n",
    "    alertEmails: alertEmails\n  }\n",
    "early-read",
  ],
  ["alert without its client", "client.bicep", "busName, tags: tags,", "busName, tags: {},", "tags"],
];

const acme: Client = { id: "acme", ...CLIENTS[0], producers: ["00000000-0000-0000-0000-0000000000d1"] };
let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

/** Names of the checks that find fault with production as `folder` has it: codes of the compiler and linter, else our own. */
async function checksThatFail(folder: string): Promise<string[]> {
  const { id } = acme;
  const main = join(folder, "main.production.bicepparam");
  const client = join(folder, `client.production.${id}.bicepparam`);
  const said = [];
  for (const file of ["main.bicep", "client.bicep"]) said.push(...(await bicep.diagnose(join(folder, file))));
  if (said.length > 0) return [...new Set(said.map(({ code }) => code))];
  const early = [];
  for (const file of ["main.bicep", "client.bicep"])
    early.push(...earlyReads(await bicep.template(join(folder, file))));
  const clients = [{ client: acme, picture: await bicep.picture(client) }];
  const faults = faultsOf({ production: true, main: await bicep.picture(main), clients });
  return [...new Set([...early, ...faults].map((fault) => fault.split(":")[0] ?? ""))];
}

test("an unbroken copy passes every check", async () => {
  expect(await withCopy(ROOT, [acme], checksThatFail)).toEqual([]);
});

test.each(BROKEN)("%s in %s is caught by name", async (_, file, before, after, check) => {
  const found = await withCopy(ROOT, [acme], (folder) => {
    const own = file === "client.production.bicepparam" ? `client.production.${acme.id}.bicepparam` : file;
    const path = join(folder, own);
    const text = readFileSync(path, "utf8");
    if (text.split(before).length !== 2) throw new Error(`${file} must hold this once, to be broken: ${before}`);
    writeFileSync(
      path,
      text.replace(before, () => after),
    );
    return checksThatFail(folder);
  });
  expect(found).toContain(check);
});
