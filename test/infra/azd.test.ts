import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import * as z from "zod";
import project from "../../package.json" with { type: "json" };
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { ENVIRONMENTS, withCopy } from "../../scripts/bicep/copies.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";
import { ofType } from "./resources.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const yaml = z.record(z.string(), z.unknown()).parse(parse(read("azure.yaml")));
const run = z.strictObject({ shell: z.enum(["sh", "pwsh"]), run: z.string() });

/**
 * As much of an azure.yaml as ours uses, and no name beside it: azd passes over a name that it does not know without a word.
 * @see https://learn.microsoft.com/azure/developer/azure-developer-cli/azd-schema
 */
const azureYaml = z.strictObject({
  name: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  infra: z.strictObject({ provider: z.literal("bicep"), path: z.string(), module: z.string() }),
  services: z.record(
    z.string(),
    z.strictObject({
      host: z.literal("function"),
      project: z.string(),
      language: z.literal("custom"),
      dist: z.string(),
      remoteBuild: z.boolean(),
      hooks: z.strictObject({ prepackage: z.strictObject({ windows: run, posix: run }) }),
    }),
  ),
});
const azure = azureYaml.parse(yaml);
const [[serviceName, service] = ["none", undefined]] = Object.entries(azure.services);

let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

test("azure.yaml has what azd reads and nothing that azd would ignore", () => {
  expect(azureYaml.safeParse(yaml).error).toBeUndefined();
  expect(azureYaml.safeParse({ ...yaml, name: "KLS Webhooks" }).error?.issues[0]?.path).toEqual(["name"]);
  expect(azureYaml.safeParse({ ...yaml, service: {} }).success).toBe(false);
});

test("the one service is the app that has its tag, in every environment", async () => {
  expect(Object.keys(azure.services)).toEqual([serviceName]);
  await withCopy(ROOT, CLIENTS, async (folder) => {
    for (const environment of ENVIRONMENTS) {
      const apps = ofType(await bicep.picture(join(folder, `main.${environment}.bicepparam`)), "Microsoft.Web/sites");
      expect(apps).toMatchObject([{ tags: { "azd-service-name": serviceName } }]);
    }
  });
});

test("its hook makes the zip that is deployed", () => {
  const scripts: Readonly<Record<string, string>> = project.scripts;
  for (const { run } of [service?.hooks.prepackage.posix, service?.hooks.prepackage.windows].filter((hook) => !!hook)) {
    expect(run).toMatch(/^npm run [a-z]+$/);
    expect(scripts[run.replace("npm run ", "")]).toContain("scripts/package.ts");
  }
  // A remote build would make something else of the zip.
  expect(service).toMatchObject({ project: ".", dist: "dist/webhooks.zip", remoteBuild: false });
});

test.each(ENVIRONMENTS)("azd deploys the same as az to the environment %s", async (environment) => {
  const path = `${azure.infra.path}/${azure.infra.module}.bicepparam`;
  expect(path).toBe("infra/main.bicepparam");
  const text = read(path);
  const own = text.replace("readEnvironmentVariable('AZURE_ENV_NAME', 'dev')", `'${environment}'`);
  expect(own).not.toBe(text);
  await withCopy(ROOT, CLIENTS, async (folder) => {
    writeFileSync(join(folder, "main.bicepparam"), own);
    const [azd, az] = [
      await bicep.picture(join(folder, "main.bicepparam")),
      await bicep.picture(join(folder, `main.${environment}.bicepparam`)),
    ];
    expect(azd.predictedResources.length).toBeGreaterThan(10);
    expect(azd).toEqual(az);
  });
});
