import { operatedBus } from "../../../shared/bus/operated-bus.ts";
import { parseMessage } from "../../../shared/core/events/event.ts";
import { at, startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";
import { NAMESPACE, openQueue, startClientBus, startMutePort } from "../support/client-bus.ts";
import type { ClientBus } from "../support/client-bus.ts";

let bus: ClientBus;
let api: ApiUnderTest;
beforeAll(async () => {
  bus = await startClientBus();
  api = await startApi({ operations: { buses: new Map([["acme", operatedBus(bus.queue)]]) } });
});
afterAll(async () => {
  await api.close();
  await bus.close();
});

async function release(
  place: string,
  more: { roles?: readonly string[]; clients?: readonly string[]; method?: string } = {},
): Promise<Reply> {
  const operator = { subject: "operator", roles: ["Webhooks.Operate"], clients: "*" } as const;
  const token = await api.issuer.token({ ...operator, ...more });
  return api.callPath(more.method ?? "POST", `clients/${place}/canaries`, { token });
}

const HERE = "acme/programs/canary/environments/smoke";

test("a canary is an event like any other on the client's topic, each with an id of its own", async () => {
  const [first, second] = [await release(HERE), await release(HERE)];
  expect([first.status, second.status]).toEqual([202, 202]);
  const client = await bus.queue.client();
  const receiver = client.createReceiver("deliveries", {
    receiveMode: "receiveAndDelete",
    skipParsingBodyAsJson: true,
  });
  for (const { json } of [first, second]) {
    const [message] = await receiver.receiveMessages(1, { maxWaitTimeInMs: 10_000 });
    const eventId = at(json, "eventId");
    expect(eventId).toMatch(/^canary-[0-9a-f-]{36}$/);
    expect(message).toMatchObject({ messageId: eventId, contentType: "application/cloudevents+json" });
    const read = parseMessage(Buffer.from(message?.body ?? ""), message?.enqueuedTimeUtc ?? new Date(), "acme");
    expect(read).toMatchObject({
      kind: "event",
      event: {
        scope: { client: "acme", program: "canary", environment: "smoke" },
        id: eventId,
        source: "urn:kls-webhooks:canary",
        type: "reward.issued",
        timeText: at(json, "publishedAt"),
        attributes: { memberId: "canary", memberEmail: "canary@example.com", rewardId: "canary", points: 1 },
      },
    });
  }
  expect(at(first.json, "eventId")).not.toBe(at(second.json, "eventId"));
  await receiver.close();
});

const refusals: [string, string, Parameters<typeof release>[1], number, string][] = [
  ["of a real program", "acme/programs/rewards/environments/uat", {}, 404, "not-found"],
  ["for another's client", HERE, { clients: ["globex"] }, 404, "not-found"],
  ["for a client without a bus", HERE.replace("acme", "initech"), {}, 409, "service-bus-not-enabled"],
  ["by a writer", HERE, { roles: ["Webhooks.Read", "Webhooks.Write"] }, 403, "forbidden"],
  ["by GET", HERE, { method: "GET" }, 405, "method-not-allowed"],
];
test.each(refusals)("a canary %s is refused", async (_, place, more, status, code) => {
  const reply = await release(place, more);
  expect([reply.status, at(reply.json, "code")]).toEqual([status, code]);
});

test("nothing of a refused canary reached the bus", () => {
  expect(bus.broker.stats(NAMESPACE, "deliveries")).toMatchObject({ active: 0 });
});

test.each([
  ["does not answer is given up after its limit", startMutePort, 300, /No answer within 0\.3 s\./],
  ["is down is said to be down", startClosedPort, 30_000, /Sending to events: .*ECONNREFUSED/],
])("a bus that %s; the log says why the canary did not go", async (_, startPort, publishMs, why) => {
  const { port, close } = await startPort();
  const key = "SharedAccessKeyName=k;SharedAccessKey=not-to-be-shown;UseDevelopmentEmulator=true";
  const queue = openQueue(`Endpoint=sb://localhost:${String(port)};${key}`);
  const other = await startApi({ operations: { buses: new Map([["acme", operatedBus(queue)]]), publishMs } });
  const token = await other.issuer.token({ subject: "operator", roles: ["Webhooks.Operate"], clients: "*" });
  expect((await other.callPath("POST", `clients/${HERE}/canaries`, { token })).status).toBe(500);
  const log = other.logs.join("\n");
  expect(log).toMatch(why);
  expect(log).not.toContain("not-to-be-shown");
  await Promise.all([queue.close(), close(), other.close()]);
});

/** A port on which nothing listens. */
async function startClosedPort(): ReturnType<typeof startMutePort> {
  const { port, close } = await startMutePort();
  await close();
  return { port, close: () => Promise.resolve() };
}
