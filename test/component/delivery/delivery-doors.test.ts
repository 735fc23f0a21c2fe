import { randomUUID } from "node:crypto";
import { HttpRequest, InvocationContext } from "@azure/functions";
import { ServiceBusError } from "@azure/service-bus";
import rhea from "rhea";
import { registrations } from "../../../functions/http/resource.ts";
import { onClientMessage } from "../../../functions/on-client-message.ts";
import { ReceivedMessage } from "../../../functions/received-message.ts";
import { ROUTES } from "../../../functions/routes.ts";
import { Trouble } from "../../../shared/lib/errors.ts";
import type { DeliveryDeps } from "../../../shared/delivery/deps.ts";
import { MOST_DELIVERIES } from "../../../shared/delivery/deliver-message.ts";
import busPicture from "../../../infra/bus.json" with { type: "json" };
import { checkAnswer } from "../../support/checked-answer.ts";
import { unusedApiDeps } from "../../support/unused-api-deps.ts";
import { add, aWebhook, deliveryFixture, START, startBackends, tablesAway } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";

let backends: Backends;

beforeAll(async () => {
  backends = await startBackends();
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

interface Door {
  readonly made: DeliveryFixture;
  readonly slept: number[];
  /** How many heartbeats there were. */
  readonly beats: () => number;
  /** Calls the bus door as the host does. */
  readonly arrive: (body: unknown, metadata?: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Calls the HTTP door as the host does. */
  readonly get: (path: string) => Promise<{ status: number | undefined; json: unknown; etag: string | null }>;
}

function door(more: Partial<DeliveryDeps> = {}): Door {
  const made = deliveryFixture(backends, more);
  const slept: number[] = [];
  const sleep = (ms: number): Promise<void> => {
    slept.push(ms);
    return Promise.resolve();
  };
  let beats = 0;
  const heartbeat = (): Promise<void> => {
    beats += 1;
    return Promise.resolve();
  };
  const handler = onClientMessage("acme", { ...made.deps, logFor: () => made.deps.log, sleep, heartbeat });
  const caller = { subject: "tester", roles: ["Webhooks.Read"], clients: "*" } as const;
  const routes = registrations(ROUTES, {
    ...unusedApiDeps(),
    deliveries: backends.store,
    clock: () => START,
    verifyToken: () => Promise.resolve({ ...caller, roles: new Set(caller.roles) }),
    logFor: () => () => undefined,
    corsOrigins: () => new Set(),
  });
  return {
    made,
    slept,
    beats: () => beats,
    arrive: async (
      body,
      metadata = { lockToken: randomUUID(), deliveryCount: 1, enqueuedTime: START.toISOString() },
    ) => {
      await handler(body, new InvocationContext({ functionName: "deliver-acme", triggerMetadata: { ...metadata } }));
    },
    get: async (path) => {
      const [, , id] = /^deliveries(\/([^?]*))?/.exec(path) ?? [];
      const route = routes.find(({ name }) => name === (id === undefined ? "deliveries" : "deliveries_id"));
      const request = new HttpRequest({
        method: "GET",
        url: `http://localhost/api/${path}`,
        headers: { authorization: "Bearer x" },
        params: { ...made.scope, ...(id === undefined ? {} : { id }) },
      });
      const response = (await route?.handler(request, new InvocationContext())) ?? {};
      const text = "body" in response && typeof response.body === "string" ? response.body : "null";
      const json: unknown = JSON.parse(text);
      const { client, program, environment } = made.scope;
      const whole = `api/clients/${client}/programs/${program}/environments/${environment}/${path}`;
      checkAnswer("GET", whole, response.status ?? 200, json);
      return { status: response.status, json, etag: new Headers(response.headers ?? {}).get("etag") };
    },
  };
}

test("a message that comes through the door is delivered and can be read over HTTP as the contract says", async () => {
  const { made, arrive, get, beats } = door();
  add(made, aWebhook(backends.server, "wh_a"));
  backends.server.answer = (_request, response) => response.writeHead(503, { "x-a": "1" }).end("down");
  await arrive(made.event("e1"));
  expect(beats()).toBe(1);
  const id = (await made.rows())[0]?.id ?? "";
  const reason = { kind: "status", message: "The receiver answered 503." };
  const common = {
    id,
    webhookId: "wh_a",
    eventId: "e1",
    eventType: "reward.issued",
    eventTime: "2026-11-23T10:00:00.000Z",
    state: "retrying",
    createdAt: "2026-11-23T10:00:01.000Z",
    nextAttemptAt: "2026-11-23T10:00:06.000Z",
    reason,
  };
  for (const filter of [
    "webhookId=wh_a&state=retrying&eventId=e1",
    "state=failed,retrying&eventType=reward.issued,reward.canceled&fault=status,dns",
    "member=M-1&from=2026-11-23T10:00:01Z&to=2026-11-23T11:00:01.001%2B01:00",
  ]) {
    const { status, json } = await get(`deliveries?${filter}&limit=5`);
    const item = { ...common, attemptCount: 1, lastStatus: 503, lastDurationMs: 0 };
    expect([filter, status, json]).toEqual([filter, 200, { items: [item], next: null }]);
  }
  const one = await get(`deliveries/${id}`);
  expect(one.etag).not.toBeNull();
  expect(one.json).not.toHaveProperty("attemptCount");
  expect(JSON.stringify(one.json)).toContain('"event":{"specversion":"1.0","id":"e1"');
  expect(one.json).toMatchObject({
    ...common,
    attempts: [
      {
        number: 1,
        trigger: "first",
        startedAt: "2026-11-23T10:00:01.000Z",
        durationMs: 0,
        outcome: "failed",
        mayBeRepeat: false,
        fault: reason,
        request: {
          method: "POST",
          url: `${backends.server.url}/wh_a/M-1`,
          headers: [
            { key: "Content-Type", value: "application/json" },
            { key: "webhook-id", value: id },
            { key: "webhook-timestamp", value: String(START.getTime() / 1000) },
            { key: "webhook-attempt", value: "1" },
            { key: "user-agent", value: "KLS-Webhooks/test" },
            { key: "content-length", value: "31" },
          ],
          body: `{"points":12345678901234567890}`,
        },
        response: { status: 503, body: "down", truncated: false },
        timings: { tokenMs: 0 },
      },
    ],
  });
  expect(JSON.stringify(one.json)).toMatch(/"connectMs":\d+,"firstByteMs":\d+/);
});

test.each([
  ["deliveries?state=lost", 400],
  ["deliveries?state=failed,lost", 400],
  ["deliveries?state=unknown", 400],
  ["deliveries?eventType=reward", 400],
  ["deliveries?fault=bad,luck", 400],
  ["deliveries?from=yesterday", 400],
  ["deliveries?to=2026-11-23T10:00:00", 400],
  ["deliveries?limit=0", 400],
  ["deliveries?cursor=x", 400],
  ["deliveries?color=red", 400],
  ["deliveries/dl_nothing", 404],
  ["deliveries/dl_20261123_aaaaaaaaaaaaaaaaaaaaaaaaaa_x", 404],
])("GET %s answers %i", async (path, status) => {
  expect((await door().get(path)).status).toBe(status);
});

test("the time of queuing comes from either form of the metadata, as UTC", async () => {
  for (const metadata of [{ enqueuedTime: "2026-11-23T10:00:01+00:00" }, { enqueuedTimeUtc: "2026-11-23T10:00:01" }]) {
    const { made, arrive } = door();
    await arrive(made.event("e1"), { lockToken: "l", deliveryCount: 1, ...metadata });
    expect(made.deadLettered).toEqual([]);
    await arrive(made.event("e1"), { lockToken: "l", deliveryCount: 1, enqueuedTimeUtc: "2027-11-23T10:00:01" });
    expect(made.deadLettered).toHaveLength(1);
  }
});

test("a message that could not be handled is given back after a wait that grows", async () => {
  const away = { ...backends.store, open: () => Promise.reject(tablesAway()) };
  const { made, arrive, slept, beats } = door({ deliveries: away });
  add(made, aWebhook(backends.server, "wh_a"));
  for (const deliveryCount of [1, 2, 9]) {
    await expect(arrive(made.event("e1"), { lockToken: "l", deliveryCount })).rejects.toThrow("the tables are away");
  }
  expect(slept).toEqual([1_000, 2_000, 30_000]);
  expect(beats()).toBe(0);
});

test("the last time that the queue gives a message, it is dead-lettered with the reason, which the queue would not tell", async () => {
  const away = { ...backends.store, open: () => Promise.reject(tablesAway()) };
  const { made, arrive, slept } = door({ deliveries: away });
  add(made, aWebhook(backends.server, "wh_a"));
  await arrive(made.event("e1"), { lockToken: "l", deliveryCount: MOST_DELIVERIES });
  expect(made.deadLettered).toEqual([
    "l GivenUp: This could not be handled 10 times, the last time because: the tables are away (RestError ECONNREFUSED)",
  ]);
  expect(slept).toEqual([]);
  expect(MOST_DELIVERIES).toBe(busPicture.queue.maxDeliveryCount);
});

test.each([undefined, null])("a message without a body (%s) is no event", async (body) => {
  const { made, arrive } = door();
  await arrive(body);
  expect(made.deadLettered[0]).toContain("NotAnEvent: The body is empty");
});

test("the log says why a message is given back, also when several tries failed together", async () => {
  // What the bus's SDK throws: no message, the failures of its tries beside it.
  const tries = Object.assign(new Error(""), {
    errors: [new Error("first try"), new ServiceBusError("The bus is away.", "ServiceCommunicationProblem")],
  });
  const away = { ...backends.store, open: () => Promise.reject(tries) };
  const { made, arrive } = door({ deliveries: away });
  add(made, aWebhook(backends.server, "wh_a"));
  // The host logs what it is thrown, so that is no more than the log's own line says.
  const why = "The bus is away. (ServiceBusError ServiceCommunicationProblem)";
  await expect(arrive(made.event("e1"))).rejects.toThrow(new Trouble(why));
  expect(made.log.at(-1)).toMatchObject({ event: "message.given_back", fields: { why } });
});

test.each([[{ id: "e1" }], [[1, "a"]], [5], ["text"], [true]])(
  "a body that the host gave as %j instead of bytes, since the function is bound wrongly, is dead-lettered without another try",
  async (body) => {
    const { made, arrive, slept } = door();
    await arrive(body, { lockToken: "l", deliveryCount: 1, enqueuedTime: START.toISOString() });
    expect(made.deadLettered).toEqual([
      "l CannotBeHandled: The host gave neither the whole message nor the bytes of its body, so the function's binding is wrong.",
    ]);
    expect(slept).toEqual([]);
  },
);

describe("a message that the host gives whole", () => {
  const whole = (body: unknown): ReceivedMessage =>
    new ReceivedMessage(Buffer.concat([Buffer.alloc(16, 7), rhea.message.encode({ message_id: "m", body })]));
  const metadata = { lockToken: "l", deliveryCount: 1, enqueuedTime: START.toISOString() };

  test.each([
    ["its data section", (bytes: Buffer): unknown => rhea.message.data_section(bytes)],
    ["a value that is a text, as AMQP libraries write texts", (bytes: Buffer): unknown => bytes.toString()],
  ])("is handled by %s", async (_, body) => {
    const { made, arrive } = door();
    add(made, aWebhook(backends.server, "wh_a"));
    await arrive(whole(body(made.event("e1"))), metadata);
    expect((await made.rows()).map(({ state }) => state)).toEqual(["delivered"]);
    expect(made.deadLettered).toEqual([]);
  });

  test.each([
    ["map", { memberEmail: "ana@example.com" }],
    ["list", ["ana@example.com"]],
    ["sequence", rhea.message.sequence_section(["ana@example.com"])],
    ["value that is neither text nor binary", 5],
  ])("is dead-lettered without another try when its body is an AMQP %s, with those words", async (kind, body) => {
    const { made, arrive, slept } = door();
    await arrive(whole(body), metadata);
    expect(made.deadLettered).toEqual([
      `l NotAnEvent: The body is an AMQP ${kind}; send the bytes of the event's JSON, in a data section`,
    ]);
    expect(slept).toEqual([]);
  });

  test("is dead-lettered when it has no content", async () => {
    const { made, arrive } = door();
    await arrive(new ReceivedMessage(undefined), metadata);
    expect(made.deadLettered).toEqual(["l NotAnEvent: The host gave a message without content"]);
  });
});
