import { ServiceBusClient } from "@azure/service-bus";
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
  receiver = bus.client.createReceiver(QUEUE, { receiveMode: "receiveAndDelete" });
});
afterAll(async () => {
  await bus.close();
});

const in1s = (): Date => new Date(Date.now() + 1000);

test("a batch arrives in order as single messages", async () => {
  const batch = await sender.createMessageBatch();
  for (const body of [1, 2, 3]) expect(batch.tryAddMessage({ body, messageId: `b-${String(body)}` })).toBe(true);
  await sender.sendMessages(batch);
  const messages = await takeAll(receiver, 3);
  expect(messages.map((message): unknown => message.body)).toEqual([1, 2, 3]);
  expect(messages.map((message) => message.messageId)).toEqual(["b-1", "b-2", "b-3"]);
});

test("a batch is full at 256 KB", async () => {
  const batch = await sender.createMessageBatch();
  expect(batch.maxSizeInBytes).toBe(256 * 1024);
  expect(batch.tryAddMessage({ body: Buffer.alloc(200_000) })).toBe(true);
  expect(batch.tryAddMessage({ body: Buffer.alloc(70_000) })).toBe(false);
});

test("a message of almost 256 KB is accepted, a larger one is refused", async () => {
  await sender.sendMessages({ body: Buffer.alloc(255_000, 7) });
  expect(Buffer.alloc(255_000, 7).equals((await take(receiver)).body as Buffer)).toBe(true);
  await expect(sender.sendMessages({ body: Buffer.alloc(270_000) })).rejects.toMatchObject({
    code: "MessageSizeExceeded",
  });
});

test("a connection may begin with a peek, for which it has a token only for the management node", async () => {
  await sender.sendMessages({ body: "seen" });
  const looking = new ServiceBusClient(bus.connectionString, { retryOptions: { maxRetries: 0 } });
  expect((await looking.createReceiver("contract-plain").peekMessages(1))[0]?.body).toBe("seen");
  await looking.close();
  expect((await take(receiver)).body).toBe("seen");
});

test("a message with a scheduled time waits until then and gets a new number", async () => {
  const due = in1s();
  await sender.sendMessages({ body: "due", scheduledEnqueueTimeUtc: due });
  const [waiting] = await receiver.peekMessages(1);
  expect(waiting?.state).toBe("scheduled");
  const message = await take(receiver);
  expect(message.body).toBe("due");
  expect(message.enqueuedTimeUtc?.getTime()).toBeGreaterThanOrEqual(due.getTime());
  expect(message.sequenceNumber?.toString()).not.toBe(waiting?.sequenceNumber?.toString());
});

test("scheduled messages can be canceled by number, the others still arrive", async () => {
  const numbers = await sender.scheduleMessages([{ body: "a" }, { body: "b" }], in1s());
  expect(numbers).toHaveLength(2);
  await sender.cancelScheduledMessages(numbers.slice(0, 1));
  expect((await take(receiver)).body).toBe("b");
  await expect(sender.cancelScheduledMessages(numbers)).rejects.toMatchObject({ code: "MessageNotFound" });
});

test("an expired message goes to the dead-letter queue if so configured, else it is dropped", async () => {
  await sender.sendMessages({ body: "dropped", timeToLive: 1000 });
  await bus.client.createSender("contract-expiring").sendMessages({ body: "old", timeToLive: 1000 });
  const dead = await takeOnce(bus.client, "contract-expiring", { subQueueType: "deadLetter" });
  expect(dead).toMatchObject({ body: "old", deadLetterReason: "TTLExpiredException" });
  expect(await glance(receiver)).toHaveLength(0);
});

test("a second message with the same id is dropped where duplicates are detected", async () => {
  const unique = bus.client.createSender("contract-unique");
  const id = `m-${String(Date.now())}`;
  await unique.sendMessages([
    { body: 1, messageId: id },
    { body: 2, messageId: id },
  ]);
  await unique.sendMessages({ body: 3, messageId: id });
  await unique.scheduleMessages({ body: 4, messageId: id }, new Date());
  await unique.sendMessages({ body: 5, messageId: `${id}-other` });
  const found = await takeAll(bus.client.createReceiver("contract-unique", { receiveMode: "receiveAndDelete" }), 2);
  expect(found.map((message): unknown => message.body)).toEqual([1, 5]);
});

test("peeking shows locked and waiting messages and removes none", async () => {
  const locking = bus.client.createReceiver(QUEUE);
  await sender.sendMessages([{ body: "first" }, { body: "second" }]);
  const first = await take(locking);
  const number = first.sequenceNumber;
  if (number === undefined) throw new Error("the message has no sequence number");
  const looking = bus.client.createReceiver(QUEUE);
  const seen = await looking.peekMessages(10);
  expect(seen.map((message): unknown => message.body)).toEqual(["first", "second"]);
  const rest = await looking.peekMessages(10, {
    fromSequenceNumber: number.add(1),
  });
  expect(rest.map((message): unknown => message.body)).toEqual(["second"]);
  await locking.completeMessage(first);
  expect((await take(receiver)).body).toBe("second");
  expect(await looking.peekMessages(10, { fromSequenceNumber: number })).toHaveLength(0);
});

test("a topic gives each subscription what its filter matches", async () => {
  const topic = bus.client.createSender("contract-topic");
  const id = `m-${String(Date.now())}`;
  await topic.sendMessages([
    { body: "plain", messageId: `${id}-1` },
    { body: "red", messageId: `${id}-2`, subject: "red" },
    { body: "large", messageId: `${id}-3`, applicationProperties: { size: "large" } },
    { body: "twice", messageId: `${id}-3` },
  ]);
  const from = (name: string): ServiceBusReceiver =>
    bus.client.createReceiver("contract-topic", name, { receiveMode: "receiveAndDelete" });
  const all = await takeAll(from("all"), 3);
  expect(all.map((message): unknown => message.body)).toEqual(["plain", "red", "large"]);
  expect((await take(from("red"))).body).toBe("red");
  expect((await take(from("large"))).body).toBe("large");
  for (const name of ["all", "red", "large", "none"]) expect(await glance(from(name))).toHaveLength(0);
});

test("a subscription's dead letters have a queue of their own", async () => {
  const topic = bus.client.createSender("contract-topic");
  await topic.sendMessages({ body: "bad", subject: "red", messageId: `m-${String(Date.now())}` });
  await takeOnce(bus.client, "contract-topic/Subscriptions/all");
  const locking = bus.client.createReceiver("contract-topic", "red");
  await locking.deadLetterMessage(await take(locking), { deadLetterReason: "mine", deadLetterErrorDescription: "d" });
  const dead = bus.client.createReceiver("contract-topic", "red", {
    subQueueType: "deadLetter",
    receiveMode: "receiveAndDelete",
  });
  expect(await take(dead)).toMatchObject({ body: "bad", deadLetterReason: "mine" });
});

test("auto-forward keeps the id and the first number and enqueues again, from queues and subscriptions", async () => {
  await bus.client.createSender("contract-forwarding").sendMessages({ body: "hop", messageId: "m-hop" });
  expect(await takeOnce(bus.client, "contract-target")).toMatchObject({
    body: "hop",
    messageId: "m-hop",
    deliveryCount: 0,
  });
  const topic = bus.client.createSender("contract-topic");
  await topic.scheduleMessages({ body: "hop 2", subject: "forward", messageId: `m-${String(Date.now())}` }, in1s());
  expect((await takeOnce(bus.client, "contract-target")).body).toBe("hop 2");
  await takeOnce(bus.client, "contract-topic/Subscriptions/all");
});

test("a forwarded dead letter names the entity it died in", async () => {
  await bus.client.createSender("contract-forwarding-dead").sendMessages({ body: "dead" });
  const locking = bus.client.createReceiver("contract-forwarding-dead");
  await locking.deadLetterMessage(await take(locking), { deadLetterReason: "mine", deadLetterErrorDescription: "d" });
  expect(await takeOnce(bus.client, "contract-target")).toMatchObject({
    body: "dead",
    deadLetterSource: "contract-forwarding-dead",
    deadLetterReason: "mine",
  });
});

test("nothing can be received from an entity that forwards", async () => {
  await expect(glance(bus.client.createReceiver("contract-forwarding"))).rejects.toThrow(/auto-forward/i);
});

test("a missing entity is reported as such to senders, receivers and peekers", async () => {
  await expect(bus.client.createSender("nowhere").sendMessages({ body: 1 })).rejects.toMatchObject({
    code: "MessagingEntityNotFound",
  });
  await expect(glance(bus.client.createReceiver("nowhere"))).rejects.toMatchObject({ code: "MessagingEntityNotFound" });
  await expect(bus.client.createReceiver("nowhere").peekMessages(1)).rejects.toMatchObject({
    code: "MessagingEntityNotFound",
  });
});

test("a wrong key is refused", async () => {
  const wrong = bus.connectionString.replace(
    /SharedAccessKey=[^;]+/,
    `SharedAccessKey=${Buffer.alloc(32).toString("base64")}`,
  );
  const client = new ServiceBusClient(wrong, { retryOptions: { maxRetries: 0 } });
  await expect(client.createSender(QUEUE).sendMessages({ body: 1 })).rejects.toMatchObject({
    code: "UnauthorizedAccess",
  });
  await client.close();
});

test("sessions are not supported: asking for one fails with a text that says so", async () => {
  await expect(bus.client.acceptSession(QUEUE, "s")).rejects.toThrow(/session/i);
});
