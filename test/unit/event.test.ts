import { comeBackBody, MAX_DEPTH, MAX_MESSAGE_BYTES, parseMessage, type Message } from "../../shared/core/event.ts";
import { CONTRACT_EVENT, contractEvent, QUEUED_AT } from "./an-event.ts";

function read(text: string | Uint8Array): Message {
  return parseMessage(typeof text === "string" ? Buffer.from(text) : text, QUEUED_AT, "acme");
}

function reason(text: string | Uint8Array): string {
  const message = read(text);
  return message.kind === "invalid" ? message.reason : message.kind;
}

/** The event of the contract with one member replaced; `undefined` leaves it out. */
function withMember(key: string, value: unknown): string {
  return JSON.stringify({ ...Object(JSON.parse(CONTRACT_EVENT)), [key]: value });
}

function withData(change: Readonly<Record<string, unknown>>): string {
  return withMember("data", { program: "rewards", environment: "uat", attributes: {}, ...change });
}

test("the event of the contract is read with every digit", () => {
  const event = contractEvent();
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

test("a byte order mark is passed over", () => {
  expect(read(`\ufeff${CONTRACT_EVENT}`).kind).toBe("event");
});

test("attributes may be absent", () => {
  const message = read(withData({ attributes: undefined }));
  expect(message.kind === "event" && message.event.attributes).toEqual({});
});

test.each([
  "com.kognitiv.loyalty.tier.changed",
  "com.kognitiv.loyalty.reward.issued.v2",
  "com.kognitiv.loyalty.reward.Issued",
])("the unknown type %s completes quietly, whatever its data", (type) => {
  expect(read(JSON.stringify({ ...Object(JSON.parse(CONTRACT_EVENT)), type, data: 5 }))).toEqual({
    kind: "unknown-type",
    type,
  });
});

test.each([
  ["not JSON", "{oops", "Not JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)"],
  ["nothing", "", "Not JSON: Unexpected end of JSON input"],
  ["a list", "[]", "the message must be a JSON object"],
  ["a number", "5", "the message must be a JSON object"],
  ["null", "null", "the message must be a JSON object"],
  ["another specversion", withMember("specversion", "0.3"), 'specversion must be "1.0"'],
  ["no id", withMember("id", undefined), "id is missing"],
  ["an empty id", withMember("id", ""), "id is empty"],
  ["an id that is a number", withMember("id", 7), "id must be a text"],
  ["an id with a line break", withMember("id", "a\nb"), "id holds a control character or half a character"],
  ["an id with half a character", withMember("id", "a\ud800"), "id holds a control character or half a character"],
  ["an endless id", withMember("id", "x".repeat(1025)), "id is longer than 1024 characters"],
  ["no source", withMember("source", undefined), "source is missing"],
  ["no time", withMember("time", undefined), "time is missing"],
  [
    "a time without zone",
    withMember("time", "2026-11-23T10:00:00"),
    "time must be a time as in RFC 3339, with its zone",
  ],
  [
    "a day that is none",
    withMember("time", "2026-02-30T10:00:00Z"),
    "time must be a time as in RFC 3339, with its zone",
  ],
  [
    "an old time",
    withMember("time", "2026-10-24T10:00:00Z"),
    "time is more than 30 days before the message was queued",
  ],
  ["a future time", withMember("time", "2026-11-24T10:00:02Z"), "time is more than 1 day after the message was queued"],
  ["a foreign type", withMember("type", "org.example.thing"), 'type must begin with "com.kognitiv.loyalty."'],
  ["no data", withMember("data", undefined), "data must be an object"],
  ["no program", withData({ program: undefined }), "data.program is missing"],
  [
    "a bad environment",
    withData({ environment: "UAT" }),
    "data.environment must be a letter and 1 to 15 of a-z, 0-9 and hyphen",
  ],
  ["attributes as list", withData({ attributes: [] }), "data.attributes must be an object"],
  [
    "attributes as number",
    CONTRACT_EVENT.replace(/"attributes": \{.*\} \} \} \}$/s, '"attributes": 0.10 } }'),
    "data.attributes must be an object",
  ],
  [
    "several faults",
    withMember("specversion", 1).replace('"id":"evt-7f3c",', ""),
    'specversion must be "1.0"; id is missing',
  ],
])("%s is no event, and the reason says so", (_name, text, expected) => {
  expect(reason(text)).toBe(expected);
});

test("reasons do not quote the message, which may be personal", () => {
  expect(reason('{"memberEmail": ana@example.com}')).toBe("Not JSON: Unexpected token 'a'");
});

test("bytes that are no UTF-8 are no event", () => {
  expect(reason(Buffer.from(CONTRACT_EVENT, "latin1"))).toBe("The message is not UTF-8");
});

test("a message over the limits is no event", () => {
  expect(reason(withData({ attributes: { big: "x".repeat(MAX_MESSAGE_BYTES) } }))).toBe(
    "The message has more than 1048576 bytes",
  );
  const deep = `${"[".repeat(MAX_DEPTH)}${"]".repeat(MAX_DEPTH)}`;
  expect(reason(`{"x":${deep}}`)).toBe("Objects and lists lie more than 64 deep");
  expect(reason("[".repeat(200_000))).toMatch(/^Not JSON/);
  expect(reason(`${"[".repeat(200_000)}0.10${"]".repeat(200_000)}`)).toBe("Objects and lists lie more than 64 deep");
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

describe("a come-back", () => {
  const comeBack = {
    scope: contractEvent().scope,
    deliveryId: "dl_20261123_abc",
    webhookId: "wh_1",
    attempt: 3,
    look: 0,
    event: contractEvent(),
  };
  const body = comeBackBody(comeBack, "cb-1", QUEUED_AT);

  test("is written and read again with every digit of the event", () => {
    expect(read(body)).toEqual({ kind: "come-back", comeBack });
    expect(body).toContain('"points":12345678901234567890,"balance":0.10');
    expect(read(comeBackBody({ ...comeBack, look: 4 }, "cb-2", QUEUED_AT))).toMatchObject({ comeBack: { look: 4 } });
  });

  test("is read long after the event's window has closed", () => {
    expect(parseMessage(Buffer.from(body), new Date("2027-06-01T00:00:00Z"), "acme").kind).toBe("come-back");
  });

  test.each([
    ["without its event", body.replace('"event":', '"evnt":'), "data.event: the message must be a JSON object"],
    ["with a bad attempt", body.replace('"attempt":3', '"attempt":0'), "data.attempt must be 1 or more"],
    [
      "of another program",
      body.replace('"program":"rewards"', '"program":"other"'),
      "data.event belongs to another program or environment than data says",
    ],
    ["with a bad id", body.replace("dl_20261123_abc", "dl/1"), "data.deliveryId is no id"],
    ["of an unknown type", body.replace("reward.issued", "reward.new"), "data.event: its type is not known"],
  ])("%s is refused", (_name, text, expected) => {
    expect(reason(text)).toBe(expected);
  });
});
