import { spawn } from "node:child_process";
import { once } from "node:events";
import type { ServiceBusReceiver, ServiceBusSender } from "@azure/service-bus";
import { glance, openContractBus, take, takeAll, takeOnce } from "./harness.ts";
import type { ContractBus } from "./harness.ts";

const QUEUE = "contract-plain";

let bus: ContractBus;
let sender: ServiceBusSender;
let receiver: ServiceBusReceiver;

beforeAll(async () => {
  bus = await openContractBus();
  sender = bus.client.createSender(QUEUE);
  // By default the SDK renews the lock of what it received for five minutes.
  receiver = bus.client.createReceiver(QUEUE, { maxAutoLockRenewalDurationInMs: 0 });
});
afterAll(async () => {
  await bus.close();
});

test("a message arrives as it was sent, and completing it removes it", async () => {
  const sent = {
    messageId: "m-whole",
    body: { text: "ä€😀", number: 1 },
    subject: "greeting",
    correlationId: "c-1",
    contentType: "application/json",
    replyTo: "somewhere",
    to: "someone",
    applicationProperties: { text: "t", whole: 5, part: 1.5, yes: true },
  };
  await sender.sendMessages(sent);
  const message = await take(receiver);
  expect(message).toMatchObject({ ...sent, deliveryCount: 0, state: "active" });
  expect(Math.abs((message.enqueuedTimeUtc?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  await receiver.completeMessage(message);
  expect(await glance(receiver)).toHaveLength(0);
});

test("a binary body keeps its bytes", async () => {
  const body = Buffer.from([0, 255, 1, 128]);
  await sender.sendMessages({ body });
  expect((await takeOnce(bus.client, QUEUE, { skipParsingBodyAsJson: true })).body).toEqual(body);
});

test("a message without an id gets one", async () => {
  await sender.sendMessages({ body: 1 });
  expect((await takeOnce(bus.client, QUEUE)).messageId).toMatch(/^[0-9a-f]{32}$/);
});

test("an abandoned message is delivered again at once with the changed properties", async () => {
  await sender.sendMessages({ body: 1, applicationProperties: { kept: "k" } });
  await receiver.abandonMessage(await take(receiver), { tries: 1 });
  const again = await take(receiver);
  expect(again.deliveryCount).toBe(1);
  expect(again.applicationProperties).toEqual({ kept: "k", tries: 1 });
  await receiver.completeMessage(again);
});

test("an abandoned message keeps its place in the order", async () => {
  await sender.sendMessages([1, 2].map((body) => ({ body })));
  await receiver.abandonMessage(await take(receiver));
  const both = await takeAll(receiver, 2);
  expect(both.map((message): unknown => message.body)).toEqual([1, 2]);
  for (const message of both) await receiver.completeMessage(message);
});

test("a deferred message is received only by its number and can then be completed", async () => {
  await sender.sendMessages({ body: "later" });
  const message = await take(receiver);
  await receiver.deferMessage(message, { why: "busy" });
  expect(await glance(receiver)).toHaveLength(0);
  const [deferred] = await receiver.receiveDeferredMessages(message.sequenceNumber ?? []);
  expect(deferred).toMatchObject({ body: "later", state: "deferred", applicationProperties: { why: "busy" } });
  if (deferred !== undefined) await receiver.completeMessage(deferred);
  await expect(receiver.receiveDeferredMessages(message.sequenceNumber ?? [])).rejects.toMatchObject({
    code: "MessageNotFound",
  });
});

test("a dead-lettered message shows reason, description and own properties in the dead-letter queue", async () => {
  await sender.sendMessages({ body: "bad", messageId: "m-dead" });
  const message = await take(receiver);
  await receiver.deadLetterMessage(message, {
    deadLetterReason: "broken",
    deadLetterErrorDescription: "no field x",
    field: "x",
  });
  const dead = await takeOnce(bus.client, QUEUE, { subQueueType: "deadLetter" });
  expect(dead).toMatchObject({
    messageId: "m-dead",
    deadLetterReason: "broken",
    deadLetterErrorDescription: "no field x",
  });
  expect(dead.applicationProperties).toMatchObject({ field: "x" });
  expect(dead.sequenceNumber?.toString()).toBe(message.sequenceNumber?.toString());
});

test("a message that fails too often goes to the dead-letter queue", async () => {
  await sender.sendMessages({ body: "poison" });
  for (const count of [0, 1, 2]) {
    const message = await take(receiver);
    expect(message.deliveryCount).toBe(count);
    await receiver.abandonMessage(message);
  }
  const dead = await takeOnce(bus.client, QUEUE, { subQueueType: "deadLetter" });
  expect(dead).toMatchObject({ body: "poison", deadLetterReason: "MaxDeliveryCountExceeded" });
});

test("when a lock expires the message is delivered again, and the late complete is refused", async () => {
  await sender.sendMessages({ body: "slow" });
  const first = await take(receiver);
  const again = await take(receiver);
  expect(again.deliveryCount).toBe(1);
  expect(again.sequenceNumber?.toString()).toBe(first.sequenceNumber?.toString());
  await expect(receiver.completeMessage(first)).rejects.toMatchObject({ code: "MessageLockLost" });
  await receiver.completeMessage(again);
});

test("a renewed lock expires later, and a lost one cannot be renewed", async () => {
  await sender.sendMessages({ body: "long" });
  const message = await take(receiver);
  const before = message.lockedUntilUtc?.getTime() ?? 0;
  const after = await receiver.renewMessageLock(message);
  expect(after.getTime()).toBeGreaterThanOrEqual(before);
  await receiver.completeMessage(message);
  await expect(receiver.renewMessageLock(message)).rejects.toMatchObject({ code: "MessageLockLost" });
});

test("a subscriber keeps its message beyond the lock by automatic renewal, and never more than it asked for", async () => {
  const other = bus.client.createReceiver(QUEUE);
  await sender.sendMessages([1, 2, 3, 4].map((body) => ({ body })));
  let running = 0;
  let most = 0;
  let handled = 0;
  await new Promise<void>((resolve, reject) => {
    other.subscribe(
      {
        processMessage: async (message) => {
          running += 1;
          most = Math.max(most, running);
          const end = message.lockedUntilUtc?.getTime() ?? 0;
          if (message.body === 1) while (Date.now() < end + 200) await new Promise(setImmediate);
          await other.completeMessage(message);
          running -= 1;
          handled += 1;
          if (handled === 4) resolve();
        },
        processError: ({ error }) => {
          reject(error);
          return Promise.resolve();
        },
      },
      { maxConcurrentCalls: 2, autoCompleteMessages: false },
    );
  });
  await other.close();
  expect(most).toBe(2);
  expect(await glance(receiver)).toHaveLength(0);
});

test("receive-and-delete removes a message when it is delivered", async () => {
  await sender.sendMessages({ body: "gone" });
  expect((await takeOnce(bus.client, QUEUE)).body).toBe("gone");
  expect(await glance(receiver)).toHaveLength(0);
});

test("a message of a closed receiver stays locked until its lock expires, then is delivered again", async () => {
  await sender.sendMessages({ body: "kept" });
  const other = bus.client.createReceiver(QUEUE, { maxAutoLockRenewalDurationInMs: 0 });
  const message = await take(other);
  await other.close();
  expect(await glance(receiver)).toHaveLength(0);
  const again = await take(receiver);
  expect(again).toMatchObject({ messageId: message.messageId, deliveryCount: 1 });
  await receiver.completeMessage(again);
});

test("what a killed client had received stays locked until its lock expires", async () => {
  await sender.sendMessages({ body: "held", messageId: "m-held" });
  const child = spawn(process.execPath, [`${import.meta.dirname}/receive-and-hang.ts`, bus.connectionString, QUEUE], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const line: unknown = (await once(child.stdout, "data"))[0];
  child.kill("SIGKILL");
  await once(child, "exit");
  const [id, lockedUntil] = String(line).trim().split(" ");
  expect(id).toBe("m-held");
  const again = await take(receiver);
  expect(Date.now()).toBeGreaterThanOrEqual(Number(lockedUntil));
  expect(again).toMatchObject({ messageId: "m-held", deliveryCount: 1 });
  await receiver.completeMessage(again);
});
