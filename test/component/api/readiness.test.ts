import { InvocationContext } from "@azure/functions";
import { ServiceBusClient } from "@azure/service-bus";
import { logOf } from "../../../functions/log.ts";
import { watch } from "../../../functions/watch.ts";
import { operatedBus } from "../../../shared/bus/operated-bus.ts";
import { Trouble } from "../../../shared/lib/errors.ts";
import type { CanaryDeps } from "../../../shared/management/canary.ts";
import type { ReadinessDeps } from "../../../shared/management/readiness.ts";
import { tableHeartbeats } from "../../../shared/tables/heartbeats.ts";
import { tableOpener } from "../../../shared/tables/deliveries/month-tables.ts";
import { at, startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";
import { NAMESPACE, openQueue, startClientBus, startMutePort } from "../support/client-bus.ts";
import type { ClientBus } from "../support/client-bus.ts";

const OPERATOR = { subject: "operator", roles: ["Webhooks.Operate"], clients: "*" } as const;
const DEVELOPMENT_KEY = "SharedAccessKeyName=k;SharedAccessKey=not-to-be-shown;UseDevelopmentEmulator=true";

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An API whose operators see these buses. */
async function apiWith(operations: Partial<ReadinessDeps & CanaryDeps>): Promise<ApiUnderTest> {
  const api = await startApi({ operations });
  closers.push(() => api.close().catch(() => undefined));
  return api;
}

async function bus(port = 0): Promise<ClientBus> {
  const started = await startClientBus(port);
  closers.push(() => started.close());
  return started;
}

/** A port on which nothing listens any more. */
async function closedPort(): Promise<number> {
  const gone = await startClientBus();
  await gone.close();
  return gone.port;
}

async function ready(
  api: ApiUnderTest,
  query = "",
  more: { roles?: readonly string[]; clients?: readonly string[] } = {},
): Promise<Reply> {
  return api.callPath("GET", `health/ready${query}`, { token: await api.issuer.token({ ...OPERATOR, ...more }) });
}

const shown = ({ json }: Reply): unknown[] => {
  const clients = at(json, "clients");
  return Array.isArray(clients) ? clients.map((one) => at(one, "client")) : [];
};

test("all answers: 200 with every check, every client, and when its function last ran", async () => {
  const [acme, globex] = [await bus(), await bus()];
  const api = await apiWith({
    buses: new Map([
      ["acme", operatedBus(acme.queue)],
      ["globex", operatedBus(globex.queue)],
    ]),
  });
  const ranAt = new Date("2026-11-23T10:00:00.123Z");
  const { signal } = new AbortController();
  await api.heartbeats.beat("acme", "deliver-acme", new Date("2026-11-22T10:00:00.000Z"), signal);
  await api.heartbeats.beat("acme", "deliver-acme", ranAt, signal);
  const reply = await ready(api);
  expect(reply.status).toBe(200);
  expect(reply.headers.get("content-type")).toBe("application/json");
  const good = { ok: true, ms: expect.any(Number) as number };
  expect(reply.json).toEqual({
    status: "ready",
    version: "0.0.0-test",
    checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    checks: [
      { name: "tables", ...good },
      { name: "key", ...good },
    ],
    clients: [
      { client: "acme", function: "deliver-acme", bus: good, lastRanAt: ranAt.toISOString() },
      { client: "globex", function: "deliver-globex", bus: good, lastRanAt: null },
    ],
  });
});

test("asking takes nothing from the queue and adds nothing", async () => {
  const acme = await bus();
  const api = await apiWith({ buses: new Map([["acme", operatedBus(acme.queue)]]) });
  const sender = (await acme.queue.client()).createSender("deliveries");
  await sender.sendMessages({ body: Buffer.from("waiting") });
  const before = acme.broker.stats(NAMESPACE, "deliveries");
  expect((await ready(api)).status).toBe(200);
  expect((await ready(api)).status).toBe(200);
  expect(acme.broker.stats(NAMESPACE, "deliveries")).toEqual(before);
  const receiver = (await acme.queue.client()).createReceiver("deliveries");
  const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  expect(message?.deliveryCount).toBe(0);
});

test("a bus that is down is named with the reason; the others stay ready; it is ready again when it is back", async () => {
  const [acme, globex] = [await bus(), await startClientBus()];
  const buses = new Map([
    ["acme", operatedBus(acme.queue)],
    ["globex", operatedBus(globex.queue)],
  ]);
  const api = await apiWith({ buses });
  expect((await ready(api)).status).toBe(200);
  await globex.broker.close();
  const down = await ready(api);
  expect([down.status, at(down.json, "status")]).toEqual([503, "not-ready"]);
  expect(at(down.json, "clients", 0, "bus", "ok")).toBe(true);
  expect(at(down.json, "clients", 1, "bus")).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/deliveries: .*ECONNREFUSED|^No answer within 5 s\.$/) as string,
  });
  expect((await ready(api, "?client=acme")).status).toBe(200);
  await bus(globex.port);
  closers.push(() => globex.queue.close());
  expect((await ready(api)).status).toBe(200);
});

test("the right to receive and the right to send are proven separately", async () => {
  const { queue, connectionString } = await bus();
  class Deaf extends ServiceBusClient {
    override createReceiver(): never {
      const told = new Error("Unauthorized access. 'Listen' claim(s) are required.\nTrackingId: 7");
      throw Object.assign(told, { name: "ServiceBusError", code: "UnauthorizedAccess" });
    }
  }
  const deaf = new Deaf(connectionString);
  closers.push(() => deaf.close());
  const check = (changed: Partial<typeof queue>): Promise<void> =>
    operatedBus({ ...queue, ...changed }).check(new AbortController().signal);
  // A subscription can be received from, but not sent to.
  await expect(check({ queue: "other/Subscriptions/kept" })).rejects.toThrow(/^Sending to other.*cannot be sent/);
  await expect(check({ client: () => Promise.resolve(deaf) })).rejects.toThrow(
    /^Receiving from deliveries: Unauthorized access. 'Listen' claim\(s\) are required. \(ServiceBusError UnauthorizedAccess\)$/,
  );
  await expect(check({ queue: "not-there" })).rejects.toThrow(/not-there/);
  await expect(check({})).resolves.toBeUndefined();
});

test("a key that cannot be used is named, and no secret of the reason is shown", async () => {
  const api = await apiWith({
    box: { check: () => Promise.reject(new Trouble("The vault says 403.\nAccountKey=abc")) },
  });
  const reply = await ready(api);
  expect([reply.status, at(reply.json, "checks", 0, "ok")]).toEqual([503, true]);
  expect(at(reply.json, "checks", 1)).toMatchObject({ name: "key", ok: false, reason: "The vault says 403." });
});

test("whatever hangs, the answer comes within the limit and names it", async () => {
  const { port, close } = await startMutePort();
  closers.push(close);
  const deaf = openQueue(`Endpoint=sb://localhost:${String(port)};${DEVELOPMENT_KEY}`);
  closers.push(() => deaf.close());
  const account = "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=bm90LXRvLWJlLXNob3du";
  const mute = `${account};TableEndpoint=http://localhost:${String(port)}/devstoreaccount1;`;
  const api = await apiWith({
    buses: new Map([["acme", operatedBus(deaf)]]),
    heartbeats: tableHeartbeats(tableOpener({ kind: "connection-string", value: mute })),
    box: { check: () => new Promise(() => undefined) },
    checkMs: 400,
  });
  // None of them ever answers: that this does is the limit's doing.
  const reply = await ready(api);
  const late = { ok: false, reason: "No answer within 0.4 s." };
  expect(reply.status).toBe(503);
  expect(reply.json).toMatchObject({
    status: "not-ready",
    checks: [
      { name: "tables", ...late },
      { name: "key", ...late },
    ],
    clients: [{ client: "acme", bus: late, lastRanAt: null }],
  });
  expect(reply.text).not.toContain("not-to-be-shown");
});

test("unreachable tables are named", async () => {
  const api = await apiWith({ checkMs: 1_000 });
  const token = await api.issuer.token(OPERATOR);
  expect((await api.callPath("GET", "health/ready", { token })).status).toBe(200);
  await api.closeTables();
  const reply = await api.callPath("GET", "health/ready", { token });
  expect([reply.status, at(reply.json, "checks", 0, "ok"), at(reply.json, "checks", 1, "ok")]).toEqual([
    503,
    false,
    true,
  ]);
});

test("an unreadable heartbeat only omits its time", async () => {
  const acme = await bus();
  const api = await apiWith({ buses: new Map([["acme", operatedBus(acme.queue)]]) });
  const { signal } = new AbortController();
  await api.heartbeats.beat("globex", "deliver-globex", new Date(), signal);
  const table = await api.tables.table("health");
  await table.upsertEntity({ partitionKey: "acme", rowKey: "deliver-acme", lastRanAt: "yesterday" }, "Replace");
  const reply = await ready(api);
  expect([reply.status, at(reply.json, "clients", 0, "lastRanAt")]).toEqual([200, null]);
  expect([...(await api.heartbeats.all(signal)).keys()]).toEqual(["deliver-globex"]);
});

test("only operators may ask, they see only their own clients, and others appear not to exist", async () => {
  const acme = await bus();
  const one = operatedBus(acme.queue);
  const api = await apiWith({
    buses: new Map([
      ["acme", one],
      ["globex", one],
    ]),
  });
  for (const roles of [[], ["Webhooks.Read"], ["Webhooks.Write"], ["Deliveries.Replay"]])
    expect([roles, (await ready(api, "", { roles })).status]).toEqual([roles, 403]);
  expect((await api.callPath("GET", "health/ready")).status).toBe(401);
  expect(shown(await ready(api))).toEqual(["acme", "globex"]);
  expect(shown(await ready(api, "?client=globex"))).toEqual(["globex"]);
  const clients = ["globex", "initech"];
  expect(shown(await ready(api, "", { clients }))).toEqual(["globex"]);
  for (const other of ["acme", "initech", "nobody", ""]) {
    const refused = await ready(api, `?client=${other}`, { clients });
    expect([other, refused.status, at(refused.json, "code")]).toEqual([other, 404, "not-found"]);
  }
});

test("the wrong method, Accept header or query is refused in this order, after the role", async () => {
  const api = await apiWith({});
  const [operator, reader] = [
    await api.issuer.token(OPERATOR),
    await api.issuer.token({ ...OPERATOR, roles: ["Webhooks.Read"] }),
  ];
  const call = (method: string, query: string, token: string, accept: string): Promise<Reply> =>
    api.callPath(method, `health/ready${query}`, { token, headers: { accept } });
  const posted = await call("POST", "?x=1", reader, "text/html");
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET"]);
  expect((await call("GET", "?x=1", reader, "text/html")).status).toBe(403);
  expect((await call("GET", "?x=1", operator, "text/html")).status).toBe(406);
  expect((await call("GET", "?x=1", operator, "*/*")).status).toBe(400);
  expect((await call("GET", "?client=a&client=b", operator, "*/*")).status).toBe(400);
});

test("the watch logs the same in one line: all clients, or what fails and why", async () => {
  const acme = await bus();
  const buses = new Map([["acme", operatedBus(acme.queue)]]);
  const api = await apiWith({ buses });
  const run = async (deps: ReadinessDeps): Promise<unknown> => {
    const lines: string[] = [];
    const context = new InvocationContext({
      functionName: "watch",
      logHandler: (level, ...parts) => lines.push([level, ...parts].join(" ")),
    });
    const status = { last: "", next: "", lastUpdated: "" };
    await watch({ ...deps, logFor: logOf })(
      { isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus: status },
      context,
    );
    return lines;
  };
  expect(await run(api.operations)).toEqual([`information {"event":"readiness.checked","clients":1}`]);
  const box = { check: () => Promise.reject(new Trouble("gone")) };
  const nobody = openQueue(`Endpoint=sb://localhost:${String(await closedPort())};${DEVELOPMENT_KEY}`);
  const down = new Map([...buses, ["globex", operatedBus(nobody)]]);
  expect(await run({ ...api.operations, box, buses: down })).toEqual([
    expect.stringMatching(
      /^error {"event":"readiness.failed","failing":\["key","bus globex"\],"reasons":{"key":"gone","bus globex":".*ECONNREFUSED/,
    ),
  ]);
});
