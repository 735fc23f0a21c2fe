import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { ROOT, openCli } from "./open-cli.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
let bicep: Bicep;
beforeAll(() => {
  bicep = openCli();
});
afterAll(() => {
  bicep.close();
});

/** Providers of everything that a compiled template makes, reads or delegates to; that of deployments themselves is always there. */
function providersOf(template: string): string[] {
  const named = [...template.matchAll(/"(?:type|serviceName)": "(Microsoft\.\w+)\/[\w/]+"/g)].map(
    ([, name = ""]) => name,
  );
  return named.filter((name) => name !== "Microsoft.Resources");
}

test("README and docs/deploy.md name every resource provider that the templates use, and no other", async () => {
  const templates = await Promise.all(
    ["main", "client"].map((name) => bicep.template(join(ROOT, `infra/${name}.bicep`))),
  );
  const used = [...new Set(templates.flatMap(providersOf))].toSorted();
  expect(used).toContain("Microsoft.App"); // Only because of the subnet's delegation.
  const [, loop = ""] = /^for provider in (.*); do$/m.exec(read("README.md")) ?? [];
  expect(loop.split(" ").map((name) => `Microsoft.${name}`)).toEqual(used);
  const [list = ""] = /^Resource providers must be registered[^]*?\n\n/m.exec(read("docs/deploy.md")) ?? [];
  expect([...list.matchAll(/`(Microsoft\.\w+)`/g)].map(([, name]) => name)).toEqual(used);
});
