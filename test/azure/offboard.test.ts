import { openScripts, prepareStamp, type ScriptsUnderTest } from "./scripts-under-test.ts";
import { changing, failEverywhere, passes, picture, short } from "./expectations.ts";
import { type State, namespacesOf } from "./state.ts";

// A Premium bus in production: a lock, a private endpoint, alerts and roles hang on it.
const OFFBOARD = "infra/offboard-client.sh initech-eu --environment production --yes";
let scripts: ScriptsUnderTest;
let beginning: State;

beforeAll(async () => {
  scripts = await openScripts();
  await prepareStamp(scripts, "production", "globex", "initech-eu");
  scripts.clients("globex");
  beginning = scripts.az.state;
});
beforeEach(() => {
  scripts.az.state = structuredClone(beginning);
  scripts.az.calls = [];
  scripts.az.failure = undefined;
  scripts.az.meanwhile = undefined;
});
afterEach(() => {
  expect(scripts.az.misspelt).toEqual([]);
});
afterAll(async () => {
  await scripts.close();
});

/** Messages of initech-eu's bus. */
function messages() {
  const namespace = namespacesOf(scripts.az.state).find(({ name }) => name.startsWith("sbns-initech-eu-"));
  const found = scripts.az.state.messages[namespace?.id ?? ""];
  if (!found) throw new Error("initech-eu has no bus.");
  return found;
}

test("counts, closes the topic, counts again, takes the settings, syncs, and deletes the namespace last", async () => {
  const { out } = await passes(scripts, OFFBOARD);
  expect(scripts.az.calls.map(short)).toEqual([
    "account show",
    "resource list",
    "functionapp list",
    "functionapp config appsettings list",
    "functionapp config appsettings list",
    "servicebus queue show",
    "servicebus topic subscription show",
    "servicebus topic show",
    "servicebus topic update",
    "servicebus queue show",
    "servicebus topic subscription show",
    "functionapp config appsettings delete",
    "rest post syncfunctiontriggers",
    "rest post syncfunctiontriggers",
    "lock list",
    "lock delete",
    "role assignment list",
    "role assignment delete",
    "role assignment list",
    "role assignment delete",
    "role assignment list",
    "role assignment delete",
    "resource delete",
    "resource delete",
  ]);
  expect(scripts.az.calls.at(-1)?.argv.join(" ")).toMatch(/namespaces\/sbns-initech-eu-\w+ --output none$/);
  const scopes = scripts.az.calls
    .filter((call) => short(call) === "role assignment list")
    .map(({ argv }) => (argv[argv.indexOf("--scope") + 1] ?? "").replace(/^.*\/sbns-initech-eu-\w+/, ""));
  expect(scopes).toEqual(["/queues/deliveries", "/topics/events", ""]);
  expect(out).toContain("privateEndpoints sbns-initech-eu-");
  expect(out).toContain("Kept: its webhooks, sealed credentials and delivery log in the tables.");
  expect(out.trimEnd()).toMatch(/initech-eu is off\.$/);
});

test("everything of the client is deleted except its webhooks; everything else is unchanged", async () => {
  await passes(scripts, OFFBOARD);
  const [before, after] = [picture(beginning), picture(scripts.az.state)];
  const left = Object.keys({ ...after.resources, ...after.settings, ...after.messages }).filter((key) =>
    key.includes("initech"),
  );
  expect([...left, ...after.closed]).toEqual([]);
  expect(after.webhooks).toEqual(before.webhooks);
  const kept = Object.entries(before.resources).filter(([id]) => !id.includes("/sbns-initech-eu-"));
  expect(after.resources).toEqual(Object.fromEntries(kept));
  const [app = ""] = Object.keys(before.settings);
  const settings = Object.entries(before.settings[app] ?? {}).filter(([name]) => !name.startsWith("SB_INITECH_EU__"));
  expect(after.settings).toEqual({ [app]: Object.fromEntries(settings) });
  expect(Object.keys(before.settings[app] ?? {})).toHaveLength(settings.length + 3);
  expect(after.functions).toEqual({ [app]: ["deliver-globex"] });
});

test("a second run finds nothing, changes nothing and says so", async () => {
  await passes(scripts, OFFBOARD);
  const after = structuredClone(scripts.az.state);
  scripts.az.calls = [];
  expect((await passes(scripts, OFFBOARD)).out).toContain(
    "initech-eu has nothing in resource group rg-webhooks-production",
  );
  expect(scripts.az.state).toEqual(after);
  expect(changing(scripts.az.calls.map(short))).toEqual([]);
});

test("a failure of any call is reported, and the same command continues to the same result", async () => {
  expect(await failEverywhere(scripts, OFFBOARD)).toEqual({ told: 30, waitedOut: 4 });
}, 240_000);

test("a client that clients.json still names is refused before any call", async () => {
  const run = await scripts.bash("infra/offboard-client.sh globex --environment production --yes");
  expect(run.exit).toBe(1);
  expect(run.error).toContain(
    "globex is still in infra/clients.json: the next deployment of its stamp would bring its settings back.",
  );
  expect(scripts.az.calls).toEqual([]);
});

test.each([
  ["deliveries", "activeMessageCount"],
  ["deliveries", "scheduledMessageCount"],
  ["deliveries", "deadLetterMessageCount"],
  ["webhooks", "activeMessageCount"],
  ["webhooks", "deadLetterMessageCount"],
  ["webhooks", "transferDeadLetterMessageCount"],
] as const)("while messages wait (%s, %s) it refuses, unless they may be lost", async (where, kind) => {
  messages()[where][kind] = 3;
  const run = await scripts.bash(OFFBOARD);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("3 messages of initech-eu would be lost.");
  expect(run.error).toContain("--abandon-deliveries");
  expect(run.error).toContain("Nothing was changed.");
  expect(changing(scripts.az.calls.map(short))).toEqual([]);
  await passes(scripts, `${OFFBOARD} --abandon-deliveries`);
  expect(namespacesOf(scripts.az.state).map(({ name }) => name)).toEqual([expect.stringMatching(/^sbns-globex-/)]);
});

test("messages that arrive before the topic is closed are seen by the second count, and the way back is shown", async () => {
  scripts.az.meanwhile = (call) => {
    if (short(call) === "servicebus topic update") messages().deliveries.activeMessageCount = 2;
  };
  const run = await scripts.bash(OFFBOARD);
  expect(run.exit).toBe(1);
  expect(run.error).toContain("2 messages of initech-eu would be lost.");
  const [wayBack = ""] = /az servicebus topic update[^]*--status Active/.exec(run.error) ?? [];
  expect(changing(scripts.az.calls.map(short))).toEqual(["servicebus topic update"]);
  scripts.az.meanwhile = undefined;
  await passes(scripts, wayBack.replaceAll("\n", " "));
  expect(picture(scripts.az.state).closed).toEqual([]);
});

test("without a terminal and without --yes nothing is done", async () => {
  const run = await scripts.bash(OFFBOARD.replace(" --yes", ""));
  expect(run.error).toContain("stdin is not a terminal.");
  expect(changing(scripts.az.calls.map(short))).toEqual([]);
  expect(run.out).toContain("Planned changes:");
});

test("a bus is known as one in whatever case Azure names its type, and counted before it is deleted", async () => {
  for (const one of namespacesOf(scripts.az.state)) one.type = "Microsoft.ServiceBus/Namespaces";
  const run = await scripts.bash(OFFBOARD.replace(" --yes", ""));
  expect(run.out).toContain("queue deliveries: 0 waiting");
});

test("a lock of the whole group, which Azure lists with the bus's own, is kept", async () => {
  const { az } = scripts;
  const [first = ""] = Object.keys(az.state.resources);
  const id = `${first.replace(/\/providers\/.*/, "")}/providers/Microsoft.Authorization/locks/all`;
  az.state.resources[id] = { id, name: "all", type: "Microsoft.Authorization/locks", properties: {} };
  await scripts.bash(OFFBOARD);
  expect(Object.keys(az.state.resources)).toContain(id);
});

test("in another environment nothing of the client is found", async () => {
  await passes(scripts, "az group create --name rg-webhooks-dev --location westeurope --output none");
  scripts.az.calls = [];
  expect((await passes(scripts, OFFBOARD.replace("production", "dev"))).out).toContain("nothing to change");
  expect(changing(scripts.az.calls.map(short))).toEqual([]);
});
