import { createSecretKey, randomBytes } from "node:crypto";
import { parseConfig } from "../../local/service-bus/config/config.ts";
import { startServiceBus } from "../../local/service-bus/service-bus.ts";
import type { ServiceBus } from "../../local/service-bus/service-bus.ts";
import { ServiceBusClient } from "@azure/service-bus";
import { parseMessage } from "../../shared/core/events/message.ts";
import { readRetryMessage } from "../../shared/core/events/retry-message.ts";
import type { RetryMessage } from "../../shared/core/events/retry-message.ts";
import { openBusQueue } from "../../shared/bus/bus-client.ts";
import type { BusQueue } from "../../shared/bus/bus-client.ts";
import { busRetryScheduler } from "../../shared/bus/retry-scheduler.ts";
import { busSettlement } from "../../shared/bus/settlement.ts";
import { deliveryId } from "../../shared/core/deliveries/delivery-id.ts";
import { claimedMac, isAuthentic } from "../../shared/core/events/message-mac.ts";
import { exampleEvent, QUEUED_AT } from "../support/an-event.ts";

/** A way back for acme, with a key of its own. */
const KEY = { id: "k1", key: createSecretKey(randomBytes(32)) };
const wayBack = () =>
  busRetryScheduler(queue, {
    client: "acme",
    keys: { currentKey: () => Promise.resolve(KEY), keyNamed: () => Promise.resolve(undefined) },
    clock: () => new Date(),
  })();

let broker: ServiceBus;
let queue: BusQueue;
let client: ServiceBusClient;

beforeAll(async () => {
  const properties = { LockDuration: "PT30S", MaxDeliveryCount: 5, RequiresDuplicateDetection: true };
  const namespace = { Name: "acme", Queues: [{ Name: "deliveries", Properties: properties }], Topics: [] };
  broker = await startServiceBus(parseConfig(JSON.stringify({ UserConfig: { Namespaces: [namespace] } })));
  const connectionString = Object.values(broker.namespaces)[0]?.connectionString ?? "";
  client = new ServiceBusClient(connectionString);
  const noIdentity = { getToken: () => Promise.reject(new Error("no identity in this test")) };
  queue = openBusQueue({ kind: "connection-string", value: connectionString }, noIdentity);
});

afterAll(async () => {
  await queue.close();
  await client.close();
  await broker.close();
});

test("a retry message scheduled twice arrives twice, at its time, with the event's exact numbers", async () => {
  const retryScheduler = await wayBack();
  const event = exampleEvent();
  const id = deliveryId(event, "wh_a");
  const retryMessage: RetryMessage = {
    scope: event.scope,
    deliveryId: id,
    webhookId: "wh_a",
    attempt: 2,
    trigger: "retry",
    rechecks: 0,
    deferrals: 0,
    event,
  };
  const at = new Date(Date.now() + 300);
  await retryScheduler.schedule(retryMessage, at);
  await retryScheduler.schedule(retryMessage, at);
  const receiver = client.createReceiver("deliveries", {
    receiveMode: "receiveAndDelete",
    skipParsingBodyAsJson: true,
  });
  const first = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  const second = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  expect(Date.now()).toBeGreaterThanOrEqual(at.getTime());
  await receiver.close();
  const [one, other] = [...first, ...second];
  expect(one?.messageId).not.toBe(other?.messageId);
  expect(one?.contentType).toBe("application/cloudevents+json");
  const body = Buffer.from(one?.body ?? "");
  const claimed = claimedMac(body);
  expect(claimed?.keyId).toBe("k1");
  expect(claimed && isAuthentic(claimed, KEY.key)).toBe(true);
  const parsed = parseMessage(body, new Date(), "acme");
  expect(parsed.kind === "retry-message" && readRetryMessage(parsed.raw, QUEUED_AT, "acme")).toMatchObject({
    kind: "read",
    retryMessage: { deliveryId: id, webhookId: "wh_a", attempt: 2, event: { id: "evt-7f3c" } },
  });
  expect(String(one?.body)).toContain(`"points":12345678901234567890`);
  expect(String(one?.body)).toContain(`"balance":0.10`);
});

test("a message that another receiver holds is dead-lettered by its lock token, with reason and description", async () => {
  const sender = client.createSender("deliveries");
  await sender.sendMessages({ body: Buffer.from("not json"), messageId: "bad-1" });
  await sender.close();
  // In place of the Functions host: it holds the lock on its own connection.
  const host = client.createReceiver("deliveries");
  const [message] = await host.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  await busSettlement(queue).deadLetter(
    message?.lockToken ?? "",
    "NotAnEvent",
    "Not JSON: unexpected token at position 1",
  );
  const dead = client.createReceiver("deliveries", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
  const [found] = await dead.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  expect(found).toMatchObject({
    messageId: "bad-1",
    deadLetterReason: "NotAnEvent",
    deadLetterErrorDescription: "Not JSON: unexpected token at position 1",
  });
  expect(broker.stats("acme", "deliveries")).toBeDefined();
  await dead.close();
  await host.close();
});

test("dead-lettering with a lock that is gone throws", async () => {
  const gone = "0e5b1f6e-6f6e-4a55-9d1c-0d4f2d6a7b11";
  await expect(busSettlement(queue).deadLetter(gone, "NotAnEvent", "x")).rejects.toThrow();
});
