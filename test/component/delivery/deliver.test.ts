import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { aCredential, add, aWebhook, deliveryFixture, START, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import type { TlsServer } from "../support/tls-server.ts";

let backends: Backends;
let server: TlsServer;
let store: DeliveryStore;

beforeAll(async () => {
  backends = await startBackends();
  ({ server, store } = backends);
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

function fixture(): DeliveryFixture {
  return deliveryFixture(backends);
}

test("an event reaches every webhook that matches it, with exact numbers, and is recorded", async () => {
  const made = fixture();
  add(
    made,
    aWebhook(server, "wh_a"),
    aWebhook(server, "wh_b", { eventTypes: ["reward.issued"] }),
    aWebhook(server, "wh_c", { eventTypes: ["reward.redeemed"] }),
    aWebhook(server, "wh_d", { enabled: false }),
  );
  await made.deliver(made.event("e1"));
  expect(server.seen.map(({ url }) => url).toSorted()).toEqual(["/wh_a/M-1", "/wh_b/M-1"]);
  const [row] = await made.rows();
  const seen = server.seen.find(({ headers }) => headers["webhook-id"] === row?.id);
  expect(seen).toMatchObject({
    body: `{"points":12345678901234567890}`,
    headers: {
      "content-type": "application/json",
      "webhook-attempt": "1",
      "webhook-timestamp": String(START.getTime() / 1000),
      "user-agent": "KLS-Webhooks/test",
    },
  });
  expect((await made.rows()).map(({ state, attemptCount }) => `${state} ${String(attemptCount)}`)).toEqual([
    "delivered 1",
    "delivered 1",
  ]);
  expect(made.retryScheduler.scheduled).toEqual([]);
});

test("the token replaces a configured header that a receiver behind a gateway could mistake for it", async () => {
  const made = fixture();
  const headers = ["X_Api_Token", "X-Api-Tokens"].map((key) => ({ key, value: new Secret("mine"), secret: false }));
  add(made, aWebhook(server, "wh_a", { headers, credentialId: "cr_a" }));
  made.credentials.set("cr_a", { ...aCredential(server, "cr_a"), placement: { header: "X-Api-Token", prefix: "" } });
  server.answer = (request, response) => {
    response.end(request.url === "/token" ? `{"access_token":"tok-1234567","expires_in":3600}` : "");
  };
  await made.deliver(made.event("e1"));
  const sent = server.seen.at(-1)?.headers ?? {};
  expect(sent).toMatchObject({ "x-api-token": "tok-1234567", "x-api-tokens": "mine" });
  expect(sent).not.toHaveProperty("x_api_token");
});

test("the attempt shows what was sent and answered, with secrets masked everywhere", async () => {
  const made = fixture();
  const headers = [{ key: "X-Api-Key", value: new Secret("s3cret-value"), secret: true }];
  add(made, aWebhook(server, "wh_a", { headers, url: `${server.url}/a?key=s3cret-value`, credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  server.answer = (request, response) => {
    if (request.url === "/token") response.end(`{"access_token":"tok-1234567","expires_in":3600}`);
    else
      response
        .writeHead(200, { "x-echo": "s3cret-value" })
        .end("got s3cret-value and Bearer tok-1234567 and client-s3cret");
  };
  await made.deliver(made.event("e1"));
  expect(server.seen.at(-1)?.headers).toMatchObject({
    "x-api-key": "s3cret-value",
    authorization: "Bearer tok-1234567",
  });
  const [row] = await made.rows();
  const attempts = await store.attempts(made.scope, row?.id ?? "");
  const text = JSON.stringify(attempts);
  for (const secret of ["s3cret-value", "tok-1234567", "client-s3cret"]) expect(text).not.toContain(secret);
  expect(attempts[0]?.request?.headers).toContainEqual({ key: "X-Api-Key", value: "•••" });
  expect(attempts[0]?.response?.status).toBe(200);
  expect(JSON.stringify(made.log)).not.toContain("s3cret");
});

test("a failure is retried after its wait as attempt 2 under the same id, and then delivered", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(503).end("down");
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({
    state: "retrying",
    attemptCount: 1,
    reason: { kind: "status", message: "The receiver answered 503." },
  });
  expect(made.retryScheduler.scheduled.map(({ at }) => at.getTime() - START.getTime())).toEqual([5_000]);
  server.answer = (_request, response) => response.end("ok");
  await made.deliverRetries();
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 2, nextAttemptAt: null });
  expect(server.seen.map(({ headers }) => headers["webhook-attempt"])).toEqual(["1", "2"]);
  expect(new Set(server.seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  expect(server.seen[1]?.body).toBe(`{"points":12345678901234567890}`);
});

test("one webhook's trouble does not affect another", async () => {
  const made = fixture();
  add(
    made,
    aWebhook(server, "wh_a", { url: "https://127.0.0.1:1/" }),
    aWebhook(server, "wh_b", { body: "{{memberId | nofilter}}" }),
    aWebhook(server, "wh_c"),
  );
  await made.deliver(made.event("e1"));
  const states = Object.fromEntries(
    (await made.rows()).map(({ webhookId, state, reason }) => [webhookId, `${state} ${String(reason?.kind)}`]),
  );
  expect(states).toEqual({ wh_a: "failed address-refused", wh_b: "failed template", wh_c: "delivered undefined" });
});

test("410 fails the delivery and pauses the webhook with the reason", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(410).end();
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({ state: "failed", attemptCount: 1 });
  expect(made.webhooks.get("wh_a")).toMatchObject({
    enabled: false,
    pausedReason: "The receiver answered 410 (gone for good); the webhook is paused.",
  });
});

test.each([
  [
    "deleted",
    (made: DeliveryFixture) => made.webhooks.delete("wh_a"),
    { state: "canceled", reason: { kind: "webhook" } },
  ],
  [
    "paused",
    (made: DeliveryFixture) =>
      made.webhooks.set("wh_a", aWebhook(server, "wh_a", { enabled: false, pausedReason: "by hand" })),
    {
      state: "failed",
      reason: {
        kind: "webhook",
        message: "The webhook was paused when this was due, so it was not sent. The reason given: by hand",
      },
    },
  ],
])("a retry message whose webhook was %s ends with a reason, without a call", async (_what, change, expected) => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(500).end();
  await made.deliver(made.event("e1"));
  change(made);
  await made.deliverRetries();
  expect(server.seen).toHaveLength(1);
  expect((await made.rows())[0]).toMatchObject({ ...expected, nextAttemptAt: null, attemptCount: 1 });
});

test("the standard policy gives up after 13 attempts and says so", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(500).end();
  await made.deliver(made.event("e1"));
  while (made.retryScheduler.scheduled.length > 0) await made.deliverRetries();
  expect(server.seen).toHaveLength(13);
  expect((await made.rows())[0]).toMatchObject({
    state: "failed",
    attemptCount: 13,
    reason: { message: "The receiver answered 500. Given up after 13 attempts." },
  });
});

test("what is not an event is dead-lettered with its reason and completes", async () => {
  const made = fixture();
  await made.deliver(Buffer.from("not json"));
  expect(made.deadLettered).toHaveLength(1);
  expect(made.deadLettered[0]).toMatch(/^lock-1 NotAnEvent: .+/);
});

test("an unknown type of KLS and a scope without webhooks complete quietly", async () => {
  const made = fixture();
  await made.deliver(Buffer.from(made.event("e1").toString().replace("reward.issued", "points.earned")));
  await made.deliver(made.event("e2"));
  expect(made.deadLettered).toEqual([]);
  expect(await made.rows()).toEqual([]);
});

test("a change of a webhook is seen by the next event", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  await made.deliver(made.event("e1"));
  add(made, aWebhook(server, "wh_a", { url: `${server.url}/changed`, version: "2" }));
  await made.deliver(made.event("e2"));
  expect(server.seen.at(-1)?.url).toBe("/changed");
});

test("one line is logged per attempt, with the origin only", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  await made.deliver(made.event("e1"));
  const lines = made.log.filter(({ event }) => event === "delivery.attempted");
  expect(lines).toHaveLength(1);
  expect(lines[0]?.fields).toMatchObject({
    ...made.scope,
    webhookId: "wh_a",
    attempt: 1,
    outcome: "delivered",
    status: 200,
    host: server.url,
  });
});
