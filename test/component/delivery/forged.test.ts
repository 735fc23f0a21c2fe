import { randomBytes } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvocationContext } from "@azure/functions";
import { ServiceBusClient } from "@azure/service-bus";
import { onClientMessage } from "../../../functions/on-client-message.ts";
import { busRetryScheduler } from "../../../shared/bus/retry-scheduler.ts";
import { busSettlement } from "../../../shared/bus/settlement.ts";
import type { RetryMessage } from "../../../shared/core/events/event.ts";
import type { MessageKeys } from "../../../shared/core/ports/secrets.ts";
import { keyFileBox } from "../../../shared/secrets/key-file-box.ts";
import type { Genuine } from "../../support/forgeries.ts";
import { forgeries } from "../../support/forgeries.ts";
import { startClientBus } from "../support/client-bus.ts";
import type { ClientBus } from "../support/client-bus.ts";
import { add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";

let backends: Backends;
let bus: ClientBus;
let sdk: ServiceBusClient;
const keys: MessageKeys = keyFileBox(aKeyFile());

beforeAll(async () => {
  [backends, bus] = await Promise.all([startBackends(), startClientBus()]);
  sdk = new ServiceBusClient(bus.connectionString);
});

afterAll(async () => {
  await sdk.close();
  await Promise.all([backends.close(), bus.close()]);
});

beforeEach(() => {
  backends.reset();
});

function aKeyFile(): string {
  const path = join(mkdtempSync(join(tmpdir(), "kls-keys-")), "keys.json");
  const k1 = randomBytes(32).toString("base64");
  writeFileSync(path, JSON.stringify({ current: "k1", keys: { k1 } }));
  return path;
}

/** What the app asked of its tables, by name. */
interface Asked {
  readonly calls: string[];
}

/** A world whose every question to the tables is counted, with a refused delivery of `evt-1` and of `evt-2` to `wh_a`. */
async function refusedFixture(): Promise<DeliveryFixture & Asked & { readonly due: readonly RetryMessage[] }> {
  const calls: string[] = [];
  const counted = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name): unknown => {
        calls.push(String(name));
        return Reflect.get(target, name);
      },
    });
  const made = deliveryFixture(backends, { deliveries: counted(backends.store) });
  add(made, aWebhook(backends.server, "wh_a", { eventTypes: ["reward.issued"] }));
  backends.server.answer = (_request, response) => response.writeHead(503).end();
  await made.deliver(made.event("evt-1"));
  await made.deliver(made.event("evt-2"));
  const due = made.retryScheduler.scheduled.splice(0).map(({ retryMessage }) => retryMessage);
  backends.reset();
  calls.length = 0;
  return { ...made, deps: { ...made.deps, webhookCache: counted(made.deps.webhookCache) }, calls, due };
}

/** Retry messages that the app itself put on the bus, as read by anyone who may read there. */
async function onTheBus(due: readonly RetryMessage[], client: string): Promise<Buffer[]> {
  const wayBack = await busRetryScheduler(bus.queue, { client, keys, clock: () => new Date() })();
  const inAnHour = new Date(Date.now() + 3_600_000);
  for (const retryMessage of due) await wayBack.schedule(retryMessage, inAnHour);
  const receiver = sdk.createReceiver("deliveries", { skipParsingBodyAsJson: true });
  const peeked = await receiver.peekMessages(100);
  await receiver.close();
  return peeked.slice(-due.length).map(({ body }) => Buffer.from(body));
}

async function genuineOf(due: readonly RetryMessage[]): Promise<Genuine> {
  const [one, another] = await onTheBus(due, "acme");
  const [foreign] = await onTheBus(due, "globex");
  if (!one || !another || !foreign) throw new Error("There is no retry message on the bus.");
  return { one, another, foreign };
}

/** Puts messages on the client's topic, and hands them to the door as the host does: bytes, lock token, complete afterwards. */
async function publishAndHandle(made: DeliveryFixture, bodies: readonly Buffer[]): Promise<void> {
  const topic = sdk.createSender("events");
  await topic.sendMessages(bodies.map((body) => ({ body })));
  await topic.close();
  const handler = onClientMessage("acme", {
    ...made.deps,
    messageKeys: keys,
    settlement: busSettlement(bus.queue),
    logFor: () => made.deps.log,
    sleep: () => Promise.resolve(),
    heartbeat: () => Promise.resolve(),
  });
  const receiver = sdk.createReceiver("deliveries", { skipParsingBodyAsJson: true });
  for (let handled = 0; handled < bodies.length;) {
    const messages = await receiver.receiveMessages(bodies.length - handled, { maxWaitTimeInMs: 20_000 });
    if (messages.length === 0) throw new Error(`Only ${String(handled)} messages came.`);
    for (const message of messages) {
      const { lockToken, deliveryCount = 0 } = message;
      const context = new InvocationContext({ triggerMetadata: { lockToken, deliveryCount: deliveryCount + 1 } });
      await handler(Buffer.from(message.body), context);
      // The host's own complete, which finds no lock when the app has dead-lettered.
      await receiver.completeMessage(message).catch(() => undefined);
    }
    handled += messages.length;
  }
  await receiver.close();
}

/** What is in the dead-letter queue, by code; taken out. */
async function deadLetters(count: number): Promise<ReadonlyMap<string, readonly string[]>> {
  const receiver = sdk.createReceiver("deliveries", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
  const reasons = new Map<string, string[]>();
  for (let found = 0; found < count;) {
    const messages = await receiver.receiveMessages(count - found, { maxWaitTimeInMs: 20_000 });
    if (messages.length === 0) throw new Error(`Only ${String(found)} of ${String(count)} were dead-lettered.`);
    found += messages.length;
    for (const { deadLetterReason = "", deadLetterErrorDescription = "" } of messages)
      reasons.set(deadLetterReason, [...(reasons.get(deadLetterReason) ?? []), deadLetterErrorDescription]);
  }
  await receiver.close();
  return reasons;
}

const ONLY =
  "Only this app sends messages of type com.kognitiv.webhooks.delivery.due, and this one is not proven to be its own:";

test("forged retry messages: each is dead-lettered with its reason; nothing is sent, read, written or made for one", async () => {
  const made = await refusedFixture();
  const forged = forgeries(await genuineOf(made.due));
  expect(forged.size).toBeGreaterThan(30);
  await publishAndHandle(made, [...forged.values()]);
  const reasons = await deadLetters(forged.size);
  expect([...reasons.keys()]).toEqual(["NotAuthentic"]);
  expect(new Set(reasons.get("NotAuthentic"))).toEqual(
    new Set([
      `${ONLY} it does not begin with a valid mac.`,
      `${ONLY} its mac names the key k9999, which acme does not have.`,
      `${ONLY} its mac names the key __proto__, which acme does not have.`,
      `${ONLY} its mac does not match. It was changed, or made for another client.`,
    ]),
  );
  expect(made.calls).toEqual([]);
  expect(backends.server.seen).toEqual([]);
  const logged = made.log.filter(({ event }) => event === "message.dead_lettered");
  expect(logged).toHaveLength(forged.size);
  for (const { fields } of logged) expect(fields).toMatchObject({ client: "acme", code: "NotAuthentic" });
});

test("a valid event behind two hundred forged retry messages is delivered, and they cost no request to tables or keys", async () => {
  const made = await refusedFixture();
  const { one } = await genuineOf(made.due);
  const forged = Array.from({ length: 200 }, (_, index) =>
    Buffer.from(one.toString().replace(/"v1\.[^.]+\./, `"v1.k${String(index + 2).padStart(4, "0")}.`)),
  );
  await publishAndHandle(made, forged);
  expect(made.calls).toEqual([]);
  await publishAndHandle(made, [made.event("evt-good")]);
  expect(backends.server.seen.map(({ url }) => url)).toEqual(["/wh_a/M-1"]);
  expect((await deadLetters(200)).get("NotAuthentic")).toHaveLength(200);
});

test("a genuine retry message published again and again does nothing: its attempt is recorded, or not yet due", async () => {
  const made = await refusedFixture();
  const { one } = await genuineOf(made.due);
  await publishAndHandle(made, [one, one]);
  expect(backends.server.seen).toEqual([]);
  // Put off to the very time that it has already.
  const putOff = made.retryScheduler.scheduled.splice(0);
  const row = (await made.rows()).find(({ eventId }) => eventId === "evt-1");
  expect(putOff.map(({ at }) => at)).toEqual([row?.nextAttemptAt, row?.nextAttemptAt]);
  made.pass(5_000);
  await publishAndHandle(made, [one, one, one]);
  expect(backends.server.seen).toHaveLength(1);
  expect(made.retryScheduler.scheduled).toEqual([]);
  expect((await made.rows()).find(({ eventId }) => eventId === "evt-1")).toMatchObject({
    state: "delivered",
    attemptCount: 2,
  });
});
