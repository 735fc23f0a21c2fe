import { RestError } from "@azure/data-tables";
import * as z from "zod";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import type { DeliveryDeps } from "../../../shared/delivery/deps.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import { add, aWebhook, deliveryFixture, START, startBackends, tablesAway } from "../support/delivery-fixture.ts";
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

function fixture(more: Partial<DeliveryDeps> = {}): DeliveryFixture {
  const made = deliveryFixture(backends, more);
  add(made, aWebhook(server, "wh_a"));
  return made;
}

const refusing = (): void => {
  server.answer = (_request, response) => response.writeHead(500).end("down");
};

/** The event with other means than the world's. */
function deliverWith(made: DeliveryFixture, more: Partial<DeliveryFixture["deps"]>): Promise<void> {
  const arrival = { client: "acme", body: made.event("e1"), enqueuedAt: START, lockToken: "l", deliveryCount: 1 };
  return deliverMessage(arrival, { ...made.deps, ...more });
}

describe("what would fail each time", () => {
  const fault = new RangeError("Invalid string length");
  const told =
    "This could not be handled, for a reason that trying again does not mend: an unexpected error (RangeError)";

  test("in one webhook's delivery: that one ends as failed, the others go on, the message is dead-lettered at once", async () => {
    const made = fixture();
    add(made, aWebhook(server, "wh_b"), aWebhook(server, "wh_c"));
    const webhookCache: DeliveryDeps["webhookCache"] = {
      ...made.deps.webhookCache,
      compiled: (webhook) => {
        if (webhook.id === "wh_b") throw fault;
        return made.deps.webhookCache.compiled(webhook);
      },
    };
    await deliverWith(made, { webhookCache });
    expect(made.deadLettered).toEqual([`l CannotBeHandled: ${told}`]);
    const states = Object.fromEntries((await made.rows()).map(({ webhookId, state }) => [webhookId, state]));
    expect(states).toEqual({ wh_a: "delivered", wh_b: "failed", wh_c: "delivered" });
    const ended = (await made.rows()).find(({ webhookId }) => webhookId === "wh_b");
    expect(ended).toMatchObject({ reason: { kind: "webhook", message: told }, claimedUntil: null });
    // Resubmitted, it does nothing that is done.
    await made.deliver(made.event("e1"));
    expect(server.seen).toHaveLength(2);
  });

  test("in a row of the tables: the reason says where, without the value", async () => {
    const made = fixture();
    const stored = z.object({ state: z.enum(["pending"]) }).safeParse({ state: "s3cret" });
    const open: DeliveryStore["open"] = () => Promise.reject(stored.error ?? fault);
    await deliverWith(made, { deliveries: { ...store, open } });
    expect(made.deadLettered).toEqual([
      'l CannotBeHandled: This could not be handled, for a reason that trying again does not mend: A stored row is not as it should be (state: Invalid input: expected "pending").',
    ]);
  });

  test("before the event is kept: dead-lettered, nothing is sent", async () => {
    const made = fixture();
    add(made, aWebhook(server, "wh_b"));
    const open: DeliveryStore["open"] = () =>
      Promise.reject(new RestError("The property name is invalid.", { statusCode: 400 }));
    await deliverWith(made, { deliveries: { ...store, open } });
    expect(made.deadLettered[0]).toMatch(/^l CannotBeHandled: .*The property name is invalid\./);
    expect(server.seen).toEqual([]);
  });

  test("together with transient trouble: the message is returned for that, and the row records the other", async () => {
    const made = fixture();
    add(made, aWebhook(server, "wh_b"));
    const record: DeliveryStore["record"] = (scope, row, outcome) =>
      row.webhookId === "wh_a" ? Promise.reject(tablesAway()) : store.record(scope, row, outcome);
    const send: DeliveryDeps["send"] = (request) =>
      request.url.includes("wh_b") ? Promise.reject(fault) : backends.outbound.send(request);
    await expect(deliverWith(made, { deliveries: { ...store, record }, send })).rejects.toThrow("the tables are away");
    expect(made.deadLettered).toEqual([]);
    expect(await made.rows()).toMatchObject([
      { webhookId: "wh_a", state: "pending" },
      { webhookId: "wh_b", state: "failed", reason: { message: told } },
    ]);
  });

  test("when the retry message is scheduled: the attempt is recorded, and the delivery ends and says so", async () => {
    const made = fixture({ retryScheduler: { schedule: () => Promise.reject(fault) } });
    refusing();
    await made.deliver(made.event("e1"));
    const [row] = await made.rows();
    expect(row).toMatchObject({ state: "failed", attemptCount: 1, nextAttemptAt: null, owed: null });
    expect(row?.reason?.message).toBe(`The receiver answered 500. It is not tried again. ${told}`);
    expect(made.deadLettered).toEqual([`lock-1 CannotBeHandled: ${told}`]);
  });

  test("when a retry message looks up its webhook: the waiting delivery ends and says so", async () => {
    const made = fixture();
    refusing();
    await made.deliver(made.event("e1"));
    const [due] = made.retryScheduler.scheduled.splice(0);
    if (!due) throw new Error("nothing was scheduled");
    const get: DeliveryDeps["webhookCache"]["get"] = () => Promise.reject(fault);
    await made.deliverRetryWith(due, { webhookCache: { ...made.deps.webhookCache, get } });
    expect((await made.rows())[0]).toMatchObject({ state: "failed", attemptCount: 1, reason: { message: told } });
    expect(made.deadLettered).toEqual([`lock-1 CannotBeHandled: ${told}`]);
  });
});

test.each([
  [
    "forty huge numbers",
    `{"memberId":"M-1",${Array.from({ length: 40 }, (_, n) => `"n${String(n)}":${"9".repeat(5_000)}e999`).join()}}`,
  ],
  ["a lone surrogate", String.raw`{"memberId":"\ud800","points":1}`],
  [
    "a key that every object has",
    `{"__proto__":{"points":1},"constructor":{"prototype":1},"memberId":"M-1","points":1}`,
  ],
  ["the same key twice", `{"memberId":"M-1","memberId":"M-2","points":1,"points":2}`],
  ["a list sixty deep", `{"memberId":"M-1","points":1,"list":${"[".repeat(61)}${"]".repeat(61)}}`],
])("an event with %s keeps its retries", async (_what, attributes) => {
  const made = fixture();
  refusing();
  await made.deliver(made.event("e1", attributes));
  expect(made.deadLettered).toEqual([]);
  backends.reset();
  await made.deliverRetries();
  expect(made.deadLettered).toEqual([]);
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 2 });
  expect(server.seen).toHaveLength(1);
});

test("a store that opens fewer deliveries than it was asked to loses none without a word: nothing is sent, every slot is free again", async () => {
  let broken = true;
  const open: DeliveryStore["open"] = (opened) => (broken ? Promise.resolve([]) : store.open(opened));
  const made = fixture({ deliveries: { ...store, open } });
  for (let times = 0; times < 20; times += 1) await made.deliver(made.event(`fewer-${String(times)}`));
  expect(server.seen).toEqual([]);
  expect(made.deadLettered).toHaveLength(20);
  broken = false;
  await made.deliver(made.event("after"));
  expect(server.seen).toHaveLength(1);
  expect(made.retryScheduler.scheduled).toEqual([]);
});
