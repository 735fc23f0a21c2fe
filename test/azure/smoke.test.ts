import { openScripts, prepareStamp, type ScriptsUnderTest } from "./scripts-under-test.ts";
import { changing, passes, short } from "./expectations.ts";
import type { State } from "./state.ts";

const SMOKE = "infra/smoke.sh --environment dev";
let scripts: ScriptsUnderTest;
let beginning: State;

beforeAll(async () => {
  scripts = await openScripts();
  await prepareStamp(scripts, "dev", "globex", "acme");
  beginning = scripts.az.state;
});
beforeEach(() => {
  scripts.az.state = structuredClone(beginning);
  scripts.az.calls = [];
});
afterEach(() => {
  expect(scripts.az.misspelt).toEqual([]);
});
afterAll(async () => {
  await scripts.close();
});

test("asks for life and readiness of all, then sends a canary for each client that has its webhook; nothing else changes", async () => {
  Reflect.deleteProperty(scripts.az.state.webhooks, "globex");
  const { out } = await passes(scripts, SMOKE);
  expect(scripts.az.calls.map(short)).toEqual([
    "account show",
    "functionapp list",
    "functionapp list",
    "functionapp config appsettings list",
    "rest get health",
    "rest get ready",
    "rest get webhooks",
    "rest get webhooks",
    "rest post canaries",
    "rest get deliveries",
    "rest get deliveries",
    "rest get deliveries/dl_wh_acme1",
  ]);
  expect(changing(scripts.az.calls.map(short))).toEqual(["rest post canaries"]);
  expect(out).toContain("globex has no canary webhook");
  expect(out).toContain("Canary canary-acme-2 made the whole trip");
  expect(out.trimEnd()).toMatch(/All checks passed\.$/);
});

test("one client's bus that is not reached is a failure that names it", async () => {
  const roles = Object.keys(scripts.az.state.resources).filter((id) => /sbns-globex-.*roleAssignments/.test(id));
  for (const id of roles) Reflect.deleteProperty(scripts.az.state.resources, id);
  const run = await scripts.bash(SMOKE);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("Timed out waiting until the app is ready.");
  expect(run.error).toContain(`"client":"globex","bus":{"ok":false`);
  expect(run.error).not.toContain("Nothing was changed");
});

test("an app without code is not alive", async () => {
  scripts.az.state.packages = {};
  const run = await scripts.bash(SMOKE);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("Timed out waiting until the app is alive. Last reason: ERROR: Not Found()");
});

test("a canary that does not arrive is a failure", async () => {
  for (const webhook of scripts.az.state.webhooks["acme"] ?? []) webhook.url = "https://receiver.example/404";
  const run = await scripts.bash(SMOKE);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("did not arrive: delivery dl_wh_acme1 is failed: The receiver answered 404.");
});

test("an environment without an app is reported", async () => {
  const run = await scripts.bash("infra/smoke.sh --environment production --resource-group rg-webhooks-dev");
  expect(run.exit).toBe(1);
  expect(run.error).toContain("Environment production has no app in resource group rg-webhooks-dev");
});
