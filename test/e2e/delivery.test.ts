import { ServiceBusClient } from "@azure/service-bus";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** Requests received at one path. */
const at = (path: string) => app.receiver.requests.filter((request) => request.path.startsWith(path));
const url = (path: string) => `https://localhost:${String(app.receiver.port)}${path}`;
const json = [{ key: "Content-Type", value: "application/json" }];

test("an event with values of every kind gives one request, right to the letter", async () => {
  await app.create("webhooks", {
    name: "Example",
    eventTypes: ["reward.issued"],
    url: url("/members/{{memberId}}/mail?lang={{language}}"),
    headers: json,
    body: '{"to":"{{memberEmail}}","points":{{points}},"balance":{{ balance }},"reward":"{{reward.name}}"}',
    attributes: [{ name: "language", ifMissing: "fallback", fallback: "en" }],
  });
  const attributes = String.raw`{"memberId":"M-12345678901234567890/ü","memberEmail":"ana@example.com","points":12345678901234567890,"balance":0.10,"reward":{"name":"Café \"Lux\" 🎁\nfor <you> & me"}}`;
  const text = event("evt-example", attributes);
  // The same event twice, and one of another type, which the webhook does not match.
  await app.publish("acme", text, text, event("evt-other", attributes, { type: "reward.canceled" }));
  await app.receiver.until(() => at("/members/").length > 0);
  const { json: list } = await app.eventually(
    "deliveries?eventId=evt-example",
    ({ json }) => json.at("items", 0, "state") === "delivered",
  );

  expect(at("/members/")).toHaveLength(1);
  const [request] = at("/members/");
  expect(request?.path).toBe("/members/M-12345678901234567890%2F%C3%BC/mail?lang=en");
  expect(request?.body).toBe(
    String.raw`{"to":"ana@example.com","points":12345678901234567890,"balance":0.10,"reward":"Café \"Lux\" 🎁\nfor <you> & me"}`,
  );
  expect(request?.headers["content-type"]).toBe("application/json");
  expect(request?.headers["webhook-id"]).toBe(list.at("items", 0, "id"));
  expect(request?.headers["webhook-attempt"]).toBe("1");
  expect(request?.headers["user-agent"]).toMatch(/^KLS-Webhooks\//);
  expect(list.at("items", 1)).toBeUndefined();
});

test("a receiver that answers 503 twice, then 200: three attempts in one row, none sooner than the policy says", async () => {
  const answers = [503, 503, 200];
  app.receiver.answers(({ path }) => ({ status: path === "/flaky" ? (answers.shift() ?? 200) : 200 }));
  await app.create("webhooks", { name: "Flaky", url: url("/flaky"), body: "{{event.id}}", retryPolicy: "fast" });
  await app.publish("acme", event("evt-flaky"));
  await app.receiver.until(() => at("/flaky").length === 3);
  const { json: list } = await app.eventually("deliveries?eventId=evt-flaky", ({ json }) =>
    json.text.includes("delivered"),
  );
  const flaky = at("/flaky");
  const ids = new Set(flaky.map((request) => request.headers["webhook-id"]));
  expect(ids.size).toBe(1);
  expect(flaky.map((request) => request.headers["webhook-attempt"])).toEqual(["1", "2", "3"]);
  const [first = 0, second = 0, third = 0] = flaky.map((request) => request.at);
  // `fast`: 1 s and 5 s, ±20 %. How much later they come is the machine's; what is scheduled is in the component suite.
  expect(second - first).toBeGreaterThanOrEqual(800);
  expect(third - second).toBeGreaterThanOrEqual(4_000);
  const [id] = ids;
  const { json: delivery } = await app.eventually(
    `deliveries/${String(id)}`,
    ({ json }) => json.at("state") === "delivered",
  );
  expect(delivery.at("attempts", 0, "response", "status")).toBe(503);
  expect(delivery.at("attempts", 2, "outcome")).toBe("delivered");
  expect(delivery.at("attempts", 3)).toBeUndefined();
  expect(list.text).toContain(String(id));
});

test("the largest request and the largest answer come together: sent once, recorded, and marked as cut", async () => {
  const answer = { status: 200, headers: { "x-large": '"é'.repeat(7_000) }, body: "\0".repeat(80_000) };
  app.receiver.answers(({ path }) => (path === "/largest" ? answer : { status: 200 }));
  const webhookId = await app.create("webhooks", {
    name: "Largest",
    url: url("/largest"),
    headers: Array.from({ length: 50 }, (_, index) => ({ key: `X-${String(index)}`, value: '"v'.repeat(2_048) })),
    body: `{"quotes":"${String.raw`\"`.repeat(32_000)}","text":{{text}}}`,
  });
  await app.publish("acme", event("evt-largest", `{"text":"${String.raw`\u0000`.repeat(35_000)}"}`));
  const { json: list } = await app.eventually(
    // The webhooks of earlier tests match this event too.
    `deliveries?eventId=evt-largest&webhookId=${webhookId}`,
    ({ json }) => json.at("items", 0, "state") === "delivered",
  );
  expect(at("/largest")).toHaveLength(1);
  expect(at("/largest")[0]?.body.length).toBeGreaterThan(270_000);
  const { json: delivery } = await app.api("GET", `deliveries/${String(list.at("items", 0, "id"))}`);
  expect(delivery.at("attempts", 1)).toBeUndefined();
  expect(delivery.at("attempts", 0, "response", "truncated")).toBe(true);
  expect(delivery.at("attempts", 0, "response", "body")).toMatch(/^\0{65000}/);
  expect(delivery.at("attempts", 0, "request", "body")).toMatch(/… \(\d+ characters in all\)$/);
});

test("what is not an event is dead-lettered with a readable reason; its neighbours arrive", async () => {
  app.receiver.answers(() => ({ status: 200 }));
  await app.create("webhooks", { name: "Neighbours", url: url("/neighbours"), body: "{{event.id}}" });
  await app.publish("globex", event("evt-nobody-wants"));
  await app.publish(
    "acme",
    event("evt-before"),
    '{"not":"an event"}',
    "plain text",
    Buffer.alloc(200 * 1024, "garbage ☃ "),
    event("evt-newer", "{}", { type: "reward.somethingnew" }),
    event("evt-old", "{}", { time: "2020-01-01T00:00:00Z" }),
    event("evt-after"),
  );
  await app.receiver.until(() => at("/neighbours").length >= 2);
  expect(new Set(at("/neighbours").map(({ body }) => body))).toEqual(new Set(["evt-before", "evt-after"]));

  const bus = app.stack.runtime.clients["acme"];
  const client = new ServiceBusClient(bus?.connectionString ?? "");
  const dead = client.createReceiver(bus?.queue ?? "", {
    subQueueType: "deadLetter",
    receiveMode: "receiveAndDelete",
    skipParsingBodyAsJson: true,
  });
  const found: { reason: string; description: string }[] = [];
  while (found.length < 4) {
    const messages = await dead.receiveMessages(4, { maxWaitTimeInMs: 20_000 });
    if (messages.length === 0) break;
    for (const { deadLetterReason = "", deadLetterErrorDescription = "" } of messages) {
      found.push({ reason: deadLetterReason, description: deadLetterErrorDescription });
    }
  }
  await client.close();
  expect(found).toHaveLength(4);
  for (const { reason, description } of found) {
    expect(reason).not.toMatch(/MaxDelivery|^$/);
    expect(description.length).toBeGreaterThan(10);
  }
  expect(found.map(({ description }) => description).join("\n")).toMatch(/JSON/);
  expect(found.map(({ description }) => description).join("\n")).toMatch(/time/);
});

test("an event that is published after a change of a webhook sees the change", async () => {
  const id = await app.create("webhooks", { name: "Changing", url: url("/changing/1") });
  await app.publish("acme", event("evt-change-1"));
  await app.receiver.until(() => at("/changing/1").length === 1);
  const change = await app.api(
    "PUT",
    `webhooks/${id}`,
    { name: "Changing", url: url("/changing/2") },
    { headers: { "if-match": "*" } },
  );
  expect(change.status).toBe(200);
  await app.publish("acme", event("evt-change-2"));
  await app.receiver.until(() => at("/changing/2").length === 1);
  expect(at("/changing/1")).toHaveLength(1);
});
