import { aCredential, add, aWebhook, deliveryFixture, START, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import type { TlsServer } from "../support/tls-server.ts";

let backends: Backends;
let server: TlsServer;

beforeAll(async () => {
  backends = await startBackends();
  ({ server } = backends);
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

/** A webhook of which the receiver answers with these bytes, the next time with the next ones, and then ends the connection. */
function receiverSays(...answers: readonly string[]): DeliveryFixture {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  let tokens = 0;
  let said = 0;
  server.answer = (request, response, socket) => {
    if (request.url === "/token") response.end(JSON.stringify({ access_token: `t${String((tokens += 1))}` }));
    else socket.end(answers[(said += 1) - 1] ?? "");
  };
  return made;
}

const CUT = "Content-Length: 10\r\n\r\nhalf";
const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

test("a 200 whose body is cut off is delivered, and its record is marked truncated", async () => {
  const made = receiverSays(`HTTP/1.1 200 OK\r\n${CUT}`);
  await made.deliver(made.event("e1"));
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(await backends.store.attempts(made.scope, row?.id ?? "")).toMatchObject([
    { response: { status: 200, body: "half", truncated: true } },
  ]);
  expect(made.retryScheduler.scheduled).toEqual([]);
});

test.each([
  ["is cut off", `HTTP/1.1 410 Gone\r\n${CUT}`],
  ["is cut off within its headers", "HTTP/1.1 410 Gone\r\nContent-Le"],
  [
    "says its length and chunks",
    "HTTP/1.1 410 Gone\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ],
  ["comes behind a 100 Continue", `${CONTINUE}HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n`],
])("a 410 that %s pauses the webhook", async (_what, answer) => {
  const made = receiverSays(answer);
  await made.deliver(made.event("e1"));
  expect(await made.rows()).toMatchObject([{ state: "failed", attemptCount: 1 }]);
  expect(made.webhooks.get("wh_a")).toMatchObject({ enabled: false });
  expect(made.webhooks.get("wh_a")?.pausedReason).toContain("410");
});

test.each([
  ["is cut off", `HTTP/1.1 401 Unauthorized\r\n${CUT}`],
  ["folds its lines", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer\r\n realm=a\r\nContent-Length: 0\r\n\r\n"],
  ["comes behind a 100 Continue", `${CONTINUE}HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n`],
])("a 401 that %s gets a new token", async (_what, answer) => {
  const made = receiverSays(answer, "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok");
  await made.deliver(made.event("e1"));
  expect(await made.rows()).toMatchObject([{ state: "delivered", attemptCount: 1 }]);
  expect(server.seen.map(({ url, headers }) => headers.authorization ?? url)).toEqual([
    "/token",
    "Bearer t1",
    "/token",
    "Bearer t2",
  ]);
});

test.each([
  ["is cut off", `HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\n${CUT}`],
  ["folds its lines", "HTTP/1.1 503 Busy\r\nX-A: b\r\n c\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n"],
  [
    "gives its length twice",
    "HTTP/1.1 429 Slow\r\nRetry-After: 7200\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
  ],
  [
    "has no end of its chunks",
    "HTTP/1.1 503 Busy\r\nRetry-After: 7200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n",
  ],
])("the Retry-After of an answer that %s is kept", async (_what, answer) => {
  const made = receiverSays(answer);
  await made.deliver(made.event("e1"));
  expect(await made.rows()).toMatchObject([
    { state: "retrying", nextAttemptAt: new Date(START.getTime() + 7_200_000) },
  ]);
});

test.each([
  ["100 Continue twice, with headers", `${CONTINUE}HTTP/1.1 100 Continue\r\nServer: IIS\r\n\r\n`],
  ["a 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"],
])("a token endpoint that says %s first gives its token", async (_what, interim) => {
  const made = receiverSays("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const { answer } = server;
  const body = '{"access_token":"odd"}';
  server.answer = (request, response, socket) => {
    if (request.url !== "/token") answer(request, response, socket);
    else socket.end(`${interim}HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`);
  };
  await made.deliver(made.event("e1"));
  expect(await made.rows()).toMatchObject([{ state: "delivered", attemptCount: 1 }]);
  expect(server.seen.map(({ url, headers }) => headers.authorization ?? url)).toEqual(["/token", "Bearer odd"]);
});
