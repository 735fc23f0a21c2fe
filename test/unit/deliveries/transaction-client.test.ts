import type { CallService, ServiceRequest } from "../../../shared/core/ports/outbound.ts";
import { isPassing } from "../../../shared/lib/passing-trouble.ts";
import type { TablesSettings } from "../../../shared/tables/open-tables.ts";
import { openAccount } from "../../../shared/tables/transactions/account.ts";
import { transactionClient } from "../../../shared/tables/transactions/client.ts";
import { encodeWrite } from "../../../shared/tables/transactions/row-write.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");
const KEY = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=a2V5;EndpointSuffix=core.windows.net";
const WRITES = [encodeWrite("p", { kind: "insert", row: "r", properties: {} })];
const DONE = '--b\r\n\r\nHTTP/1.1 204 No Content\r\nETag: W/"1"\r\n\r\n--b--';

type Answer = Awaited<ReturnType<CallService>>;
const answer =
  (status: number, body = "", headers: Answer["headers"] = {}): (() => Promise<Answer>) =>
  () =>
    Promise.resolve({ status, headers, body });
const broken = (code: string) => (): Promise<Answer> => Promise.reject(Object.assign(new Error("broken"), { code }));
const refused = (status: number): (() => Promise<Answer>) =>
  answer(
    202,
    `--b\r\n\r\nHTTP/1.1 ${String(status)} x\r\n\r\n{"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en","value":"0:There."}}}`,
  );

interface Run {
  readonly requests: ServiceRequest[];
  readonly waits: number[];
  readonly end: unknown;
}

/** Gives these answers, the last one again and again. */
async function run(
  answers: readonly (() => Promise<Answer>)[],
  settings: TablesSettings = { kind: "connection-string", value: KEY },
): Promise<Run> {
  const requests: ServiceRequest[] = [];
  const waits: number[] = [];
  const submit = transactionClient({
    account: openAccount(settings, () => NOW),
    call: (request) => {
      requests.push(request);
      return (answers[requests.length - 1] ?? answers.at(-1) ?? answer(500))();
    },
    clock: () => NOW,
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
    random: () => 0.5,
  });
  const end = await submit("rows", "p", WRITES).catch((error: unknown) => error);
  return { requests, waits, end };
}

test("what can pass is tried again three times, after waits that double", async () => {
  for (const trouble of [
    answer(500),
    answer(503),
    answer(408),
    broken("ECONNRESET"),
    broken("UND_ERR_HEADERS_TIMEOUT"),
  ]) {
    const { waits, end } = await run([trouble]);
    expect(waits).toEqual([750, 1_500, 3_000]);
    expect(isPassing(end)).toBe(true);
    expect((await run([trouble, trouble, answer(202, DONE)])).end).toEqual(new Map([["r", 'W/"1"']]));
  }
});

test("a service that is too busy says how long to wait", async () => {
  expect((await run([answer(429, "", { "retry-after": "7" }), answer(202, DONE)])).waits).toEqual([7_000]);
  expect((await run([answer(503, "", { "retry-after": "soon" }), answer(202, DONE)])).waits).toEqual([750]);
});

test("a refusal is not tried again", async () => {
  for (const status of [400, 404, 409, 412, 413]) {
    const { waits, end } = await run([refused(status)]);
    expect([waits, end]).toMatchObject([[], { statusCode: status, index: 0, code: "EntityAlreadyExists" }]);
  }
  expect((await run([answer(501)])).waits).toEqual([]);
  expect((await run([broken("ERR_TLS_CERT_ALTNAME_INVALID")])).waits).toEqual([]);
});

test("an answer that is a proxy's page says its status alone", async () => {
  expect((await run([answer(403, "<html>{no}</html>")])).end).toMatchObject({
    statusCode: 403,
    message: "The table service answered 403 to a request.",
  });
});

test("the account is found in every form of connection string", async () => {
  for (const [value, url] of [
    [KEY, "https://acct.table.core.windows.net/$batch"],
    [`${KEY};TableEndpoint=https://tables.example/`, "https://tables.example/$batch"],
    ["UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1/$batch"],
    [
      "TableEndpoint=https://acct.table.core.windows.net;SharedAccessSignature=sv=2024&sig=x%3D",
      "https://acct.table.core.windows.net/$batch?sv=2024&sig=x%3D",
    ],
  ] as const)
    expect((await run([answer(202, DONE)], { kind: "connection-string", value })).requests[0]?.url).toBe(url);
  expect(() => openAccount({ kind: "connection-string", value: "AccountName=acct" }, () => NOW)).toThrow(/account key/);
});

test("a token is asked for once, however many write, and again before it runs out", async () => {
  let asked = 0;
  let lifetimeMs = 600_000;
  const credential = {
    getToken: () => {
      asked += 1;
      return Promise.resolve({ token: `t${String(asked)}`, expiresOnTimestamp: NOW.getTime() + lifetimeMs });
    },
  };
  const account = openAccount(
    { kind: "identity", endpoint: "https://acct.table.core.windows.net/", credential },
    () => NOW,
  );
  const some = await Promise.all([1, 2, 3].map(() => account.authorize("/$batch", NOW)));
  expect(some).toEqual(Array.from({ length: 3 }, () => ({ authorization: "Bearer t1" })));
  expect(await account.authorize("/$batch", NOW)).toEqual({ authorization: "Bearer t1" });
  lifetimeMs = 60_000;
  const short = openAccount(
    { kind: "identity", endpoint: "https://acct.table.core.windows.net", credential },
    () => NOW,
  );
  await short.authorize("/$batch", NOW);
  await short.authorize("/$batch", NOW);
  expect(asked).toBe(3);
});
