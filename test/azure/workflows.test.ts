import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jobsOf, readWorkflows } from "../infra/workflow-commands.ts";
import { type ScriptsUnderTest, ROOT, openScripts } from "./scripts-under-test.ts";
import { passes, short } from "./expectations.ts";
import { emptyState, namespacesOf } from "./state.ts";

const jobs = jobsOf(readWorkflows(ROOT));
const IDS = {
  AZURE_TENANT_ID: "00000000-0000-0000-0000-00000000000a",
  WEBHOOKS_API_ID: "00000000-0000-0000-0000-00000000000c",
  ALERT_EMAILS: "operations@kognitiv.com",
  CORS_ORIGINS: "",
};

let scripts: ScriptsUnderTest;
beforeAll(async () => {
  scripts = await openScripts();
});
beforeEach(() => {
  scripts.az.state = emptyState();
  scripts.az.calls = [];
  // A job of a deployment takes longer than GitHub's word for who it is.
  scripts.az.options = { expired: true };
  scripts.clients("acme", "globex");
});
afterAll(async () => {
  await scripts.close();
});

/**
 * Runs the steps of a job as a runner does: each with `bash -e`, with the variables that the job names and what the steps before have put into
 * `GITHUB_ENV`. Actions do nothing here.
 * @param variables values of the job's variable expressions
 * @returns what the job put into its summary
 */
async function runJob(file: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const path = (name: string): string => join(scripts.folder, name);
  for (const name of ["env", "summary"]) writeFileSync(path(name), "");
  mkdirSync(path("dist"), { recursive: true });
  writeFileSync(path("dist/webhooks.zip"), "the package");
  const [job] = jobs.filter((one) => one.file === file);
  const known = new Map(Object.entries({ ...IDS, ...variables }));
  const own = Object.entries(job?.env ?? {}).map(([name, text]) => [
    name,
    text.includes("${{") ? known.get(name) : text,
  ]);
  const given = [...own, ["GITHUB_ENV", path("env")], ["GITHUB_STEP_SUMMARY", path("summary")]]
    .map(([name = "", value = ""]) => `export ${name}='${value}'`)
    .join("\n");
  scripts.az.state.tokens = []; // A job begins without any.
  for (const { run } of job?.steps ?? []) {
    if (run === undefined) continue;
    await passes(scripts, `set -e\n${given}\nset -a; source '${path("env")}'; set +a\n${run}`);
  }
  expect(scripts.az.misspelt).toEqual([]);
  return readFileSync(path("summary"), "utf8");
}

async function emptyGroup(environment: string): Promise<void> {
  await passes(scripts, `az group create --name rg-webhooks-${environment} --location westeurope --output none`);
  scripts.az.calls = [];
}

test.each(["dev", "production"])(
  "a deployment to %s creates the stamp and buses, then the app, then checks that it works",
  async (ENVIRONMENT) => {
    await emptyGroup(ENVIRONMENT);
    await runJob("deploy-environment.yml", { ENVIRONMENT });
    expect(scripts.az.calls.map(short).slice(0, 4)).toEqual([
      "account get-access-token",
      "bicep install",
      "deployment group create",
      "functionapp deployment source config-zip",
    ]);
    expect(scripts.az.calls.map(short).slice(4)).toContain("rest get ready");
    expect(namespacesOf(scripts.az.state).map(({ tags }) => tags?.["client"])).toEqual(["acme", "globex"]);
    expect(Object.values(scripts.az.state.functions)).toEqual([["deliver-acme", "deliver-globex"]]);
  },
);

test("a preview changes nothing and names what would be made, and afterwards nothing", async () => {
  await emptyGroup("dev");
  const before = structuredClone(scripts.az.state);
  const summary = await runJob("what-if.yml", { ENVIRONMENT: "dev" });
  expect(scripts.az.state).toEqual(before);
  expect(summary).toMatch(
    /### The stamp in dev\n\n```diff\nCreate\t[^]*namespaces\/sbns-acme-[^]*namespaces\/sbns-globex-/,
  );
  await runJob("deploy-environment.yml", { ENVIRONMENT: "dev" });
  expect(await runJob("what-if.yml", { ENVIRONMENT: "dev" })).not.toContain("Create");
});

test("a client is onboarded by its id alone", async () => {
  await emptyGroup("dev");
  await runJob("deploy-environment.yml", { ENVIRONMENT: "dev" });
  await runJob("onboard.yml", { CLIENT: "acme", ENVIRONMENT: "dev" });
  expect(scripts.az.state.canaries["acme"]).toHaveLength(1);
});
