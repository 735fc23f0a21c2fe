import { isScopeId } from "../../shared/core/scope.ts";
import { openScripts, prepareStamp, type ScriptsUnderTest } from "./scripts-under-test.ts";
import { changing, failEverywhere, passes, picture, short } from "./expectations.ts";
import type { State } from "./state.ts";

const ONBOARD = "infra/onboard-client.sh acme --yes";
let scripts: ScriptsUnderTest;
let beginning: State;

beforeAll(async () => {
  scripts = await openScripts();
  await prepareStamp(scripts, "dev", "globex");
  scripts.clients("globex", "acme");
  beginning = scripts.az.state;
});
beforeEach(() => {
  scripts.az.state = structuredClone(beginning);
  scripts.az.calls = [];
  scripts.az.failure = undefined;
  scripts.az.options = {};
});
afterEach(() => {
  expect(scripts.az.misspelt).toEqual([]);
});
afterAll(async () => {
  await scripts.close();
});

test("looks first, then deploys, sets, syncs, waits and sends a canary, in this order", async () => {
  const { out } = await passes(scripts, ONBOARD);
  expect(scripts.az.calls.map(short)).toEqual([
    "account show",
    "functionapp list",
    "functionapp config appsettings list",
    "deployment group list",
    "deployment group what-if",
    "deployment group create",
    "deployment group show",
    "servicebus topic show",
    "deployment group show",
    "functionapp config appsettings list",
    "functionapp config appsettings set",
    "rest post syncfunctiontriggers",
    "rest post syncfunctiontriggers",
    "rest get ready",
    "rest get ready",
    "rest get webhooks",
    "rest post webhooks",
    "rest post canaries",
    "rest get deliveries",
    "rest get deliveries",
    "rest get deliveries/dl_wh_acme1",
  ]);
  expect(out).toContain("Create Microsoft.ServiceBus/namespaces/sbns-acme-");
  expect(out).toContain(
    "Canary canary-acme-1 made the whole trip: delivery dl_wh_acme1, failed with status 405, as expected from https://",
  );
  expect(out.trimEnd()).toMatch(/acme is on\.$/);
});

test("what was there stays as it was; what comes is acme's, and the app has all settings it had", async () => {
  await passes(scripts, ONBOARD);
  const [before, after] = [picture(beginning), picture(scripts.az.state)];
  const isNew = (key: string): boolean => !(key in before.resources);
  const added = Object.keys(after.resources).filter(isNew);
  expect(added.length).toBeGreaterThan(8);
  expect(added.filter((id) => !id.includes("/sbns-acme-"))).toEqual([]);
  const [app = ""] = Object.keys(after.settings);
  expect(Object.keys(after.settings[app] ?? {}).filter((name) => !(name in (before.settings[app] ?? {})))).toEqual([
    "SB_ACME__fullyQualifiedNamespace",
    "SB_ACME__credential",
    "SB_ACME__clientId",
  ]);
  // Without what is acme's, before and after are the same, to the last field.
  for (const id of added) Reflect.deleteProperty(after.resources, id);
  for (const id of Object.keys(after.messages))
    if (id.includes("/sbns-acme-")) Reflect.deleteProperty(after.messages, id);
  for (const name of Object.keys(after.settings[app] ?? {}))
    if (name.startsWith("SB_ACME__")) Reflect.deleteProperty(after.settings[app] ?? {}, name);
  after.functions[app] = (after.functions[app] ?? []).filter((name) => name !== "deliver-acme");
  Reflect.deleteProperty(after.webhooks, "acme");
  Reflect.deleteProperty(after.deployments, "rg-webhooks-dev/client-acme");
  expect(after).toEqual(before);
});

test("a second run changes nothing but for one more canary, and says so", async () => {
  await passes(scripts, ONBOARD);
  const after = picture(scripts.az.state);
  scripts.az.calls = [];
  const { out } = await passes(scripts, ONBOARD);
  expect(picture(scripts.az.state)).toEqual(after);
  expect(changing(scripts.az.calls.map(short))).toEqual(["rest post syncfunctiontriggers", "rest post canaries"]);
  expect(out).toContain("nothing to deploy: its bus matches infra/client.bicep");
  expect(out).toContain("All three are already set.");
  expect(out.trimEnd()).toMatch(/acme was already on; nothing to change\.$/);
});

test("a failure of any call is reported, and the same command continues to the same result", async () => {
  // The waits are outlasted: syncs of triggers, two questions of readiness and two of the record.
  expect(await failEverywhere(scripts, ONBOARD)).toEqual({ told: 19, waitedOut: 8 });
}, 240_000);

test("only the settings that differ are set", async () => {
  await passes(scripts, ONBOARD);
  const settings = Object.values(scripts.az.state.settings)[0] ?? {};
  settings["SB_ACME__credential"] = "something else";
  scripts.az.calls = [];
  const { out } = await passes(scripts, ONBOARD);
  expect(out).toContain("Set: SB_ACME__credential\n");
  const set = scripts.az.calls.filter((call) => short(call).endsWith("appsettings set"));
  expect(set.map(({ argv }) => argv.filter((word) => word.startsWith("SB_")))).toEqual([
    ["SB_ACME__credential=managedidentity"],
  ]);
});

test("a topic that an offboarding closed is opened again", async () => {
  await passes(scripts, ONBOARD);
  const topic = Object.keys(scripts.az.state.resources).find((id) => /sbns-acme-\w+\/topics\/events$/.test(id)) ?? "";
  scripts.az.state.closed = [topic];
  expect((await passes(scripts, ONBOARD)).out).toContain("Reopened its topic.");
  expect(scripts.az.state.closed).toEqual([]);
});

test("with a URL for the canary, it must arrive there; the webhook follows a new URL", async () => {
  const { out } = await passes(scripts, `${ONBOARD} --canary-url https://receiver.example/204`);
  expect(out).toContain("Canary canary-acme-1 arrived: delivery dl_wh_acme1, delivered.");
  await passes(scripts, `${ONBOARD} --canary-url https://receiver.example/200`);
  expect(scripts.az.state.webhooks["acme"]).toEqual([
    { id: "wh_acme1", name: "Canary", url: "https://receiver.example/200" },
  ]);
  // Without a URL the webhook is unchanged.
  expect((await passes(scripts, ONBOARD)).out).toContain("delivered.");
});

test.each([
  ["404", "Error: Canary canary-acme-1 did not arrive: delivery dl_wh_acme1 is failed: The receiver answered 404."],
  ["405", "Error: Canary canary-acme-1 did not arrive"],
  [
    "503",
    "Error: Timed out waiting until event canary-acme-1 has been delivered. Last reason: delivery dl_wh_acme1 is retrying",
  ],
])("a canary whose receiver answers %s is a failure, reported with where to look", async (status, told) => {
  const run = await scripts.bash(`${ONBOARD} --canary-url https://receiver.example/${status}`);
  expect(run.exit).toBe(1);
  expect(run.error).toContain(told);
  expect(run.error).toMatch(/See https:\/\/.*deliveries/);
  expect(run.error).toContain("Step 5 of 5 failed: Canary.");
});

test("waiting for readiness ends, with the last reason and where to look", async () => {
  scripts.az.meanwhile = () => {
    for (const app of Object.keys(scripts.az.state.settings)) scripts.az.state.restarting[app] = 1;
  };
  const run = await scripts.bash(ONBOARD);
  scripts.az.meanwhile = undefined;
  expect(run.exit).toBe(1);
  expect(run.error).toContain(
    'Timed out waiting until the app is ready for acme. Last reason: ERROR: Service Unavailable({"status":"not-ready"',
  );
  expect(run.error).toContain("/api/health/ready");
  expect(scripts.az.calls.filter((call) => short(call) === "rest get ready")).toHaveLength(4);
});

test("a stamp with eighty clients takes this one, and one with more is refused before any call, with advice", async () => {
  const many = Array.from({ length: 80 }, (_, index) => `client-${String(index)}`);
  scripts.clients(...many, "acme");
  const run = await scripts.bash(ONBOARD);
  expect([run.exit, scripts.az.calls]).toEqual([1, []]);
  expect(run.error).toContain("Stamp 'one' has 81 clients in infra/clients.json; one serves 80 at most.");
  expect(run.error).toContain("Give acme another stamp");
  scripts.clients(...many.slice(1), "acme");
  await passes(scripts, ONBOARD);
  scripts.clients("globex", "acme");
}, 60_000);

test("restarts and rights that the app does not have yet are waited for, and reported", async () => {
  const { out } = await passes(scripts, ONBOARD);
  expect(out).toContain("Not yet: ERROR: Bad Request(");
  expect(out).toMatch(/Not yet: ERROR: Service Unavailable\(.*403 Forbidden/);
});

test("a token that the app does not take ends the wait, in the app's words", async () => {
  scripts.az.options = { roles: undefined };
  const run = await scripts.bash(ONBOARD);
  expect(run.error).toContain('Error: The API denied access: ERROR: Unauthorized({"type":"about:blank"');
  expect(scripts.az.calls.filter((call) => short(call) === "rest get ready")).toHaveLength(1);
});

test("a caller without the role learns at once which one it needs", async () => {
  scripts.az.options = { roles: ["Webhooks.Read"] };
  const run = await scripts.bash(ONBOARD);
  expect(run.error).toContain("The API denied access: ERROR: Forbidden(");
  expect(run.error).toContain("the app roles Webhooks.Operate, Webhooks.Read and Webhooks.Write");
  expect(scripts.az.calls.filter((call) => short(call) === "rest get ready")).toHaveLength(1);
});

test("a caller whose token has other clients times out, with a hint at the reason", async () => {
  scripts.az.options = { roles: ["Webhooks.Operate", "Webhooks.Read", "Webhooks.Write", "globex"] };
  const run = await scripts.bash(ONBOARD);
  expect(run.error).toContain("Last reason: ERROR: Not Found(");
  expect(run.error).toContain("or that acme is not among the clients of your token: docs/deploy.md.");
  scripts.az.options = { roles: ["Webhooks.Operate", "Webhooks.Read", "Webhooks.Write", "acme"] };
  await passes(scripts, ONBOARD);
});

const ids = [
  "acme",
  "a1",
  "a",
  "A1",
  "Acme",
  "1acme",
  "-acme",
  "a-",
  "acme-",
  "acme--eu",
  "a-b-c-d-e-f-g-h",
  "a-b-c-d-e-f-g-h-i",
  "acme_eu",
  "acme.eu",
  "acmé",
  "a".repeat(16),
  "a".repeat(17),
  " acme",
  "acme\n",
  "a'b",
];
test("an id passes here exactly when the app takes it, and a bad one is refused before any call", async () => {
  scripts.clients();
  for (const id of ids) {
    const run = await scripts.bash(`infra/onboard-client.sh '${id.replaceAll("'", String.raw`'\''`)}' --yes`);
    expect([id, run.error]).toEqual([
      id,
      expect.stringContaining(isScopeId(id) ? "is not in infra/clients.json" : "is not a valid client id"),
    ]);
    expect(run.exit).toBe(1);
  }
  expect(scripts.az.calls).toEqual([]);
  scripts.clients("globex", "acme");
});

test.each([
  ["infra/onboard-client.sh", "The client id is missing."],
  ["infra/onboard-client.sh acme globex", "Unexpected argument 'globex'."],
  ["infra/onboard-client.sh acme --environment staging", "Unknown environment 'staging'."],
  ["infra/onboard-client.sh acme --enviroment dev", "Unknown option --enviroment."],
  ["infra/onboard-client.sh acme --resource-group", "--resource-group requires a value."],
  ["infra/onboard-client.sh acme --abandon-deliveries", "Unknown option --abandon-deliveries."],
  [
    "infra/onboard-client.sh acme --canary-url http://receiver.example/",
    "The canary cannot call 'http://receiver.example/'.",
  ],
  ["infra/onboard-client.sh initech-eu", "initech-eu is not in infra/clients.json"],
])("refused before any call: %s", async (command, told) => {
  const run = await scripts.bash(command);
  expect(run.exit).toBe(1);
  expect(run.error).toContain(told);
  expect(run.error).toContain("Nothing was changed.");
  expect(scripts.az.calls).toEqual([]);
});

test.each([
  ["acme --yes --resource-group rg-other", "Resource group 'rg-other' could not be found."],
  ["acme --yes --environment production", "Resource group 'rg-webhooks-production' could not be found."],
  [
    "acme --yes --environment production --resource-group rg-webhooks-dev",
    "Stamp 'one' has no app in resource group rg-webhooks-dev",
  ],
  ["acme", "stdin is not a terminal."],
])("refused without a change: %s", async (args, told) => {
  const run = await scripts.bash(`infra/onboard-client.sh ${args}`);
  expect(run.exit).not.toBe(0);
  expect(run.error).toContain(told);
  expect(run.error).toContain("Nothing was changed.");
  expect(changing(scripts.az.calls.map(short))).toEqual([]);
});

test.each(["onboard-client.sh acme", "offboard-client.sh initech-eu", "smoke.sh"])(
  "without an Azure CLI it says so, and not that a login is missing: %s",
  async (command) => {
    const bare = await scripts.bash(`mkdir -p bare
      for tool in bash env dirname; do ln -sf "$(command -v $tool)" bare/; done
      PATH=$PWD/bare infra/${command}`);
    expect([bare.exit, bare.error]).toEqual([
      1,
      expect.stringMatching(/^Error: The Azure CLI is not installed[^]*Install/),
    ]);
    expect(bare.error).not.toContain("logged in");
  },
);

test("without a login it says how to get one", async () => {
  scripts.az.state.subscription = null;
  const run = await scripts.bash(ONBOARD);
  expect(run.error).toContain("You are not logged in to Azure.\n  Run az login");
});

test.each([
  ["n", "Canceled.", []],
  ["y", "acme is on.", ["deployment group create"]],
])("in a terminal it asks, and follows the answer: %s", async (answer, told, first) => {
  const run = await scripts.bash(`echo ${answer} | script -qec 'infra/onboard-client.sh acme' /dev/null`);
  expect(run.out).toContain("Continue? [y/N]");
  expect(run.out).toContain(told);
  expect(changing(scripts.az.calls.map(short)).slice(0, 1)).toEqual(first);
});
