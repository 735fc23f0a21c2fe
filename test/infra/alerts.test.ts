import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { parsePicture } from "../../scripts/bicep/bicep.ts";
import { ENVIRONMENTS, withCopy } from "../../scripts/bicep/copies.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { ofType } from "./resources.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const rule = z.object({
  scopes: z.array(z.string()),
  enabled: z.literal(true),
  actions: z.object({ actionGroups: z.array(z.string()) }),
  criteria: z.object({ allOf: z.array(z.object({ query: z.string(), operator: z.string(), threshold: z.number() })) }),
});

/** Names of events that a query looks for: `delivery.attempted`. */
function eventsIn(query: string): string[] {
  const quoted = [...query.matchAll(/"([a-z]+\.[a-z_]+)"/g)].map(([, name = ""]) => name);
  return [...new Set(quoted)];
}

test.each(ENVIRONMENTS)("%s alerts by each query, with the rights of its own identity", (name) => {
  const picture = parsePicture(read(`infra/pictures/main.${name}.1-client.json`));
  const group = ofType(picture, "Microsoft.Insights/actionGroups")[0]?.id;
  const component = ofType(picture, "Microsoft.Insights/components")[0]?.id;
  const reader = ofType(picture, "Microsoft.ManagedIdentity/userAssignedIdentities").find(({ id }) =>
    id.includes("/id-alerts-webhooks-"),
  );
  const alerts = ofType(picture, "Microsoft.Insights/scheduledQueryRules");
  const queries = readdirSync(join(ROOT, "infra/queries"));
  expect(queries.length).toBeGreaterThan(0);
  expect(alerts.map(({ name: alert }) => `${alert.replace(/^alert-webhooks-[a-z]+-[a-z]+-/, "")}.kql`).sort()).toEqual(
    queries.sort(),
  );
  for (const alert of alerts) {
    const { scopes, actions, criteria } = rule.parse(alert.properties);
    expect([scopes, actions.actionGroups]).toEqual([[component], [group]]);
    expect(criteria.allOf.map(({ operator }) => operator)).toEqual(["GreaterThan"]);
    expect(alert["identity"]).toEqual({ type: "UserAssigned", userAssignedIdentities: { [reader?.id ?? ""]: {} } });
  }
});

test.each(ENVIRONMENTS)(
  "each alert of %s states the period that its query looks back, and docs/operations.md has a row for it",
  (name) => {
    const resources = parsePicture(read(`infra/pictures/main.${name}.1-client.json`)).predictedResources;
    const alerts = resources.filter(({ type }) => /\/(scheduledQueryRules|metricAlerts)$/.test(type));
    const kinds = alerts.map(({ name: alert }) =>
      alert.replace(/^(alert-webhooks-[a-z]+-[a-z]+|sbns-[a-z]+-\w+)-/, ""),
    );
    const rows = new Map(
      [...read("docs/operations.md").matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|/gm)].map(([, kind = "", says = ""]) => [
        kind,
        says,
      ]),
    );
    expect([...rows.keys()].toSorted()).toEqual(kinds.toSorted());
    const minutes = (text: string): string[] => [...text.matchAll(/(\d+) minutes/g)].map(([, count = ""]) => count);
    for (const [index, { type, properties }] of alerts.entries()) {
      if (!type.endsWith("/scheduledQueryRules")) continue;
      const { criteria } = rule.parse(properties);
      const [, back = ""] = /ago\((\d+)m\)/.exec(criteria.allOf[0]?.query ?? "") ?? [];
      const kind = kinds[index] ?? "";
      for (const text of [String(properties["description"]), rows.get(kind) ?? ""])
        expect([kind, minutes(text).filter((count) => count !== back)]).toEqual([kind, []]);
    }
  },
);

test("queries look for events that the app logs", () => {
  const code = ["functions", "shared"]
    .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((f) => [folder, f]))
    .filter(([, file = ""]) => file.endsWith(".ts"))
    .map((path) => read(path.join("/")))
    .join("\n");
  const wanted = readdirSync(join(ROOT, "infra/queries")).flatMap((file) => eventsIn(read(`infra/queries/${file}`)));
  expect(wanted).toContain("delivery.attempted");
  expect(wanted.filter((event) => !code.includes(`"${event}"`))).toEqual([]);
});

describe("the platform's own check of tokens", () => {
  let bicep: Bicep;
  beforeAll(() => {
    bicep = openCli();
  });
  afterAll(() => {
    bicep.close();
  });
  const settings = z.object({
    globalValidation: z.object({
      requireAuthentication: z.boolean(),
      unauthenticatedClientAction: z.string(),
      excludedPaths: z.array(z.string()),
    }),
    identityProviders: z.object({
      azureActiveDirectory: z.object({
        registration: z.object({ clientId: z.string(), openIdIssuer: z.string() }),
        validation: z.object({ allowedAudiences: z.array(z.string()) }),
      }),
    }),
  });

  test("is off without the registration's id, and with it refuses everything except public endpoints", async () => {
    const off = parsePicture(read("infra/pictures/main.production.1-client.json"));
    expect(ofType(off, "Microsoft.Web/sites/config")).toEqual([]);
    const clientId = "00000000-0000-0000-0000-0000000000e1";
    const on = await withCopy(ROOT, CLIENTS.slice(0, 1), (folder) => {
      const path = join(folder, "main.production.bicepparam");
      const text = readFileSync(path, "utf8");
      writeFileSync(path, text.replace("clientsClaim: 'roles'", `clientsClaim: 'roles'\n  clientId: '${clientId}'`));
      return bicep.picture(path);
    });
    const [config] = ofType(on, "Microsoft.Web/sites/config");
    const { globalValidation, identityProviders } = settings.parse(config?.properties);
    expect(globalValidation).toEqual({
      requireAuthentication: true,
      unauthenticatedClientAction: "Return401",
      excludedPaths: ["/api/health", "/api/openapi.json"],
    });
    expect(identityProviders.azureActiveDirectory).toEqual({
      registration: {
        clientId,
        openIdIssuer: "https://login.microsoftonline.com/00000000-0000-0000-0000-00000000000a/v2.0",
      },
      validation: { allowedAudiences: ["00000000-0000-0000-0000-00000000000c"] },
    });
  });
});
