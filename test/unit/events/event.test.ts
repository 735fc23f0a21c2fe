import { deliveryId } from "../../../shared/core/deliveries/delivery-id.ts";
import {
  retryMessageBody,
  MAX_DEPTH,
  MAX_MESSAGE_BYTES,
  parseMessage,
  readRetryMessage,
  type Message,
} from "../../../shared/core/events/event.ts";
import { ID_RULE } from "../../../shared/core/scope.ts";
import { EXAMPLE_EVENT, exampleEvent, QUEUED_AT } from "../../support/an-event.ts";

function read(text: string | Uint8Array): Message {
  return parseMessage(typeof text === "string" ? Buffer.from(text) : text, QUEUED_AT, "acme");
}

function reason(text: string | Uint8Array): string {
  const message = read(text);
  return message.kind === "invalid" ? message.reason : message.kind;
}

/** The example event with one member replaced; `undefined` leaves it out. */
function withMember(key: string, value: unknown): string {
  return JSON.stringify({ ...Object(JSON.parse(EXAMPLE_EVENT)), [key]: value });
}

function withData(change: Readonly<Record<string, unknown>>): string {
  return withMember("data", { program: "rewards", environment: "uat", attributes: {}, ...change });
}

test("the example event is read with every digit", () => {
  const event = exampleEvent();
  expect(event).toMatchObject({
    scope: { client: "acme", program: "rewards", environment: "uat" },
    id: "evt-7f3c",
    source: "/kls/acme/rewards",
    type: "reward.issued",
    time: new Date("2026-11-23T10:00:00.000Z"),
    timeText: "2026-11-23T10:00:00.000Z",
  });
  expect(JSON.stringify(event.attributes)).toBe(
    '{"memberId":"M-12345678901234567890","memberEmail":"ana@example.com","firstName":"Zoë","points":12345678901234567890,"balance":0.10,"reward":{"id":"R-1","name":"Café \\"Lux\\""}}',
  );
});

test("a byte order mark is skipped", () => {
  expect(read(`\ufeff${EXAMPLE_EVENT}`).kind).toBe("event");
});

test.each([
  ["absent", undefined],
  ["null", null],
])("attributes may be %s", (_name, attributes) => {
  const message = read(withData({ attributes }));
  expect(message.kind === "event" && message.event.attributes).toEqual({});
});

test("attributes that are null stay null in a retry message, which is read again", () => {
  const message = read(withData({ attributes: null }));
  if (message.kind !== "event") throw new Error(JSON.stringify(message));
  const { event } = message;
  const webhookId = "wh_1";
  const due = { scope: event.scope, deliveryId: deliveryId(event, webhookId), webhookId, attempt: 2, rechecks: 0 };
  const body = retryMessageBody({ ...due, deferrals: 0, event }, "m-1", QUEUED_AT);
  expect(readRetryMessage(JSON.parse(body), QUEUED_AT, "acme")).toEqual({
    kind: "read",
    retryMessage: { ...due, deferrals: 0, event },
  });
});

test("a lone surrogate in names, values and lists is U+FFFD from the first reading on, whole pairs stay", () => {
  const attributes = String.raw`{"a\ud800b":"\udc00x\ud83d\ude00","list":["\ud83d",{"\udfff":0.10}],"kept":"\\ud800","__proto__":"\ud800"}`;
  const message = read(
    withMember("data", "DATA").replace(
      '"DATA"',
      `{"program":"rewards","environment":"uat","attributes":${attributes}}`,
    ),
  );
  if (message.kind !== "event") throw new Error(JSON.stringify(message));
  const well = String.raw`{"a�b":"�x😀","list":["�",{"�":0.10}],"kept":"\\ud800","__proto__":"�"}`;
  expect(JSON.stringify(message.event.attributes)).toBe(well);
  expect(JSON.stringify(message.event.raw)).toContain(well);
});

test.each([
  "com.kognitiv.loyalty.tier.changed",
  "com.kognitiv.loyalty.reward.issued.v2",
  "com.kognitiv.loyalty.reward.Issued",
])("the unknown type %s completes quietly, whatever its data", (type) => {
  expect(read(JSON.stringify({ ...Object(JSON.parse(EXAMPLE_EVENT)), type, data: 5 }))).toEqual({
    kind: "unknown-type",
    type,
  });
});

test.each([
  ["not JSON", "{oops", "Not JSON: there is an error at line 1 column 2"],
  ["half an event", EXAMPLE_EVENT.slice(0, 20), "Not JSON: it ends unexpectedly after 20 characters"],
  ["a list", "[]", "the message must be a JSON object"],
  ["a number", "5", "the message must be a JSON object"],
  ["null", "null", "the message must be a JSON object"],
  ["another specversion", withMember("specversion", "0.3"), 'specversion must be "1.0"'],
  ["no id", withMember("id", undefined), "id is missing"],
  ["an empty id", withMember("id", ""), "id is empty"],
  ["an id that is a number", withMember("id", 7), "id must be a string"],
  ["an id with a line break", withMember("id", "a\nb"), "id contains a control character or a lone surrogate"],
  ["an id with a lone surrogate", withMember("id", "a\ud800"), "id contains a control character or a lone surrogate"],
  ["an endless id", withMember("id", "x".repeat(1025)), "id is longer than 1024 characters"],
  ["no source", withMember("source", undefined), "source is missing"],
  ["no time", withMember("time", undefined), "time is missing"],
  ["a time without zone", withMember("time", "2026-11-23T10:00:00"), "time must be an RFC 3339 time with a zone"],
  ["a day that is none", withMember("time", "2026-02-30T10:00:00Z"), "time must be an RFC 3339 time with a zone"],
  [
    "an old time",
    withMember("time", "2026-10-24T10:00:00Z"),
    "time is more than 30 days before the message was queued",
  ],
  ["a future time", withMember("time", "2026-11-24T10:00:02Z"), "time is more than 1 day after the message was queued"],
  ["a foreign type", withMember("type", "org.example.thing"), 'type must begin with "com.kognitiv.loyalty."'],
  ["no data", withMember("data", undefined), "data must be an object"],
  ["no program", withData({ program: undefined }), "data.program is missing"],
  ["a bad environment", withData({ environment: "UAT" }), `data.environment must be ${ID_RULE}`],
  ["attributes as list", withData({ attributes: [] }), "data.attributes must be an object"],
  [
    "attributes as number",
    EXAMPLE_EVENT.replace(/"attributes": \{.*\} \} \} \}$/s, '"attributes": 0.10 } }'),
    "data.attributes must be an object",
  ],
  [
    "several faults",
    withMember("specversion", 1).replace('"id":"evt-7f3c",', ""),
    'specversion must be "1.0"; id is missing',
  ],
])("%s is not an event, and the reason says so", (_name, text, expected) => {
  expect(reason(text)).toBe(expected);
});

test("reasons do not quote the message, which may be personal", () => {
  expect(reason('{"memberEmail": ana@example.com}')).toBe("Not JSON: there is an error at line 1 column 17");
});

test("bytes that are not UTF-8 are not an event", () => {
  expect(reason(Buffer.from(EXAMPLE_EVENT, "latin1"))).toBe("The message is not UTF-8");
});

test("a message over the limits is not an event", () => {
  expect(reason(withData({ attributes: { big: "x".repeat(MAX_MESSAGE_BYTES) } }))).toBe(
    "The message is larger than 1048576 bytes",
  );
  const deep = `${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}`;
  expect(reason(`{"x":${deep}}`)).toBe("Objects and lists are nested more than 64 deep");
  expect(reason("[".repeat(200_000))).toMatch(/^Not JSON/);
  expect(reason(`${"[".repeat(200_000)}0.10${"]".repeat(200_000)}`)).toBe(
    "Objects and lists are nested more than 64 deep",
  );
});

test.each([
  "2026-10-24T10:00:01Z",
  "2026-11-24T10:00:01Z",
  "2026-11-23T12:00:00.123456+02:00",
  "2026-11-23t10:00:00z",
  "2026-11-23T09:59:60Z",
])("the time %s is within the window", (time) => {
  expect(read(withMember("time", time)).kind).toBe("event");
});

describe("a retry message", () => {
  const event = exampleEvent();
  const retryMessage = {
    scope: event.scope,
    deliveryId: deliveryId(event, "wh_1"),
    webhookId: "wh_1",
    attempt: 3,
    rechecks: 0,
    deferrals: 0,
    event,
  };
  const body = retryMessageBody(retryMessage, "cb-1", QUEUED_AT);
  const back = (text: string, queuedAt = QUEUED_AT): ReturnType<typeof readRetryMessage> | Message => {
    const message = parseMessage(Buffer.from(text), queuedAt, "acme");
    return message.kind === "retry-message" ? readRetryMessage(message.raw, queuedAt, "acme") : message;
  };

  test("is written and read again with every digit of the event", () => {
    expect(back(body)).toEqual({ kind: "read", retryMessage });
    expect(body).toContain('"points":12345678901234567890,"balance":0.10');
    const moved = { ...retryMessage, rechecks: 4, deferrals: 7 };
    expect(back(retryMessageBody(moved, "cb-2", QUEUED_AT))).toMatchObject({
      retryMessage: { rechecks: 4, deferrals: 7 },
    });
  });

  test("is read as long as an event that was old on arrival can still be retried and wait, and no longer", () => {
    expect(back(body, new Date("2027-01-22T10:00:00.000Z")).kind).toBe("read");
    expect(back(body, new Date("2027-01-22T10:00:00.001Z"))).toEqual({
      kind: "invalid",
      reason: "data.event: time is more than 60 days before the message was queued",
    });
  });

  test.each(["deep", "too deep"])("contains an event that is %s by the event's own measure", (how) => {
    const lists = MAX_DEPTH - 3 + (how === "deep" ? 0 : 1);
    const text = withData({ attributes: { list: 0 } }).replace(
      '"list":0',
      `"list":${"[".repeat(lists)}${"]".repeat(lists)}`,
    );
    const wrapped = body.replace(/"event":.*\}\}$/s, `"event":${text}}}`);
    const told = "Objects and lists are nested more than 64 deep";
    if (how === "deep") expect([read(text).kind, back(wrapped).kind]).toEqual(["event", "read"]);
    else expect([reason(text), back(wrapped)]).toEqual([told, { kind: "invalid", reason: `data.event: ${told}` }]);
  });

  test.each([
    ["without its event", body.replace('"event":', '"evnt":'), "data.event: the message must be a JSON object"],
    ["with a bad attempt", body.replace('"attempt":3', '"attempt":0'), "data.attempt must be 1 or more"],
    [
      "of another program",
      body.replace('"program":"rewards"', '"program":"other"'),
      "data.event belongs to another program or environment than data says",
    ],
    ["with a bad id", body.replace(retryMessage.deliveryId, "dl/1"), "data.deliveryId is not a valid id"],
    ["with a bad webhook", body.replace('"wh_1"', '"wh_z"'), "data.webhookId is not a valid id"],
    [
      "of another webhook",
      body.replace('"wh_1"', '"wh_2"'),
      "data.deliveryId is not the id of this event's delivery to wh_2",
    ],
    [
      "of the year 5",
      body.replace('"time":"2026-11-23T10:00:00.000Z"', '"time":"0005-11-23T10:00:00.000Z"'),
      "data.event: time is more than 60 days before the message was queued",
    ],
    ["of an unknown type", body.replace("reward.issued", "reward.new"), "data.event: its type is unknown"],
  ])("%s is refused", (_name, text, expected) => {
    expect(back(text)).toEqual({ kind: "invalid", reason: expected });
  });
});
