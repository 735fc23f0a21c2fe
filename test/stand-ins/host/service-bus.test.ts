import { randomUUID } from "node:crypto";
import { ServiceBusClient } from "@azure/service-bus";
import type { ServiceBusMessage, ServiceBusReceivedMessage } from "@azure/service-bus";
import rhea from "rhea";
import { request } from "undici";
import * as z from "zod";
import { parseConfig } from "../../../local/service-bus/config/config.ts";
import { startServiceBus } from "../../../local/service-bus/service-bus.ts";
import type { ServiceBus } from "../../../local/service-bus/service-bus.ts";
import { startHost } from "./host-process.ts";
import type { HostProcess } from "./host-process.ts";
import { containing, matching, objectWith, someNumber } from "./matchers.ts";

/** A message with its AMQP sections. */
type AmqpMessage = ServiceBusReceivedMessage["_rawAmqpMessage"];

/** What the function "whole" prints. */
const wholeSchema = z.object({
  body: z.looseObject({ base64: z.string() }),
  metadata: z.looseObject({ lockToken: z.string() }),
});

let port = 0;
let bus: ServiceBus;
let host: HostProcess;
let client: ServiceBusClient;

const startBus = (): Promise<ServiceBus> => {
  const queues = ["text", "binary", "whole", "batch", "throws", "slow", "holding"].map((Name) => ({
    Name,
    Properties: { MaxDeliveryCount: 3, LockDuration: Name === "slow" ? "PT1S" : "PT1M" },
  }));
  const topics = [{ Name: "news", Subscriptions: [{ Name: "mine" }] }];
  const namespaces = [{ Name: "one", Queues: queues, Topics: topics }];
  return startServiceBus(
    parseConfig(JSON.stringify({ UserConfig: { Namespaces: namespaces }, Listeners: { one: { Port: port } } })),
  );
};

beforeAll(async () => {
  bus = await startBus();
  const one = bus.namespaces["one"];
  if (!one) throw new Error("The bus has no namespace one.");
  port = one.port;
  client = new ServiceBusClient(one.connectionString, { retryOptions: { retryDelayInMs: 200 } });
  host = await startHost("bus-app", {
    env: {
      SB_ONE: one.connectionString,
      SB_CLOUD__fullyQualifiedNamespace: "sb-cloud.servicebus.windows.net",
      TEXT_QUEUE: "text",
      CLOCK: "0 0 0 1 1 *",
    },
    hostJson: { version: "2.0", extensions: { serviceBus: { maxMessageBatchSize: 10 } } },
  });
});

afterAll(async () => {
  await client.close();
  await host.stop();
  await bus.close();
});

/** A message whose body is in a section of this kind. */
function message(body: unknown, bodyType: "data" | "sequence" | "value"): AmqpMessage {
  return { body, bodyType };
}

/** Sends a message and returns what the function printed about it. */
async function seen(entity: string, sent: ServiceBusMessage | AmqpMessage, mark = randomUUID()): Promise<unknown> {
  const sender = client.createSender(entity);
  await sender.sendMessages({ ...sent, applicationProperties: { ...sent.applicationProperties, mark } });
  await sender.close();
  return JSON.parse((await host.line(new RegExp(`^SAW .*${mark}`))).slice(4));
}

test("a text body that looks like JSON arrives parsed, its digits lost", async () => {
  expect(await seen("text", { body: Buffer.from("0.10") })).toMatchObject({ function: "text", body: 0.1 });
  expect(await seen("text", { body: Buffer.from('{"big":12345678901234567890}') })).toMatchObject({
    body: { big: Number("12345678901234567890") },
  });
  expect(await seen("text", { body: Buffer.from("007") })).toMatchObject({ body: "007" });
});

test("a message that is held for long does not stop the thousands behind it", async () => {
  const sender = client.createSender("holding");
  await sender.sendMessages({ body: Buffer.from("hold") });
  await host.line(/HOLDING/);
  const batch = Array.from({ length: 500 }, () => ({ body: Buffer.from("other") }));
  for (let sent = 0; sent < 3_000; sent += batch.length) await sender.sendMessages(batch);
  await host.line(/PASSED 3000/);
  await sender.sendMessages({ body: Buffer.from("release") });
  await host.line(/RELEASED/);
  await sender.close();
});

test("metadata text that looks like a number or boolean arrives as one", async () => {
  const message = { body: Buffer.from("x"), messageId: "12345678901234567890", correlationId: "true", subject: "1e3" };
  expect(await seen("text", message)).toMatchObject({
    metadata: { messageId: Number("12345678901234567890"), correlationId: true, subject: 1000, label: 1000 },
  });
});

test("property names lose their leading capital at every depth of the metadata", async () => {
  const message = { body: Buffer.from("x"), applicationProperties: { "X-Trace": "a", ClientId: "b" } };
  expect(await seen("text", message)).toMatchObject({
    metadata: { applicationProperties: { "x-Trace": "a", clientId: "b" }, userProperties: { clientId: "b" } },
  });
});

test("the metadata are those of the Service Bus extension: count from 1, times with and without zone, nothing about the dead-letter reason", async () => {
  const message = { body: Buffer.from("x"), messageId: "m-1", contentType: "text/plain", replyTo: "back", to: "you" };
  const saw = await seen("text", message);
  expect(saw).toMatchObject({
    metadata: { deliveryCount: 1, messageId: "m-1", contentType: "text/plain", replyTo: "back", to: "you" },
  });
  expect(saw).toMatchObject({
    metadata: {
      enqueuedTimeUtc: matching(/^\d{4}-\d\d-\d\dT[\d:.]+$/),
      enqueuedTime: matching(/\+00:00$/),
      lockToken: matching(/^[0-9a-f-]{36}$/),
      sequenceNumber: someNumber(),
    },
  });
  expect(saw).not.toHaveProperty("metadata.deadLetterReason");
  expect(saw).not.toHaveProperty("metadata.lockedUntil");
  expect(saw).not.toHaveProperty("metadata.correlationId");
});

test("top-level fields of a JSON body hide metadata of the same name, whatever the case", async () => {
  const body = Buffer.from('{"MESSAGEID":"of the body","deliveryCount":77,"flag":true,"list":[1],"own":{"Deep":1}}');
  const saw = await seen("text", { body, messageId: "real" });
  expect(saw).toMatchObject({
    metadata: { messageId: "of the body", deliveryCount: 77, flag: "True", own: { deep: 1 } },
  });
  expect(saw).not.toHaveProperty("metadata.list");
});

test("dataType binary gives the exact bytes and does not change the metadata", async () => {
  const body = Buffer.from('{"big":12345678901234567890,"x":0.10,"messageId":"of the body"}');
  expect(await seen("binary", { body, messageId: "real" })).toMatchObject({
    body: { base64: body.toString("base64") },
    metadata: { messageId: "real" },
  });
});

test("a value section that is text arrives unless bytes are requested", async () => {
  expect(await seen("text", message("hello", "value"))).toMatchObject({ body: "hello" });
});

test.each([
  ["a sequence", "sequence", [1, "a"]],
  ["a map", "value", { a: 1 }],
  ["a list", "value", [1]],
  ["a number", "value", 5],
  ["a text", "value", '{"a":1}'],
] as const)(
  "a body that is %s of AMQP cannot be bound as bytes: the host returns it until the bus gives up",
  async (_name, bodyType, body) => {
    const mark = randomUUID();
    const before = host.count(/cannot be bound as bytes/);
    const sender = client.createSender("binary");
    await sender.sendMessages({ ...message(body, bodyType), applicationProperties: { mark } });
    await sender.close();
    const receiver = client.createReceiver("binary", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
    const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    await receiver.close();
    expect(dead).toMatchObject({ deadLetterReason: "MaxDeliveryCountExceeded", applicationProperties: { mark } });
    expect(host.count(/cannot be bound as bytes/)).toBe(before + 3);
    expect(host.count(new RegExp(`^SAW .*${mark}`))).toBe(0);
  },
);

test.each([
  ["data", "data", Buffer.from('{"x":0.10}'), { typecode: 0x75, content: Buffer.from('{"x":0.10}') }],
  ["an empty data section", "data", Buffer.alloc(0), { typecode: 0x75, content: Buffer.alloc(0) }],
  ["a sequence", "sequence", [1, "a"], { typecode: 0x76, content: [1, "a"] }],
  ["a map", "value", { a: 1 }, { a: 1 }],
  ["a text", "value", '{"a":1}', '{"a":1}'],
] as const)(
  "with sdkBinding %s arrives as the whole message behind its lock token, metadata as ever",
  async (_name, bodyType, body, expected) => {
    const saw = wholeSchema.parse(await seen("whole", message(body, bodyType)));
    expect(saw.body).toMatchObject({
      version: "1.0",
      source: "AzureServiceBusReceivedMessage",
      contentType: "application/octet-stream",
    });
    const content = Buffer.from(saw.body.base64, "base64");
    const { lockToken } = saw.metadata;
    // As .NET writes a GUID: the first three groups byte-swapped.
    const hex = (start: number, end: number): string => content.subarray(start, end).toString("hex");
    const turned = (start: number, end: number): string =>
      Buffer.from(content.subarray(start, end)).reverse().toString("hex");
    expect(lockToken).toBe([turned(0, 4), turned(4, 6), turned(6, 8), hex(8, 10), hex(10, 16)].join("-"));
    const found = rhea.message.decode(content.subarray(16));
    expect(found["delivery_annotations"]).toEqual({
      "x-opt-lock-token": Buffer.from(lockToken.replaceAll("-", ""), "hex"),
    });
    expect(found["body"]).toEqual(typeof expected === "string" ? expected : expect.objectContaining(expected));
  },
);

test("a batch has arrays: numbers where ids look like numbers, Long objects for sequence numbers, empty texts dropped", async () => {
  const mark = randomUUID();
  const sender = client.createSender("batch");
  const batch = ["1", "2"].map((messageId, index) => ({
    body: Buffer.from(String(index)),
    messageId,
    ...(index === 1 ? { contentType: "text/plain" } : {}),
    applicationProperties: { mark },
  }));
  await sender.sendMessages(batch);
  await sender.close();
  expect(JSON.parse((await host.line(new RegExp(`^SAW .*${mark}`))).slice(4))).toMatchObject({
    body: [0, 1],
    metadata: {
      messageIdArray: [1, 2],
      deliveryCountArray: [1, 1],
      contentTypeArray: ["text/plain"],
      sequenceNumberArray: [objectWith({ high: 0, unsigned: false }), objectWith({ high: 0 })],
    },
  });
});

test("a topic's subscription is served too", async () => {
  expect(await seen("news", { body: Buffer.from("hello") })).toMatchObject({ function: "topic", body: "hello" });
});

test("a throw returns the message at once, until it is dead-lettered", async () => {
  const sender = client.createSender("throws");
  await sender.sendMessages({ body: Buffer.from("x") });
  await sender.close();
  const receiver = client.createReceiver("throws", { subQueueType: "deadLetter" });
  const [dead] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
  await receiver.close();
  expect(dead?.deadLetterReason).toBe("MaxDeliveryCountExceeded");
  expect(host.count(/^TRY [123]$/)).toBe(3);
});

test("the lock is renewed while a function works longer than it lasts", async () => {
  const sender = client.createSender("slow");
  await sender.sendMessages({ body: Buffer.from("x") });
  await sender.close();
  await host.line(/slow is done/);
  expect(host.count(/slow has begun/)).toBe(1);
});

test("what this host does not support puts that function in error, and the others run", () => {
  expect(host.errors).toMatchObject({
    "no-setting": containing("Service Bus connection 'SB_NOWHERE' does not exist"),
    identity: containing("identity-based"),
    "no-percent": containing("'%MISSING%' does not resolve to a value"),
    sessions: containing("Sessions"),
    sdk: containing("sdkBinding with cardinality 'many'"),
    storage: containing("queueTrigger"),
    "bad name.": containing("not a valid function name"),
  });
  expect(host.functions).toEqual(["text", "binary", "whole", "batch", "topic", "throws", "slow", "holding", "clock"]);
});

test("a timer is run by the admin route, with its schedule in lower camel case", async () => {
  await request(`${host.url}/admin/functions/clock`, { method: "POST", body: '{"input":""}' });
  expect(JSON.parse((await host.line(/^TICK /)).slice(5))).toMatchObject({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { next: matching(/-01-01T00:00:00/) },
  });
});

test("the host reconnects to a bus that goes away and comes back, without a restart", async () => {
  await client.close();
  await bus.close();
  await host.line(/failed: /);
  bus = await startBus();
  client = new ServiceBusClient(bus.namespaces["one"]?.connectionString ?? "", {
    retryOptions: { retryDelayInMs: 200 },
  });
  expect(await seen("text", { body: Buffer.from("again") })).toMatchObject({ body: "again" });
  expect(await seen("batch", { body: Buffer.from("again") })).toMatchObject({ body: ["again"] });
});

test("SIGTERM waits for the running function and completes its message", async () => {
  const before = host.count(/slow is done/);
  const began = host.count(/slow has begun/);
  const sender = client.createSender("slow");
  await sender.sendMessages({ body: Buffer.from("x") });
  await sender.close();
  await host.more(/slow has begun/, began);
  host.kill("SIGTERM");
  expect(await host.exit).toBe(0);
  expect(host.count(/slow is done/)).toBe(before + 1);
  expect(bus.stats("one", "slow")).toMatchObject({ active: 0, locked: 0 });
});
