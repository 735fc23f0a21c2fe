import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Bicep, Picture } from "../../scripts/bicep/bicep.ts";
import type { Client } from "../../scripts/bicep/copies.ts";
import { withCopy } from "../../scripts/bicep/copies.ts";
import { isScopeId } from "../../shared/core/scope.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { ofType } from "./resources.ts";

let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

const standard = (id: string): Client => ({ id, stamp: "one", sku: "Standard" });

/** What `main.dev.bicepparam` would deploy with these clients and these lines more; a line replaces the one of the same parameter. */
function deployed(clients: readonly Client[], ...lines: readonly string[]): Promise<Picture> {
  return withCopy(ROOT, clients, (folder) => {
    const path = join(folder, "main.dev.bicepparam");
    const kept = readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => !lines.some((one) => line.startsWith(one.slice(0, one.indexOf("=") + 1))));
    writeFileSync(path, [...kept, ...lines, ""].join("\n"));
    return bicep.picture(path);
  });
}

/** The message with which a deployment fails before it creates anything; empty when it proceeds. */
async function refusal(clients: readonly Client[], ...lines: readonly string[]): Promise<string> {
  try {
    const { predictedResources } = await deployed(clients, ...lines);
    return /fail\('([^']*)'\)/.exec(JSON.stringify(predictedResources))?.[1] ?? "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test.each([
  ["a client id with two hyphens", [standard("a--b")], [], "a--b is not a valid client id"],
  ["a client id with a hyphen at its end", [standard("acme-")], [], "acme- is not a valid client id"],
  ["a client id in capitals", [standard("Acme")], [], "Acme is not a valid client id"],
  [
    "mail to nobody",
    CLIENTS,
    ["param alertEmails = listOf('ops@kognitiv.example')"],
    "ops@kognitiv.example reaches nobody",
  ],
  [
    "mail to example.com",
    CLIENTS,
    ["param alertEmails = listOf('a@kognitiv.com, ops@Mail.Example.com')"],
    "ops@Mail.Example.com reaches nobody",
  ],
  ["an address without a domain", CLIENTS, ["param alertEmails = listOf('ops')"], "ops reaches nobody"],
  [
    "every origin",
    CLIENTS,
    ["param corsOrigins = 'https://admin.kognitiv.com, *'"],
    "* would let every page call the API",
  ],
  [
    "one always-ready instance in zones",
    CLIENTS,
    ["param zoneRedundant = true", "param dataSku = 'Standard_ZRS'", "param alwaysReadyHttp = 1"],
    "zone-redundant",
  ],
  ["data that is not zone-redundant", CLIENTS, ["param zoneRedundant = true"], "zone-redundant"],
])("%s is refused before anything is created", async (_, clients, lines, message) => {
  expect(await refusal(clients, ...lines)).toContain(message);
});

test("a stamp takes eighty clients and refuses one more, with advice", async () => {
  const eighty = Array.from({ length: 80 }, (_, index) => standard(`client-${String(index + 1)}`));
  const off = "param withBuses = false";
  expect(await refusal(eighty, off)).toBe("");
  expect(await refusal([...eighty, standard("one-more")], off)).toContain(
    "one serves 80 at most. Give the newest another stamp",
  );
}, 60_000);

test("ids that the app accepts are deployed, and ids that differ only in hyphens stay distinct", async () => {
  const ids = ["acme", "a1", "a-1", "initech-eu", "a--b", "a-", "-a", "1a"];
  const refused = await Promise.all(ids.map((id) => refusal([standard(id)])));
  expect(ids.filter((_, index) => refused[index] === "")).toEqual(ids.filter(isScopeId));
});

test("zones, pages and instances that wait reach the plan, the app and every account", async () => {
  const [acme, ...others] = CLIENTS;
  const main = await deployed(
    [{ id: "acme", ...acme, alwaysReady: 2 }, ...others],
    "param zoneRedundant = true",
    "param dataSku = 'Standard_GZRS'",
    "param alwaysReadyHttp = 3",
    "param corsOrigins = 'https://admin.kognitiv.com, https://other.kognitiv.com'",
  );
  expect(ofType(main, "Microsoft.Web/serverfarms")).toMatchObject([{ properties: { zoneRedundant: true } }]);
  expect(ofType(main, "Microsoft.Storage/storageAccounts").map(({ sku }) => sku?.name)).toEqual([
    "Standard_ZRS",
    "Standard_ZRS",
    "Standard_GZRS",
  ]);
  const [app] = ofType(main, "Microsoft.Web/sites");
  expect(app?.properties).toMatchObject({
    functionAppConfig: {
      runtime: { name: "node", version: "24" },
      scaleAndConcurrency: {
        alwaysReady: [
          { name: "http", instanceCount: 3 },
          { name: "function:deliver-acme", instanceCount: 2 },
        ],
      },
    },
    siteConfig: {
      cors: {
        allowedOrigins: ["https://admin.kognitiv.com", "https://other.kognitiv.com"],
        supportCredentials: false,
      },
    },
  });
});
