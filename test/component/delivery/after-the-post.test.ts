import { RestError } from "@azure/data-tables";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import type { MessageDeps } from "../../../shared/delivery/deps.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import {
  aCredential,
  add,
  aWebhook,
  deliveryFixture,
  START,
  startBackends,
  tablesAway,
} from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";

/** Once a request has left nothing that breaks on our side takes its log line or its record away. */

let backends: Backends;

beforeAll(async () => {
  backends = await startBackends();
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

function deliverWith(made: DeliveryFixture, more: Partial<MessageDeps>): Promise<void> {
  const arrival = { client: "acme", body: made.event("e1"), enqueuedAt: START, lockToken: "l", deliveryCount: 1 };
  return deliverMessage(arrival, { ...made.deps, ...more });
}

const linesOf = (made: DeliveryFixture, name: string): readonly Readonly<Record<string, unknown>>[] =>
  made.log.filter(({ event }) => event === name).map(({ fields }) => fields);

test.each([
  ["are away", tablesAway()],
  ["refuse it", new RestError("The entity is larger than allowed.", { statusCode: 400, code: "EntityTooLarge" })],
  ["break", new RangeError("Invalid string length")],
])("an attempt that was sent has its log line when the tables %s", async (_what, fault) => {
  const record: DeliveryStore["record"] = () => Promise.reject(fault);
  const made = deliveryFixture(backends, { deliveries: { ...backends.store, record } });
  add(made, aWebhook(backends.server, "wh_a"));
  await made.deliver(made.event("e1")).catch((error: unknown) => {
    expect(error).toBe(fault);
  });
  expect(backends.server.seen).toHaveLength(1);
  expect(linesOf(made, "delivery.attempted")).toMatchObject([
    { webhookId: "wh_a", attempt: 1, outcome: "delivered", state: "delivered", status: 200 },
  ]);
});

test("secrets that cannot be prepared for masking: delivered and recorded, without what was sent and answered", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(backends.server, "wh_a"));
  const { webhookCache } = made.deps;
  const prepared: typeof webhookCache.prepared = () => {
    throw new RangeError("Invalid array length");
  };
  await deliverWith(made, { webhookCache: { ...webhookCache, prepared } });
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "delivered", attemptCount: 1 });
  const [attempt] = await backends.store.attempts(made.scope, row?.id ?? "");
  expect(attempt).toMatchObject({ outcome: "delivered" });
  expect(attempt).not.toHaveProperty("request");
  expect(linesOf(made, "attempt.not_shown")).toHaveLength(1);
});

test("a fault that cannot be masked is recorded by its kind", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(backends.server, "wh_a"));
  const { webhookCache } = made.deps;
  const prepared: typeof webhookCache.prepared = () => {
    throw new RangeError("Invalid array length");
  };
  const send: MessageDeps["send"] = () =>
    Promise.resolve({ kind: "failed", fault: { kind: "dns", message: "s3cret.example has no address." }, timings: {} });
  await deliverWith(made, { webhookCache: { ...webhookCache, prepared }, send });
  const reason = { kind: "dns", message: "The request failed (dns); the details cannot be shown." };
  expect(await made.rows()).toMatchObject([{ state: "retrying", attemptCount: 1, reason }]);
});

test("a token that cannot be renewed because of trouble of our own: the first answer counts", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(backends.server, "wh_a", { credentialId: "cr_a" }));
  made.credentials.set("cr_a", aCredential(backends.server, "cr_a"));
  backends.server.answer = (request, response) => {
    if (request.url === "/token") response.end(`{"access_token":"t0ken-1","token_type":"Bearer","expires_in":3600}`);
    else response.writeHead(401).end("dead");
  };
  let asked = 0;
  const tokens: MessageDeps["tokens"] = {
    ...made.deps.tokens,
    get: (...args) => ((asked += 1) > 1 ? Promise.reject(new RangeError("broken")) : made.deps.tokens.get(...args)),
  };
  await deliverWith(made, { tokens });
  const reason = { kind: "status", message: "The receiver answered 401." };
  expect(await made.rows()).toMatchObject([{ state: "retrying", attemptCount: 1, reason }]);
  expect(made.retryScheduler.scheduled).toHaveLength(1);
  expect(linesOf(made, "attempt.token_not_renewed")).toMatchObject([{ webhookId: "wh_a", attempt: 1 }]);
  expect(linesOf(made, "delivery.attempted")).toMatchObject([{ status: 401, state: "retrying" }]);
});
