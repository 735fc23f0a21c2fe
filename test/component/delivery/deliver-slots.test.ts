import type { ServerResponse } from "node:http";
import type { DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import { slots } from "../../../shared/delivery/slots.ts";
import type { Slots } from "../../../shared/delivery/slots.ts";
import { virtualTime } from "../../support/virtual-time.ts";
import {
  aCredential,
  add,
  aWebhook,
  busAway,
  bytesOf,
  deliveryFixture,
  START,
  startBackends,
} from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import type { Seen, TlsServer } from "../support/tls-server.ts";

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

/** Requests that hang until they are released. */
interface Hung {
  readonly requests: Seen[];
  /** Resolves once this many requests hang. */
  until(count: number): Promise<void>;
  /** Answers all that hang; what comes from now on is answered at once. */
  answer(): void;
}

/** Lets the receiver hang on every request whose path begins so. */
function hang(prefix: string): Hung {
  const held: ServerResponse[] = [];
  const requests: Seen[] = [];
  let look = (): void => undefined;
  let hangs = true;
  server.answer = (request, response) => {
    if (!hangs || !request.url.startsWith(prefix)) {
      response.end(`{"access_token":"tok-1"}`);
      return;
    }
    held.push(response);
    requests.push(request);
    look();
  };
  return {
    requests,
    until: (count) =>
      new Promise((resolve) => {
        look = () => {
          if (requests.length >= count) resolve();
        };
        look();
      }),
    answer: () => {
      hangs = false;
      for (const response of held.splice(0)) response.end(`{"access_token":"tok-1"}`);
    },
  };
}

const names = (count: number, prefix = "e"): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${String(index)}`);

/** Fills the webhook's slots with events that hang. */
async function fill(made: DeliveryFixture, hung: Hung): Promise<Promise<void>[]> {
  const running = names(16).map((name) => made.deliver(made.event(name)));
  await hung.until(16);
  made.pass(1_000);
  return running;
}

const rowOf = async (made: DeliveryFixture, eventId: string) =>
  (await made.rows()).find((row) => row.eventId === eventId);

test("what is over 16 goes back to the bus with its row there, and its neighbour is delivered at once", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_hung"), aWebhook(server, "wh_good"));
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  await made.deliver(made.event("over"));
  expect(hung.requests).toHaveLength(16);
  const [due, ...more] = made.retryScheduler.scheduled;
  expect(more).toEqual([]);
  expect(due?.retryMessage).toMatchObject({ webhookId: "wh_hung", attempt: 1, rechecks: 0, deferrals: 1 });
  expect((due?.at.getTime() ?? 0) - made.deps.clock().getTime()).toBe(1_000);
  const over = (await made.rows()).filter(({ eventId }) => eventId === "over");
  expect(over.find(({ webhookId }) => webhookId === "wh_good")).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(over.find(({ webhookId }) => webhookId === "wh_hung")).toMatchObject({
    state: "pending",
    attemptCount: 0,
    claimedUntil: null,
    nextAttemptAt: due?.at,
  });
  hung.answer();
  await Promise.all(running);
  await made.deliverRetries();
  expect(await rowOf(made, "over")).toMatchObject({ state: "delivered", attemptCount: 1, nextAttemptAt: null });
});

test("it is deferred for longer each time, which costs no attempt", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_hung"));
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  await made.deliver(made.event("over"));
  const waits: number[] = [];
  for (let round = 0; round < 8; round += 1) {
    const [due] = made.retryScheduler.scheduled;
    waits.push((due?.at.getTime() ?? 0) - made.deps.clock().getTime());
    await made.deliverRetries();
  }
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  expect(await rowOf(made, "over")).toMatchObject({ state: "pending", attemptCount: 0 });
  hung.answer();
  await Promise.all(running);
  await made.deliverRetries();
  expect(made.retryScheduler.scheduled).toEqual([]);
  const row = await rowOf(made, "over");
  expect(row).toMatchObject({ state: "delivered", attemptCount: 1 });
  expect(server.seen.filter(({ headers }) => headers["webhook-id"] === row?.id)).toHaveLength(1);
  expect(made.log.filter(({ event }) => event === "delivery.deferred").length).toBeLessThanOrEqual(3);
});

test("a retry over the cap keeps its attempt number and stays retrying, due when its message returns", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_hung"));
  server.answer = (_request, response) => response.writeHead(503).end();
  await made.deliver(made.event("again"));
  const [retry] = made.retryScheduler.scheduled.splice(0);
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  made.pass(5_000);
  if (retry) await made.deliver(bytesOf(retry.retryMessage, retry.at));
  const [due] = made.retryScheduler.scheduled;
  expect(due?.retryMessage).toMatchObject({ attempt: 2, deferrals: 1 });
  expect(await rowOf(made, "again")).toMatchObject({
    state: "retrying",
    attemptCount: 1,
    nextAttemptAt: due?.at,
    reason: { kind: "status" },
  });
  hung.answer();
  await Promise.all(running);
  await made.deliverRetries();
  expect(await rowOf(made, "again")).toMatchObject({ state: "delivered", attemptCount: 2 });
});

test("a healthy burst of 100 is delivered in place, none of it deferred", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_good"));
  let inFlight = 0;
  let most = 0;
  server.answer = (_request, response) => {
    most = Math.max(most, (inFlight += 1));
    setImmediate(() => {
      inFlight -= 1;
      response.end();
    });
  };
  await Promise.all(names(100).map((name) => made.deliver(made.event(name))));
  expect(server.seen).toHaveLength(100);
  expect(most).toBeLessThanOrEqual(16);
  expect(made.retryScheduler.scheduled).toEqual([]);
  expect(new Set((await made.rows()).map(({ state, attemptCount }) => `${state} ${String(attemptCount)}`))).toEqual(
    new Set(["delivered 1"]),
  );
});

test("a token endpoint that hangs holds the slots of the webhooks that ask it, and no others", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_token", { credentialId: "cr_a" }), aWebhook(server, "wh_good"));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  const hung = hang("/token");
  const running = names(16).map((name) => made.deliver(made.event(name)));
  await hung.until(1);
  while (server.seen.filter(({ url }) => url.startsWith("/wh_good")).length < 16) await nextTurn();
  made.pass(1_000);
  await made.deliver(made.event("over"));
  expect(made.retryScheduler.scheduled.map(({ retryMessage }) => retryMessage.webhookId)).toEqual(["wh_token"]);
  expect(server.seen.filter(({ url }) => url.startsWith("/wh_good"))).toHaveLength(17);
  hung.answer();
  await Promise.all(running);
});

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Slots over the world's own, counted. */
function counting(inner: Slots): { slots: Slots; held: () => number } {
  let held = 0;
  const counted: Slots["take"] = (scope, id) => {
    const slot = inner.take(scope, id);
    if (!slot) return undefined;
    let mine = 1;
    held += 1;
    const give = (): void => {
      held -= mine;
      mine = 0;
      slot.release();
    };
    return { ended: give, release: give };
  };
  return {
    slots: { ...inner, take: counted, wait: (scope, id) => Promise.resolve(counted(scope, id)) },
    held: () => held,
  };
}

test.each<[string, Partial<DeliveryStore>]>([
  ["the row cannot be opened", { open: () => Promise.reject(new Error("away")) }],
  ["the outcome cannot be recorded", { record: () => Promise.reject(new Error("away")) }],
  [
    "it cannot be claimed again",
    { record: () => Promise.reject(new Error("away")), claim: () => Promise.reject(new Error("away")) },
  ],
])("no slot is lost when %s", async (_what, broken) => {
  const { held, ...counted } = counting(slots(virtualTime(START)));
  const made = deliveryFixture(backends, { slots: counted.slots, deliveries: { ...store, ...broken } });
  add(made, aWebhook(server, "wh_a"));
  await made.deliver(made.event("e1")).catch(() => undefined);
  expect(held()).toBe(0);
  await made.deliver(made.event("e1"), 2).catch(() => undefined);
  expect(held()).toBe(0);
});

test("when the bus is unavailable nothing is lost either: the message is returned and continues where it was", async () => {
  const made = deliveryFixture(backends, { retryScheduler: { schedule: () => Promise.reject(busAway()) } });
  add(made, aWebhook(server, "wh_hung"));
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  await expect(made.deliver(made.event("over"))).rejects.toThrow("the bus is away");
  hung.answer();
  await Promise.all(running);
  await made.deliver(made.event("over"), 2);
  expect(await rowOf(made, "over")).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("an event too large to go back to the bus waits in place until it has a slot", async () => {
  const made = deliveryFixture(backends, { retryScheduler: { schedule: () => Promise.resolve("too-large") } });
  add(made, aWebhook(server, "wh_hung"));
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  const large = made.deliver(made.event("large"));
  while ((await rowOf(made, "large")) === undefined) await nextTurn();
  made.pass(10_000);
  hung.answer();
  await Promise.all([...running, large]);
  expect(await rowOf(made, "large")).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("a delivery that waits for a slot ends unsent when its webhook is deleted meanwhile", async () => {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_hung"));
  const hung = hang("/wh_hung");
  const running = await fill(made, hung);
  await made.deliver(made.event("over"));
  made.webhooks.delete("wh_hung");
  hung.answer();
  await Promise.all(running);
  await made.deliverRetries();
  expect(await rowOf(made, "over")).toMatchObject({ state: "canceled", attemptCount: 0, nextAttemptAt: null });
});
