import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import { parseMessage } from "../../../shared/core/events/message.ts";
import type { DeliveryDeps } from "../../../shared/delivery/deps.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import {
  add,
  aWebhook,
  bytesOf,
  deliveryFixture,
  failingOnce,
  START,
  startBackends,
  tablesAway,
} from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import { exampleEvent } from "../../support/an-event.ts";
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

function fixture(more: Partial<DeliveryDeps> = {}): DeliveryFixture {
  return deliveryFixture(backends, more);
}

test("the same event published twice, at the same time or later, is delivered once", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  await Promise.all(Array.from({ length: 5 }, () => made.deliver(made.event("e1"))));
  await made.deliver(made.event("e1"));
  await made.deliverRetries();
  await made.deliverRetries();
  expect(server.seen).toHaveLength(1);
  expect(await made.rows()).toHaveLength(1);
  expect(made.retryScheduler.scheduled).toEqual([]);
});

test("a crash between sending and recording sends again under the same id and says that it may be a repeat", async () => {
  const made = fixture({ deliveries: failingOnce(store) });
  add(made, aWebhook(server, "wh_a"));
  await expect(made.deliver(made.event("e1"))).rejects.toThrow("the tables are away");
  await made.deliver(made.event("e1"), 2);
  expect(server.seen).toHaveLength(2);
  expect(new Set(server.seen.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(await store.attempts(made.scope, row?.id ?? "")).toMatchObject([{ number: 1, mayBeRepeat: true }]);
});

test("a run that was killed while it held its claim is waited out, then taken over once", async () => {
  const made = fixture({
    deliveries: {
      ...store,
      record: () => Promise.reject(tablesAway()),
      release: () => Promise.reject(tablesAway()),
    },
  });
  add(made, aWebhook(server, "wh_a"));
  await expect(made.deliver(made.event("e1"))).rejects.toThrow("the tables are away");
  const healthy = { ...made.deps, deliveries: store };
  const body = made.event("e1");
  await deliverMessage({ client: "acme", body, enqueuedAt: START, lockToken: "l", deliveryCount: 2 }, healthy);
  expect(server.seen).toHaveLength(1);
  const [look] = made.retryScheduler.scheduled.splice(0);
  expect(look?.at.getTime()).toBe(START.getTime() + 46_000);
  expect(look?.retryMessage).toMatchObject({ attempt: 1, rechecks: 1 });
  made.pass(46_000);
  if (look)
    await deliverMessage(
      {
        client: "acme",
        body: bytesOf(look.retryMessage, look.at),
        enqueuedAt: START,
        lockToken: "l",
        deliveryCount: 1,
      },
      healthy,
    );
  expect(server.seen).toHaveLength(2);
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("a successor is scheduled before its attempt is recorded, and a retry message too many does nothing", async () => {
  const made = fixture({ deliveries: failingOnce(store) });
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(500).end();
  await expect(made.deliver(made.event("e1"))).rejects.toThrow();
  expect(made.retryScheduler.scheduled).toHaveLength(1);
  await made.deliver(made.event("e1"), 2);
  expect(made.retryScheduler.scheduled).toHaveLength(2);
  server.answer = (_request, response) => response.end();
  await made.deliverRetries();
  expect(server.seen).toHaveLength(3);
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 2 });
});

test("a failure whose event is too large to be put on the bus again ends the delivery and says so", async () => {
  const made = fixture({ retryScheduler: { schedule: () => Promise.resolve("too-large") } });
  add(made, aWebhook(server, "wh_a"));
  server.answer = (_request, response) => response.writeHead(503).end();
  await made.deliver(made.event("e1"));
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "failed", nextAttemptAt: null, attemptCount: 1, reason: { kind: "status" } });
  expect(row?.reason?.message).toMatch(/^The receiver answered 503\. The event is too large/);
});

test("a delivery opened by a crashed run is ended though its webhook is gone when the event comes again", async () => {
  const made = fixture({ deliveries: failingOnce(store) });
  add(made, aWebhook(server, "wh_a"));
  await expect(made.deliver(made.event("e1"))).rejects.toThrow();
  made.webhooks.clear();
  made.pass(5_000);
  await made.deliver(made.event("e1"), 2);
  expect((await made.rows())[0]).toMatchObject({ state: "canceled" });
});

test("a retry message whose row was lost with the tables' last seconds goes on in a new one", async () => {
  const made = fixture();
  add(made, aWebhook(server, "wh_a"));
  const { scope } = made;
  const message = parseMessage(made.event("e1"), START, scope.client);
  if (message.kind !== "event") throw new Error("expected an event");
  const { event } = message;
  const id = deliveryId(event, "wh_a");
  const retryMessage = {
    scope,
    deliveryId: id,
    webhookId: "wh_a",
    attempt: 2,
    trigger: "retry",
    rechecks: 0,
    deferrals: 0,
    event,
  } as const;
  await made.deliver(bytesOf(retryMessage, START));
  expect(server.seen).toHaveLength(1);
  expect((await made.rows())[0]).toMatchObject({ id, state: "delivered", attemptCount: 1 });
  expect(await store.attempts(scope, id)).toMatchObject([{ mayBeRepeat: true }]);
});

test("a retry message with an id that is not its event's is dead-lettered", async () => {
  const made = fixture();
  const event = exampleEvent();
  const retryMessage = {
    scope: event.scope,
    deliveryId: deliveryId(event, "wh_b"),
    webhookId: "wh_a",
    attempt: 2,
    trigger: "retry" as const,
    rechecks: 0,
    deferrals: 0,
    event,
  };
  await made.deliver(bytesOf(retryMessage, START));
  expect(made.deadLettered[0]).toMatch(/is not the id of this event's delivery to wh_a/);
});
