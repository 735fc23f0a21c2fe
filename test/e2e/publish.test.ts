import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { partnerControl } from "../../local/partner/control.ts";
import type { PartnerControl } from "../../local/partner/control.ts";
import { writeRuntime } from "../../local/stack/runtime.ts";
import { startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

const MAIN = join(import.meta.dirname, "../../local/publish/main.ts");
const dir = mkdtempSync(join(tmpdir(), "publish-"));
const runtimeFile = join(dir, "runtime.json");
let app: AppUnderTest;
let control: PartnerControl;

beforeAll(async () => {
  app = await startApp();
  control = partnerControl(app.stack.runtime.partner.control);
  writeRuntime(runtimeFile, app.stack.runtime);
});
afterAll(async () => {
  await app.close();
  rmSync(dir, { recursive: true, force: true });
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Lines of deliveries. */
  readonly lines: readonly string[];
}

function start(args: readonly string[], runtime = runtimeFile) {
  const child = spawn(process.execPath, [MAIN, "--runtime", runtime, ...args], { env: { PATH: process.env["PATH"] } });
  const done = async (): Promise<Said> => {
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    const lines = out.split("\n").filter((line) => / attempt \d/.test(line));
    return { code: child.exitCode, out, err, lines };
  };
  return { child, done: done() };
}

const publish = (...args: string[]): Promise<Said> => start(args).done;

/** A separate scope for each test: its webhooks are those that the test created. */
const scope = (program: string): string[] => ["--program", program];
async function webhook(program: string, body: object): Promise<void> {
  const { api, tokens } = app.stack.runtime;
  const answer = await fetch(`${api}/api/clients/acme/programs/${program}/environments/uat/webhooks`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.admin}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
}
const partnerUrl = (name: string): string => `${app.stack.runtime.partner.url}/in/${name}`;

test("without anything: a sample webhook is made, one event goes through it, its delivery is printed", async () => {
  const first = await publish();
  expect(first).toMatchObject({ code: 0, err: "" });
  expect(first.out).toContain(`created “Sample: partner” to ${partnerUrl("sample")}`);
  expect(first.lines).toHaveLength(1);
  expect(first.lines[0]).toMatch(
    new RegExp(
      `^delivered {2}200 {2}attempt 1 {1,6}\\d+ ms {2}Sample: partner {2}${app.stack.runtime.partner.url} {2}sample-\\S+$`,
    ),
  );
  expect(first.out).toContain(`1 delivered. What the partner received: ${app.stack.runtime.partner.control}`);
  const [request] = await control.requests("sample");
  expect(request?.body.text).toContain('"to":"zoe@example.com","name":"Zoë","points":250,');

  const second = await publish();
  expect(second).toMatchObject({ code: 0, err: "" });
  expect(second.out).not.toContain("created");
  expect(await control.requests("sample")).toHaveLength(2);
});

test("many events with attributes of one's own: each has its id, digits arrive as given, only webhooks that want it get it", async () => {
  const body = '{"id":"{{event.id}}","points":{{points}},"balance":{{balance}},"reward":{{reward}}}';
  await webhook("many", { name: "A", url: partnerUrl("many"), eventTypes: ["reward.redeemed"], body });
  await webhook("many", { name: "B", url: partnerUrl("other"), eventTypes: ["reward.issued"], body });
  const attributes = '{"points": 12345678901234567890, "balance": 0.10, "reward": {"name": "Tea"}}';
  const said = await publish(
    ...scope("many"),
    "--type",
    "reward.redeemed",
    "--count",
    "250",
    "--attributes",
    attributes,
  );
  expect(said).toMatchObject({ code: 0, err: "" });
  expect(new Set(said.lines.map((line) => line.split("  ").at(-1))).size).toBe(250);
  expect(said.out).toContain("250 delivered.");
  const received = await control.deliveries("many");
  expect(received).toHaveLength(250);
  expect(received[0]?.requests[0]?.body.text).toMatch(
    /"points":12345678901234567890,"balance":0.10,"reward":\{"id":"R-2041","name":"Tea","value":25.00,/,
  );
  expect(await control.requests("other")).toEqual([]);
});

test("what is not delivered is reported with its reason and the time of its next attempt", async () => {
  await control.receiver("busy", { faults: [{ kind: "status", status: 503 }] });
  await control.receiver("strict", { faults: [{ kind: "status", status: 400 }] });
  await webhook("amiss", { name: "Busy", url: partnerUrl("busy") });
  await webhook("amiss", { name: "Strict", url: partnerUrl("strict") });
  await webhook("amiss", { name: "Fine", url: partnerUrl("fine") });
  await webhook("amiss", { name: "Private", url: "https://127.0.0.2/" });
  const said = await publish(...scope("amiss"));
  expect(said.code).toBe(1);
  const line = (name: string): string | undefined => said.lines.find((one) => one.includes(`  ${name}  `));
  expect(line("Busy")).toMatch(
    /^retrying {3}503 .*The receiver answered 503\. {2}Next attempt at \d\d:\d\d:\d\dZ, in \d+ s\.$/,
  );
  expect(line("Strict")).toMatch(/^failed {5}400 .*The receiver answered 400/);
  expect(line("Fine")).toMatch(/^delivered {2}200 /);
  expect(line("Private")).toMatch(/^failed {5}address-refused /);
  expect(said.out).toMatch(/1 retrying/);
  expect(said.out).toMatch(/2 failed/);
});

test("--no-sample: without a webhook nothing is created and nothing published", async () => {
  const said = await publish("--client", "globex", "--no-sample");
  expect(said.code).toBe(1);
  expect(said.err).toContain("No webhook of globex/rewards/uat matches reward.issued, so nothing was published.");
  expect((await app.api("GET", "webhooks", undefined, { client: "globex" })).json.at("items")).toEqual([]);
});

test("webhooks of an earlier run go to where the partner is now, those of other receivers stay", async () => {
  const secret = [{ key: "Authorization", value: "Basic abc" }];
  await webhook("moved", { name: "Mail", url: "https://localhost:1/in/mail?to={{memberId}}", body: "{{points}}" });
  await webhook("moved", { name: "Secret", url: "https://localhost:1/in/secret", headers: secret });
  await webhook("moved", { name: "Own", url: "https://localhost:11/in/own" });
  const file = join(dir, "moved.json");
  const { runtime } = app.stack;
  writeRuntime(file, { ...runtime, partner: { ...runtime.partner, earlierUrls: ["https://localhost:1"] } });
  const said = await start(scope("moved"), file).done;
  expect(said.out).toContain(`“Mail” now points to ${partnerUrl("mail")}?to={{memberId}}`);
  expect(said.out).toMatch(/^delivered {2}200 .* Mail /m);
  expect((await control.requests("mail"))[0]).toMatchObject({ url: "/in/mail?to=M-10042", body: { text: "250" } });
  expect(said.out).toMatch(/^failed .* Own /m);
  expect(said.out).not.toContain("“Own” goes");
  expect(said.out).toMatch(
    /“Secret” now points to \S+|“Secret” points to \S+, an earlier address of the partner: change it to /,
  );
});

const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;

test.each([
  ["an unknown type", ["--type", "reward.stolen"], "is not an event type; the types are reward.issued,"],
  ["an unknown client", ["--client", "initech"], "the stack has no client “initech”; its clients are acme, globex."],
  ["a client named as what every object has", ["--client", "constructor"], "the stack has no client “constructor”"],
  ["a program that is not an id", ["--program", "Rewards"], "would be dead-lettered: data.program must be"],
  [
    "attributes 70 deep",
    ["--attributes", nested(70)],
    "would be dead-lettered: Objects and lists are nested more than 64 deep",
  ],
  ["attributes 20,000 deep", ["--attributes", nested(20_000)], "nested too deeply"],
])("%s is refused before anything is sent", async (_, args, reason) => {
  const said = await publish(...args);
  expect(said).toMatchObject({ code: 2, out: "" });
  expect(said.err).toContain(reason);
  expect(said.err).toContain("npm run publish -- --help");
});

describe("a stack that is not running", () => {
  let other: Server | undefined;
  afterEach(() => other?.close());
  const listening = async (server: Server): Promise<string> => {
    other = server;
    await once(server.listen(0, "127.0.0.1"), "listening");
    return `http://localhost:${String((server.address() as AddressInfo).port)}`;
  };
  const saidAt = async (api: string): Promise<Said> => {
    const file = join(dir, "stale.json");
    writeRuntime(file, { ...app.stack.runtime, api });
    return start([], file).done;
  };

  test("has no runtime.json", async () => {
    const said = await start([], join(dir, "none.json")).done;
    expect(said.code).toBe(1);
    expect(said.err).toMatch(/^The stack is not running: there is no .*none\.json\. Start it with npm start/);
  });

  test("was killed and left its runtime.json", async () => {
    const server = createTcpServer();
    const api = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const said = await saidAt(api);
    expect(said.code).toBe(1);
    expect(said.err).toContain(`The stack is not running: nothing answers at ${api}.`);
  });

  test("was killed, and another program has its port", async () => {
    const api = await listening(createServer((_, response) => response.writeHead(404).end("<h1>Not me</h1>")));
    const said = await saidAt(api);
    expect(said.code).toBe(1);
    expect(said.err).toContain(`another program answers at ${api}`);
  });
});

test("Ctrl-C ends the waiting", async () => {
  await control.receiver("hangs", { faults: [{ kind: "hang" }] });
  await webhook("hang", { name: "Hangs", url: partnerUrl("hangs") });
  const { child, done } = start(scope("hang"));
  await control.waitFor("hangs");
  child.kill("SIGINT");
  const said = await done;
  expect(said).toMatchObject({ code: 130, lines: [] });
  expect(said.err).toContain("Stopped. Events already on the bus are still delivered.");
});
