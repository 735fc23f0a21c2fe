import { at, fieldCodes, startApi } from "./api-under-test.ts";
import type { ApiUnderTest } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

let counter = 0;
function valid(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  counter += 1;
  return { name: `Webhook ${String(counter)}`, url: "https://api.example.com/", ...more };
}

const broken: [string, Record<string, unknown>, [string, string][]][] = [
  ["W2 no name", { name: undefined }, [["/name", "required"]]],
  ["W2 an empty name", { name: "" }, [["/name", "required"]]],
  ["W2 a space at the end", { name: "Welcome " }, [["/name", "trailing-space"]]],
  ["W2 a no-break space at the end", { name: "Welcome\u00a0" }, [["/name", "trailing-space"]]],
  ["W2 only spaces", { name: "   " }, [["/name", "trailing-space"]]],
  ["W2 a control character", { name: "a\u0000b" }, [["/name", "character-not-allowed"]]],
  ["W2 half a surrogate pair", { name: "a\ud800b" }, [["/name", "character-not-allowed"]]],
  ["W2 121 characters", { name: "x".repeat(121) }, [["/name", "too-long"]]],
  ["W2 a number", { name: 7 }, [["/name", "wrong-type"]]],
  ["W3 1,001 characters", { description: "x".repeat(1001) }, [["/description", "too-long"]]],
  ["W3 null", { description: null }, [["/description", "wrong-type"]]],
  ["W4 another group", { eventGroup: "other" }, [["/eventGroup", "unknown-value"]]],
  ["E1 an unknown type", { eventTypes: ["reward.issued", "reward.eaten"] }, [["/eventTypes/1", "unknown-value"]]],
  ["E1 a type twice", { eventTypes: ["reward.issued", "reward.issued"] }, [["/eventTypes/1", "duplicate-key"]]],
  ["W5 another method", { method: "GET" }, [["/method", "unknown-value"]]],
  ["W6 no URL", { url: undefined }, [["/url", "required"]]],
  ["W6 http", { url: "http://example.com" }, [["/url", "not-https"]]],
  ["W6 http in capitals", { url: "HTTP://example.com" }, [["/url", "not-https"]]],
  ["W6 a space before", { url: " https://example.com" }, [["/url", "not-https"]]],
  ["W6 4,097 characters", { url: `https://${"x".repeat(4089)}` }, [["/url", "too-long"]]],
  ["W7 no such credential", { credentialId: "cr_0123" }, [["/credentialId", "not-found"]]],
  ["W7 no credential id at all", { credentialId: "a/b" }, [["/credentialId", "not-found"]]],
  ["W7 a wrong type", { credentialId: 5 }, [["/credentialId", "wrong-type"]]],
  ["W8 a value without a key", { headers: [{ key: " ", value: "x" }] }, [["/headers/0/key", "key-required"]]],
  ["W8 no key at all", { headers: [{ value: "x" }] }, [["/headers/0/key", "key-required"]]],
  [
    "W8 two keys alike",
    { headers: [{ key: "X-A" }, { key: "" }, { key: "x-a ", value: "1" }] },
    [["/headers/2/key", "duplicate-key"]],
  ],
  [
    "W8 a key that is no token",
    { headers: [{ key: "X A", value: "1" }] },
    [["/headers/0/key", "character-not-allowed"]],
  ],
  ["W8 a key of HTTP", { headers: [{ key: "HOST", value: "x" }] }, [["/headers/0/key", "reserved-key"]]],
  ["W8 a key of ours", { headers: [{ key: "Webhook-Id", value: "x" }] }, [["/headers/0/key", "reserved-key"]]],
  [
    "W8 a key of HTTP as CGI folds it",
    { headers: [{ key: "Transfer_Encoding" }] },
    [["/headers/0/key", "reserved-key"]],
  ],
  ["W8 a key of ours as CGI folds it", { headers: [{ key: "webhook_Id" }] }, [["/headers/0/key", "reserved-key"]]],
  ["W8 the content type spelled anew", { headers: [{ key: "Content_Type" }] }, [["/headers/0/key", "reserved-key"]]],
  [
    "W8 two keys that gateways fold into one",
    {
      headers: [
        { key: "X_Api_Key", value: "1" },
        { key: "x-api-key", value: "2" },
      ],
    },
    [["/headers/1/key", "duplicate-key"]],
  ],
  [
    "W8 a line break in a value",
    { headers: [{ key: "X-A", value: "a\r\nB: c" }] },
    [["/headers/0/value", "character-not-allowed"]],
  ],
  [
    "W8 a letter outside ASCII",
    { headers: [{ key: "X-A", value: "Zoë" }] },
    [["/headers/0/value", "character-not-allowed"]],
  ],
  [
    "W8 51 headers",
    { headers: Array.from({ length: 51 }, (_, index) => ({ key: `X-${String(index)}` })) },
    [["/headers", "too-long"]],
  ],
  [
    "W8 a value of 4,097 characters",
    { headers: [{ key: "X-A", value: "x".repeat(4097) }] },
    [["/headers/0/value", "too-long"]],
  ],
  ["W8 a key of 257 characters", { headers: [{ key: "x".repeat(257), value: "1" }] }, [["/headers/0/key", "too-long"]]],
  ["W8 a list without end", { headers: Array.from({ length: 100_000 }, () => ({})) }, [["/headers", "too-long"]]],
  ["E1 a list without end", { eventTypes: Array.from({ length: 200_000 }, () => 1) }, [["/eventTypes", "too-long"]]],
  [
    "W10 a list without end",
    { attributes: Array.from({ length: 100_000 }, () => ({})) },
    [["/attributes", "too-long"]],
  ],
  [
    "W10 101 attributes",
    { attributes: Array.from({ length: 101 }, (_, index) => ({ name: `n${String(index)}`, ifMissing: "empty" })) },
    [["/attributes", "too-long"]],
  ],
  ["W8 no list", { headers: {} }, [["/headers", "wrong-type"]]],
  ["W8 a value of a wrong type", { headers: [{ key: "X-A", value: 1 }] }, [["/headers/0/value", "wrong-type"]]],
  ["W8 an unknown field", { headers: [{ key: "X-A", valeu: "1" }] }, [["/headers/0/valeu", "unknown-field"]]],
  ["W9 65,537 bytes", { body: `${"é".repeat(32_768)}x` }, [["/body", "too-long"]]],
  ["W10 no name", { attributes: [{ name: "", ifMissing: "empty" }] }, [["/attributes/0/name", "required"]]],
  [
    "W10 a fallback that is missing",
    { attributes: [{ name: "a", ifMissing: "fallback" }] },
    [["/attributes/0/fallback", "required"]],
  ],
  [
    "W10 an unknown choice",
    { attributes: [{ name: "a", ifMissing: "guess" }] },
    [["/attributes/0/ifMissing", "unknown-value"]],
  ],
  [
    "W10 a name twice",
    {
      attributes: [
        { name: "a", ifMissing: "fail" },
        { name: "a", ifMissing: "empty" },
      ],
    },
    [["/attributes/1/name", "duplicate-key"]],
  ],
  [
    "W8 what is wrong beside a wrong type or an unknown field",
    {
      headers: [
        { key: "Host", value: 1 },
        { key: 5, value: "é" },
        { key: "webhook-id", value: "é", extra: 1 },
        { key: "A", value: null },
        { key: "a" },
      ],
    },
    [
      ["/headers/0/value", "wrong-type"],
      ["/headers/1/key", "wrong-type"],
      ["/headers/2/extra", "unknown-field"],
      ["/headers/3/value", "wrong-type"],
      ["/headers/0/key", "reserved-key"],
      ["/headers/1/value", "character-not-allowed"],
      ["/headers/2/key", "reserved-key"],
      ["/headers/2/value", "character-not-allowed"],
      ["/headers/4/key", "duplicate-key"],
    ],
  ],
  [
    "W10 a fallback that is missing beside a wrong name",
    { attributes: [{ name: 1, ifMissing: "fallback" }] },
    [
      ["/attributes/0/name", "wrong-type"],
      ["/attributes/0/fallback", "required"],
    ],
  ],
  ["a timeout beyond all numbers", { timeoutSeconds: 1e300 }, [["/timeoutSeconds", "unknown-value"]]],
  ["a redirect as success", { success: { alsoStatuses: [302] } }, [["/success/alsoStatuses/0", "unknown-value"]]],
  [
    "2xx as success once more",
    { success: { alsoStatuses: [409, 202] } },
    [["/success/alsoStatuses/1", "unknown-value"]],
  ],
  ["a status that is none", { success: { alsoStatuses: [600] } }, [["/success/alsoStatuses/0", "unknown-value"]]],
  ["a status as text", { success: { alsoStatuses: ["409"] } }, [["/success/alsoStatuses/0", "wrong-type"]]],
  ["a status twice", { success: { alsoStatuses: [409, 409] } }, [["/success/alsoStatuses/1", "duplicate-key"]]],
  [
    "eleven statuses",
    { success: { alsoStatuses: Array.from({ length: 11 }, (_, index) => 400 + index) } },
    [["/success/alsoStatuses", "too-long"]],
  ],
  ["an unknown part of success", { success: { alsoStatus: [409] } }, [["/success/alsoStatus", "unknown-field"]]],
  ["an unknown retry policy", { retryPolicy: "never" }, [["/retryPolicy", "unknown-value"]]],
  ["too short a timeout", { timeoutSeconds: 4 }, [["/timeoutSeconds", "unknown-value"]]],
  ["too long a timeout", { timeoutSeconds: 61 }, [["/timeoutSeconds", "unknown-value"]]],
  ["half a second", { timeoutSeconds: 5.5 }, [["/timeoutSeconds", "wrong-type"]]],
  ["a timeout as text", { timeoutSeconds: "30" }, [["/timeoutSeconds", "wrong-type"]]],
  ["an unknown field", { enabeld: true }, [["/enabeld", "unknown-field"]]],
  ["a field that only answers have", { id: "wh_1" }, [["/id", "unknown-field"]]],
  ["a name that needs escapes in a pointer", { "a/b~c": 1 }, [["/a~1b~0c", "unknown-field"]]],
];

test.each(broken)("refused on create: %s", async (_, more, errors) => {
  const reply = await api.call("POST", "webhooks", { body: valid(more) });
  expect([reply.status, at(reply.json, "code")]).toEqual([422, "invalid"]);
  expect(fieldCodes(reply.json)).toEqual(errors);
});

test("a body with the name __proto__ is refused like any unknown field", async () => {
  const reply = await api.call("POST", "webhooks", {
    raw: '{"name":"proto","url":"https://x/","__proto__":{"name":"x"}}',
  });
  expect(fieldCodes(reply.json)).toEqual([["/__proto__", "unknown-field"]]);
});

test.each([["[]"], ["null"], ['"text"'], ["5"]])("a body that is not an object is refused: %s", async (raw) => {
  const reply = await api.call("POST", "webhooks", { raw });
  expect(reply.status).toBe(422);
  expect(fieldCodes(reply.json)).toContainEqual(["", "wrong-type"]);
});

test("all broken rules are reported at once, one entry per field", async () => {
  const body = {
    name: "x ",
    url: "http:",
    method: "PUT",
    credentialId: "cr_none",
    headers: [{ key: 5 }, { value: "v" }, { key: "A" }, { key: "a" }],
    attributes: [{ name: "n" }, { name: "n", ifMissing: "fail" }],
    extra: 1,
  };
  const reply = await api.call("POST", "webhooks", { body });
  expect(new Map(fieldCodes(reply.json))).toEqual(
    new Map([
      ["/name", "trailing-space"],
      ["/url", "not-https"],
      ["/method", "unknown-value"],
      ["/credentialId", "not-found"],
      ["/headers/0/key", "wrong-type"],
      ["/headers/1/key", "key-required"],
      ["/headers/3/key", "duplicate-key"],
      ["/attributes/0/ifMissing", "required"],
      ["/attributes/1/name", "duplicate-key"],
      ["/extra", "unknown-field"],
    ]),
  );
  expect(fieldCodes(reply.json)).toHaveLength(10);
});
