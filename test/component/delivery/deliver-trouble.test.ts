import { RestError } from "@azure/data-tables";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import type { RetryScheduler } from "../../../shared/core/ports/bus.ts";
import { PassingTrouble } from "../../../shared/lib/passing-trouble.ts";
import type { DeliveryDeps } from "../../../shared/delivery/deps.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import {
  add,
  aWebhook,
  busAway,
  deliveryFixture,
  START,
  startBackends,
  tablesAway,
} from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import { recordingRetryScheduler } from "../support/recorder.ts";
import type { RecordingRetryScheduler } from "../support/recorder.ts";
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
  const made = deliveryFixture(backends, more);
  add(made, aWebhook(server, "wh_a"));
  return made;
}

/** A bus that takes nothing until it is back. */
function absentBus(trouble: () => Error = busAway): RecordingRetryScheduler & { back: boolean } {
  const recorder = recordingRetryScheduler();
  const bus: RecordingRetryScheduler & { back: boolean } = {
    ...recorder,
    back: false,
    schedule: (retryMessage, at) => (bus.back ? recorder.schedule(retryMessage, at) : Promise.reject(trouble())),
  };
  return bus;
}

const refusing = (): void => {
  server.answer = (_request, response) => response.writeHead(500).end("down");
};

describe("after a request has left, the bus away", () => {
  test("the attempt is recorded and owes its retry message; the message comes again and pays it, without another request", async () => {
    const bus = absentBus();
    const made = fixture({ retryScheduler: bus });
    refusing();
    await expect(made.deliver(made.event("e1"))).rejects.toThrow("the bus is away");
    const [row] = await made.rows();
    expect(row).toMatchObject({ state: "retrying", attemptCount: 1, owed: "retry-message", claimedUntil: null });
    expect(await store.attempts(made.scope, row?.id ?? "")).toMatchObject([{ number: 1, response: { status: 500 } }]);
    await expect(made.deliver(made.event("e1"), 2)).rejects.toThrow("the bus is away");
    bus.back = true;
    await made.deliver(made.event("e1"), 3);
    expect(server.seen).toHaveLength(1);
    expect(bus.scheduled).toMatchObject([{ retryMessage: { attempt: 2, rechecks: 0 }, at: row?.nextAttemptAt }]);
    expect((await made.rows())[0]).toMatchObject({ state: "retrying", attemptCount: 1, owed: null });
    // Paid once: the same message again finds nothing to do.
    await made.deliver(made.event("e1"), 4);
    expect(bus.scheduled).toHaveLength(1);
  });

  test("the same for an attempt of a retry message", async () => {
    const bus = absentBus();
    const made = fixture({ retryScheduler: bus });
    refusing();
    bus.back = true;
    await made.deliver(made.event("e1"));
    bus.back = false;
    const [first] = bus.scheduled.splice(0);
    if (!first) throw new Error("nothing was scheduled");
    await expect(made.deliverRetryWith(first)).rejects.toThrow("the bus is away");
    expect((await made.rows())[0]).toMatchObject({ attemptCount: 2, owed: "retry-message" });
    bus.back = true;
    await made.deliverRetryWith(first);
    expect(server.seen).toHaveLength(2);
    expect(bus.scheduled).toMatchObject([{ retryMessage: { attempt: 3 } }]);
  });

  test("a crash between paying and recording it pays twice, and the second retry message finds it done", async () => {
    const bus = absentBus();
    const made = fixture({
      retryScheduler: bus,
      deliveries: { ...store, paid: () => Promise.reject(tablesAway()) },
    });
    refusing();
    await expect(made.deliver(made.event("e1"))).rejects.toThrow();
    bus.back = true;
    await expect(made.deliver(made.event("e1"), 2)).rejects.toThrow("the tables are away");
    await expect(made.deliver(made.event("e1"), 3)).rejects.toThrow("the tables are away");
    const [one, other] = bus.scheduled.splice(0);
    if (!one || !other) throw new Error("two were to be scheduled");
    backends.reset();
    await made.deliverRetryWith(one);
    await made.deliverRetryWith(other);
    expect(server.seen).toHaveLength(1);
    expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 2, owed: null });
  });

  test("a debt is paid also when the webhook no longer takes the event", async () => {
    const bus = absentBus();
    const made = fixture({ retryScheduler: bus });
    refusing();
    await expect(made.deliver(made.event("e1"))).rejects.toThrow();
    bus.back = true;
    add(made, aWebhook(server, "wh_a", { eventTypes: ["reward.redeemed"], version: "2" }));
    await made.deliver(made.event("e1"), 2);
    const [due] = bus.scheduled.splice(0);
    if (due) await made.deliverRetryWith(due);
    expect((await made.rows())[0]).toMatchObject({
      state: "failed",
      reason: { kind: "webhook", message: "The webhook no longer takes events of this type, so it was not sent." },
    });
    expect(server.seen).toHaveLength(1);
  });

  test("an event that is found too large when the debt is paid ends with that reason", async () => {
    const bus = absentBus();
    const made = fixture({ retryScheduler: bus });
    refusing();
    await expect(made.deliver(made.event("e1"))).rejects.toThrow();
    const tooLarge: RetryScheduler = { schedule: () => Promise.resolve("too-large") };
    await redeliver(made, { openRetryScheduler: () => Promise.resolve(tooLarge) });
    const [row] = await made.rows();
    expect(row).toMatchObject({ state: "failed", nextAttemptAt: null, attemptCount: 1, owed: null });
    expect(row?.reason?.message).toMatch(/^The receiver answered 500\. The event is too large/);
  });
});

/** The event once more, with other means. */
function redeliver(made: DeliveryFixture, more: Partial<DeliveryFixture["deps"]>): Promise<void> {
  const arrival = { client: "acme", body: made.event("e1"), enqueuedAt: START, lockToken: "l", deliveryCount: 2 };
  return deliverMessage(arrival, { ...made.deps, ...more });
}

test("410 with the tables of webhooks away: recorded, and the webhook is paused when the message comes again", async () => {
  const made = fixture({ webhooks: { setPaused: () => Promise.reject(tablesAway()) } });
  server.answer = (_request, response) => response.writeHead(410).end();
  await expect(made.deliver(made.event("e1"))).rejects.toThrow("the tables are away");
  expect((await made.rows())[0]).toMatchObject({ state: "failed", attemptCount: 1, owed: "pause" });
  await redeliver(made, { webhooks: webhooksOf(made) });
  expect(server.seen).toHaveLength(1);
  expect(made.webhooks.get("wh_a")).toMatchObject({
    enabled: false,
    pausedReason: "The receiver answered 410 (gone for good); the webhook is paused.",
  });
  expect((await made.rows())[0]).toMatchObject({ state: "failed", owed: null });
});

function webhooksOf(made: DeliveryFixture): DeliveryDeps["webhooks"] {
  return {
    setPaused: (_scope, id, _version, pausedReason) => {
      const webhook = made.webhooks.get(id);
      if (!webhook) return Promise.resolve({ kind: "not-found" });
      const value = { ...webhook, enabled: pausedReason === null, pausedReason };
      made.webhooks.set(id, value);
      return Promise.resolve({ kind: "written", value });
    },
  };
}

test.each([1, 2])("tables that fail to record %i times are tried again; the event is sent once", async (failures) => {
  let left = failures;
  const record: DeliveryStore["record"] = (scope, row, outcome) =>
    left-- > 0 ? Promise.reject(tablesAway()) : store.record(scope, row, outcome);
  const made = fixture({ deliveries: { ...store, record } });
  await made.deliver(made.event("e1"));
  expect(server.seen).toHaveLength(1);
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("a record whose answer was lost is recognized as our own when it is retried", async () => {
  let lost = false;
  const record: DeliveryStore["record"] = async (scope, row, outcome) => {
    const recorded = await store.record(scope, row, outcome);
    if (lost) return recorded;
    lost = true;
    throw tablesAway();
  };
  const made = fixture({ deliveries: { ...store, record } });
  await made.deliver(made.event("e1"));
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(made.log.map(({ event }) => event)).not.toContain("delivery.claim_lost");
});

test("an attempt that the tables refuse is recorded without what was sent and answered, and the event is sent once", async () => {
  const record: DeliveryStore["record"] = (scope, row, outcome) =>
    outcome.attempt?.request
      ? Promise.reject(new RestError("The entity is larger than allowed.", { statusCode: 400, code: "EntityTooLarge" }))
      : store.record(scope, row, outcome);
  const made = fixture({ deliveries: { ...store, record } });
  await made.deliver(made.event("e1"));
  await made.deliver(made.event("e1"), 2);
  expect(server.seen).toHaveLength(1);
  const [row] = await made.rows();
  expect(row).toMatchObject({ state: "delivered", attemptCount: 1 });
  const [attempt] = await store.attempts(made.scope, row?.id ?? "");
  expect(attempt).toMatchObject({ number: 1, outcome: "delivered" });
  expect(attempt).not.toHaveProperty("request");
});

test("an answer that cannot be shown counts all the same: recorded as delivered, without it", async () => {
  const made = fixture();
  const reply = {
    kind: "answered" as const,
    status: 200,
    headers: [],
    get body(): string {
      throw new RangeError("Invalid string length");
    },
    truncated: false,
    timings: {},
  };
  const send: DeliveryDeps["send"] = async (request) => {
    await backends.outbound.send(request);
    return reply;
  };
  await redeliver(made, { send });
  expect(server.seen).toHaveLength(1);
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(made.log.map(({ event }) => event)).toContain("attempt.not_shown");
  expect(made.deadLettered).toEqual([]);
});

test("without the client's key nothing is sent and the message is given back", async () => {
  const made = fixture();
  const openRetryScheduler = (): Promise<RetryScheduler> => Promise.reject(new PassingTrouble("the vault is away"));
  await expect(redeliver(made, { openRetryScheduler })).rejects.toThrow("the vault is away");
  expect(server.seen).toEqual([]);
  expect(await made.rows()).toEqual([]);
});
