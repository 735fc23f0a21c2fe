import { TableServiceClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { forgeries } from "../support/forgeries.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
const buses = new Map<string, ServiceBusClient>();
beforeAll(async () => {
  app = await startApp();
  for (const [client, { connectionString }] of Object.entries(app.stack.runtime.clients))
    buses.set(client, new ServiceBusClient(connectionString));
});
afterAll(async () => {
  await Promise.all([...buses.values()].map((bus) => bus.close()));
  await app.close();
});

const at = (path: string) => app.receiver.requests.filter((request) => request.path === path);
const url = (path: string) => `https://localhost:${String(app.receiver.port)}${path}`;

function busOf(client: string): ServiceBusClient {
  const bus = buses.get(client);
  if (!bus) throw new Error(`No client ${client}.`);
  return bus;
}

/** Retry messages on the client's queue, as anyone who may read it sees them; waits until there are this many. */
async function scheduled(client: string, count: number): Promise<Buffer[]> {
  for (;;) {
    // A connection continues after what it has already peeked at, so each look needs a new one.
    const bus = new ServiceBusClient(app.stack.runtime.clients[client]?.connectionString ?? "");
    const receiver = bus.createReceiver("deliveries", { skipParsingBodyAsJson: true });
    const messages = await receiver.peekMessages(100);
    await bus.close();
    const retryMessages = messages.map(({ body }) => Buffer.from(body)).filter((body) => body.includes("delivery.due"));
    if (retryMessages.length >= count) return retryMessages;
  }
}

/** Receives this many messages from the client's dead-letter queue. */
async function deadLetters(client: string, count: number): Promise<Map<string, string[]>> {
  const receiver = busOf(client).createReceiver("deliveries", {
    subQueueType: "deadLetter",
    receiveMode: "receiveAndDelete",
    skipParsingBodyAsJson: true,
  });
  const reasons = new Map<string, string[]>();
  for (let found = 0; found < count;) {
    const messages = await receiver.receiveMessages(count - found, { maxWaitTimeInMs: 30_000 });
    if (messages.length === 0) throw new Error(`Only ${String(found)} of ${String(count)} were dead-lettered.`);
    found += messages.length;
    for (const { deadLetterReason = "", deadLetterErrorDescription = "" } of messages)
      reasons.set(deadLetterReason, [...(reasons.get(deadLetterReason) ?? []), deadLetterErrorDescription]);
  }
  await receiver.close();
  return reasons;
}

async function tableNames(): Promise<string[]> {
  const options = { allowInsecureConnection: true };
  const names: string[] = [];
  const service = TableServiceClient.fromConnectionString(app.stack.runtime.tables, options);
  for await (const { name = "" } of service.listTables()) names.push(name);
  return names;
}

test("forged retry messages: each is dead-lettered with its reason, nothing is sent, no table is made; a replayed one does nothing", async () => {
  // Each event is refused with an hour's wait, so that its retry message lies on the bus to be read.
  app.receiver.answers(({ path }) =>
    path === "/refuses" ? { status: 503, headers: { "retry-after": "3600" } } : { status: 200 },
  );
  for (const client of ["acme", "globex"]) {
    const webhook = { name: "Refused", eventTypes: ["reward.issued"], url: url("/refuses"), body: "{{event.id}}" };
    await app.create("webhooks", webhook, client);
  }
  await app.create("webhooks", {
    name: "Good",
    eventTypes: ["reward.canceled"],
    url: url("/good"),
    body: "{{event.id}}",
  });
  const attributes = '{"memberId":"M-1"}';
  await app.publish("acme", event("evt-1", attributes), event("evt-2", attributes));
  await app.publish("globex", event("evt-1", attributes));
  const [[one, another], [foreign]] = await Promise.all([scheduled("acme", 2), scheduled("globex", 1)]);
  if (!one || !another || !foreign) throw new Error("No retry message was scheduled.");
  expect(at("/refuses")).toHaveLength(3);
  // The retry message is scheduled a moment before its attempt is recorded.
  const retrying = "deliveries?state=retrying";
  const before = await app.eventually(retrying, ({ json }) => json.at("items", 1) !== undefined);
  const tables = await tableNames();

  const forged = forgeries({ one, another, foreign });
  await app.publish("acme", ...forged.values(), one, one);
  const reasons = await deadLetters("acme", forged.size);

  expect([...reasons.keys()]).toEqual(["NotAuthentic"]);
  const told = new Set(reasons.get("NotAuthentic"));
  const only =
    "Only this app sends messages of type com.kognitiv.webhooks.delivery.due, and this one is not proven to be its own:";
  expect(told).toEqual(
    new Set([
      `${only} it does not begin with a valid mac.`,
      `${only} its mac names the key k9999, which acme does not have.`,
      `${only} its mac names the key __proto__, which acme does not have.`,
      `${only} its mac does not match. It was changed, or made for another client.`,
    ]),
  );
  // A replayed message finds its delivery waiting and is rescheduled for the same time; a valid event behind them all shows that they were handled.
  await app.publish("acme", event("evt-good", attributes, { type: "reward.canceled" }));
  await app.receiver.until(() => at("/good").length === 1);
  await scheduled("acme", 4);
  expect(at("/refuses")).toHaveLength(3);
  expect(await tableNames()).toEqual(tables);
  const after = await app.api("GET", retrying);
  expect(after.json.at("items")).toEqual(before.json.at("items"));
}, 120_000);

test("a valid event among two hundred forged retry messages arrives as it would without them", async () => {
  const genuine = await scheduled("acme", 1);
  const [one = Buffer.alloc(0)] = genuine;
  const forged = Array.from({ length: 200 }, (_, index) =>
    one.toString().replace(/"v1\.[^.]+\./, `"v1.k${String(index + 2).padStart(4, "0")}.`),
  );
  await app.publish("acme", ...forged, event("evt-among-them", "{}", { type: "reward.canceled" }));
  await app.receiver.until(() => at("/good").some(({ body }) => body === "evt-among-them"));
  const reasons = await deadLetters("acme", 200);
  expect([...reasons.keys()]).toEqual(["NotAuthentic"]);
}, 120_000);
