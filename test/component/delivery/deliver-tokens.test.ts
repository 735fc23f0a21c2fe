import { aCredential, add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
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

function fixture(): DeliveryFixture {
  return deliveryFixture(backends);
}

/** Answers token requests with token-1, token-2, …; the receiver takes every token but the first. */
function revokedToken(refusal: { status: number; headers?: Record<string, string> }): void {
  let tokens = 0;
  server.answer = (request, response) => {
    if (request.url === "/token")
      response.end(JSON.stringify({ access_token: `token-${String((tokens += 1))}`, expires_in: 3600 }));
    else if (request.headers.authorization === "Bearer token-1")
      response.writeHead(refusal.status, refusal.headers).end();
    else response.writeHead(200).end();
  };
}

const INVALID = { "www-authenticate": `Bearer realm="api", error="invalid_token", error_description="expired"` };
test.each([
  ["401", { status: 401 }],
  ["401 with a challenge", { status: 401, headers: INVALID }],
  ["400 with invalid_token", { status: 400, headers: INVALID }],
  [
    "400 with invalid_token without quotes",
    { status: 400, headers: { "www-authenticate": "Bearer error=invalid_token" } },
  ],
])("%s gets one new token within the attempt", async (_what, refusal) => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  revokedToken(refusal);
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(server.seen.map(({ url }) => url)).toEqual(["/token", "/wh_a/M-1", "/token", "/wh_a/M-1"]);
});

test.each([403, 419, 440, 498])("after %i the next attempt has a new token", async (status) => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  revokedToken({ status });
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({ state: "retrying", attemptCount: 1 });
  expect(server.seen.map(({ url }) => url)).toEqual(["/token", "/wh_a/M-1"]);
  await made.deliverRetries();
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 2 });
  expect(server.seen.map(({ url }) => url)).toEqual(["/token", "/wh_a/M-1", "/token", "/wh_a/M-1"]);
});

test.each([
  ["400 that blames the token for good is tried again", { status: 400, headers: INVALID }, true, "retrying"],
  [
    "400 that blames something else is final",
    { status: 400, headers: { "www-authenticate": `Bearer error="invalid_request"` } },
    true,
    "failed",
  ],
  ["without a credential such a 400 is final", { status: 400, headers: INVALID }, false, "failed"],
])("%s", async (_what, refusal, credential, state) => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a", { credentialId: credential ? "cr_a" : null }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  server.answer = (request, response) => {
    if (request.url === "/token") response.end(JSON.stringify({ access_token: "t", expires_in: 3600 }));
    else response.writeHead(refusal.status, refusal.headers).end();
  };
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({ state });
});

test("a status that the webhook names as success is delivered, and says nothing about the token", async () => {
  const made = fixture();
  const success = { alsoStatuses: [401, 409, 410] };
  for (const id of ["wh_401", "wh_409", "wh_410"]) add(made, aWebhook(server, id, { success, credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  server.answer = (request, response) => {
    if (request.url === "/token") response.end(JSON.stringify({ access_token: "t", expires_in: 3600 }));
    else response.writeHead(Number(/wh_(\d+)/.exec(request.url)?.[1])).end();
  };
  await made.deliver(made.event("e1"));
  expect((await made.rows()).map(({ state, reason }) => [state, reason])).toEqual(Array(3).fill(["delivered", null]));
  expect(server.seen.filter(({ url }) => url === "/token")).toHaveLength(1);
  expect([...made.webhooks.values()].every(({ enabled }) => enabled)).toBe(true);
});

test("401 again is a failure that is tried again", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  let tokens = 0;
  server.answer = (request, response) => {
    if (request.url === "/token") response.end(JSON.stringify({ access_token: `token-${String((tokens += 1))}` }));
    else response.writeHead(401).end();
  };
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({
    state: "retrying",
    reason: { kind: "status", message: "The receiver answered 401." },
  });
  expect(server.seen).toHaveLength(4);
});

test.each(["refused", "gone"])("a delivery never leaves without its token: credential %s", async (what) => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a" }));
  if (what === "refused") made.credentials.set("cr_a", aCredential(server, "cr_a"));
  server.answer = (_request, response) =>
    response.writeHead(400).end(`{"error":"invalid_client","error_description":"client-s3cret is wrong"}`);
  await made.deliver(made.event("e1"));
  expect(server.seen.filter(({ url }) => url !== "/token")).toEqual([]);
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "retrying", reason: { kind: "credential" } });
  expect(JSON.stringify(row)).not.toContain("client-s3cret");
  expect(made.retryScheduler.scheduled).toHaveLength(1);
});
