import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2019 } from "ajv/dist/2019.js";
import { parse } from "yaml";
import * as z from "zod";
import project from "../../package.json" with { type: "json" };
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { ENVIRONMENTS, withCopy } from "../../scripts/bicep/copies.ts";
import { ofType } from "./checks.ts";
import { CLIENTS, ROOT, openCli } from "./open-cli.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const yaml = z.record(z.string(), z.unknown()).parse(parse(read("azure.yaml")));
const run = z.object({ run: z.string() });
const azure = z
  .object({
    infra: z.object({ provider: z.literal("bicep"), path: z.string(), module: z.string() }),
    services: z.record(
      z.string(),
      z.object({
        project: z.string(),
        dist: z.string(),
        hooks: z.object({ prepackage: z.object({ windows: run, posix: run }) }),
      }),
    ),
  })
  .parse(yaml);
const [[serviceName, service] = ["none", undefined]] = Object.entries(azure.services);

let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

/** What azd's own schema finds wrong. */
function schemaFaults(document: unknown): string[] {
  const schema = z.record(z.string(), z.unknown()).parse(JSON.parse(read("test/infra/schemas/azure.yaml.json")));
  // Not strict: the schema repeats titles beside references, which only strict mode minds.
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  // Schemas of azd's extensions, for services of other kinds than a Functions app.
  for (const url of new Set(JSON.stringify(schema).match(/https:\/\/raw[^"#]+\/extensions\/[^"#]+/g)))
    ajv.addSchema({ $id: url });
  ajv.validate(schema, document);
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

test("azure.yaml is as azd's schema has it, and the schema is one that finds faults", () => {
  expect(schemaFaults(yaml)).toEqual([]);
  expect(schemaFaults({ ...yaml, name: "KLS Webhooks" }).join()).toMatch(/^\/name must match pattern [^,]*$/);
  expect(schemaFaults({ name: "x1", services: { webhooks: { host: "function" } } }).join()).toContain("project");
  expect(schemaFaults({ name: "x1", services: { webhooks: { host: "function", project: ".", env: {} } } })).not.toEqual(
    [],
  );
});

test("the one service is the app that carries its tag, in every environment", async () => {
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
  expect([service?.project, service?.dist]).toEqual([".", "dist/webhooks.zip"]);
});

test.each(ENVIRONMENTS)("azd's environment %s would get what az deploys", async (environment) => {
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
