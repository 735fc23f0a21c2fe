import { gzipSync } from "node:zlib";
import { ServiceBusClient } from "@azure/service-bus";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest, Json } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

const url = (path: string): string => `https://localhost:${String(app.receiver.port)}${path}`;
const at = (begin: string) => app.receiver.requests.filter(({ path }) => path.startsWith(begin));

/** The one delivery of an event, whole, once it is delivered. */
async function delivery(eventId: string): Promise<Json["at"]> {
  const list = await app.eventually(
    `deliveries?eventId=${eventId}`,
    ({ json }) => json.at("items", 0, "state") === "delivered",
  );
  expect(list.json.at("items", 1)).toBeUndefined();
  const { json } = await app.api("GET", `deliveries/${String(list.json.at("items", 0, "id"))}`);
  expect(json.at("attempts", 1)).toBeUndefined();
  return (...path) => json.at(...path);
}

test("secret headers of event values and plain words are hidden in their place, and body, URL and answer stay readable", async () => {
  app.receiver.answers(({ headers, body }) => ({ status: 200, body: JSON.stringify({ headers, body }) }));
  const id = await app.create("webhooks", {
    name: "Readable",
    url: url("/readable/{{memberId}}?live=true"),
    headers: [
      { key: "X-Member-Token", value: "{{memberId}}" },
      { key: "X-Consent-Token", value: "true" },
      { key: "X-State-Key", value: "active" },
      { key: "X-Year-Key", value: "2024" },
      { key: "X-Api-Key", value: "hunter2-{{memberId}}" },
    ],
    body: '{"member":"{{memberId}}","live":true,"state":"active","year":2024}',
  });
  await app.publish("acme", event("evt-readable", '{"memberId":"M-4711-0815"}'));
  const seen = await delivery("evt-readable");
  const body = '{"member":"M-4711-0815","live":true,"state":"active","year":2024}';
  expect(seen("attempts", 0, "request", "url")).toBe(url("/readable/M-4711-0815?live=true"));
  expect(seen("attempts", 0, "request", "body")).toBe(body);
  expect(seen("attempts", 0, "request", "headers")).toEqual(
    expect.arrayContaining(
      ["X-Member-Token", "X-Consent-Token", "X-State-Key", "X-Year-Key", "X-Api-Key"].map((key) => ({
        key,
        value: "•••",
      })),
    ),
  );
  const answer: unknown = JSON.parse(String(seen("attempts", 0, "response", "body")));
  expect(answer).toMatchObject({ body, headers: { "x-api-key": "•••", "x-member-token": "M-4711-0815" } });
  expect(at("/readable")[0]?.headers).toMatchObject({ "x-api-key": "hunter2-M-4711-0815", "x-year-key": "2024" });
  await app.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
});

test("half a surrogate is delivered once as U+FFFD, and shown so; a byte order mark is dropped; the URL is one of RFC 3986", async () => {
  app.receiver.answers(() => ({ status: 200 }));
  const id = await app.create("webhooks", {
    name: "Halves",
    url: `\ufeff${url("/halves/{x}|[1]/{{half}}?a=50%&b=^")}`,
    headers: [{ key: "X-Half", value: "{{half}}" }],
    body: '\ufeff{"a":"{{half}}","o":{{o}},"lone":"\ud800"}',
  });
  await app.publish("acme", `\ufeff${event("evt-halves", String.raw`{"half":"a\ud800","o":{"\udc00":["\ud83d"]}}`)}`);
  const seen = await delivery("evt-halves");
  const [received, ...others] = at("/halves");
  expect(others).toEqual([]);
  expect(received).toMatchObject({
    path: "/halves/%7Bx%7D%7C%5B1%5D/a%EF%BF%BD?a=50%25&b=%5E",
    body: '{"a":"a�","o":{"�":["�"]},"lone":"�"}',
  });
  expect(received?.headers["x-half"]).toBe("a%EF%BF%BD");
  expect(seen("attempts", 0, "request", "body")).toBe(received?.body);
  await app.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });
});

test("attributes that are null are as absent", async () => {
  await app.create("webhooks", { name: "Null", url: url("/null"), body: "{{event.id}}:{{memberId}}" });
  await app.publish("acme", event("evt-null", "null"));
  await delivery("evt-null");
  expect(at("/null").map(({ body }) => body)).toEqual(["evt-null:"]);
});

test("bodies in other forms are dead-lettered at their first delivery, with words that say what they are", async () => {
  const wrapped = event("evt-wrapped", '{"memberEmail":"ana@example.com"}');
  const space = "http://schemas.microsoft.com/2003/10/Serialization/";
  await app.publish(
    "acme",
    gzipSync(wrapped),
    `@\u0006string\u0008${String.fromCharCode(space.length)}${space}\u009a\u0005hello`,
    JSON.stringify(wrapped),
    Buffer.from(wrapped, "utf16le"),
    `<event>${wrapped}</event>`,
    "",
  );
  const bus = app.stack.runtime.clients["acme"];
  const client = new ServiceBusClient(bus?.connectionString ?? "");
  const dead = client.createReceiver(bus?.queue ?? "", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
  const found = new Map<string, number | undefined>();
  while (found.size < 6) {
    const messages = await dead.receiveMessages(6, { maxWaitTimeInMs: 20_000 });
    if (messages.length === 0) break;
    for (const { deadLetterReason, deadLetterErrorDescription = "", deliveryCount } of messages) {
      expect(deadLetterReason).toBe("NotAnEvent");
      expect(deadLetterErrorDescription).not.toContain("ana");
      found.set(deadLetterErrorDescription, deliveryCount);
    }
  }
  await client.close();
  expect([...found.keys()].toSorted().map((reason) => reason.replace(/[:;,].*/, ""))).toEqual([
    "The body is UTF-16",
    "The body is XML or HTML",
    "The body is a JSON string that contains JSON",
    "The body is empty",
    "The body is gzip",
    "The body was written by .NET's DataContractSerializer",
  ]);
  expect(Math.max(...[...found.values()].map((count) => count ?? 0))).toBeLessThanOrEqual(1);
});

test("AMQP maps and sequences are dead-lettered at their first delivery, with those words; a text as an AMQP value is its event", async () => {
  const bus = app.stack.runtime.clients["acme"];
  const client = new ServiceBusClient(bus?.connectionString ?? "");
  const topic = client.createSender(bus?.topic ?? "");
  const type = "reward.canceled";
  await app.create("webhooks", { name: "Value", eventTypes: [type], url: url("/value"), body: "{{event.id}}" });
  await topic.sendMessages([
    { body: { memberEmail: "ana@example.com" }, bodyType: "value" },
    { body: ["ana@example.com"], bodyType: "sequence" },
    { body: event("evt-value", '{"memberId":"M-1","half":"x"}', { type }), bodyType: "value" },
  ]);
  await app.receiver.until(() => at("/value").length > 0);
  const dead = client.createReceiver(bus?.queue ?? "", { subQueueType: "deadLetter", receiveMode: "receiveAndDelete" });
  const found: unknown[] = [];
  while (found.length < 2) {
    const messages = await dead.receiveMessages(2, { maxWaitTimeInMs: 20_000 });
    if (messages.length === 0) break;
    found.push(
      ...messages.map((one) => [one.deadLetterReason, one.deadLetterErrorDescription, one.deliveryCount ?? 0]),
    );
  }
  await client.close();
  const words = (kind: string): string =>
    `The body is an AMQP ${kind}; send the bytes of the event's JSON, in a data section`;
  expect(found.toSorted()).toEqual([
    ["NotAnEvent", words("map"), 0],
    ["NotAnEvent", words("sequence"), 0],
  ]);
  expect(at("/value").map(({ body }) => body)).toEqual(["evt-value"]);
});
