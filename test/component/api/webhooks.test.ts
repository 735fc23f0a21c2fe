import { blockOf, readDocument } from "../../support/markdown.ts";
import { at, fieldCodes, fields, startApi } from "./api-under-test.ts";
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

test("a webhook gets every default, an id, times and an ETag, and reads back the same", async () => {
  const body = valid();
  const reply = await api.call("POST", "webhooks", { body });
  expect(reply.status).toBe(201);
  const id = String(at(reply.json, "id"));
  expect(reply.headers.get("location")).toBe(`/api/clients/acme/programs/rewards/environments/uat/webhooks/${id}`);
  expect(reply.json).toEqual({
    id,
    name: body["name"],
    description: "",
    eventGroup: "member-rewards",
    eventTypes: [],
    method: "POST",
    url: "https://api.example.com/",
    credentialId: null,
    headers: [],
    body: "",
    attributes: [],
    retryPolicy: "standard",
    timeoutSeconds: 30,
    success: { alsoStatuses: [] },
    enabled: true,
    createdAt: at(reply.json, "createdAt"),
    updatedAt: at(reply.json, "createdAt"),
  });
  expect(id).toMatch(/^wh_[0-9a-v]+$/);
  expect(at(reply.json, "createdAt")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const read = await api.call("GET", `webhooks/${id}`);
  expect([read.status, read.json]).toEqual([200, reply.json]);
  expect(read.headers.get("etag")).toBe(reply.headers.get("etag"));
  expect(read.headers.get("etag")).toMatch(/^"[A-Za-z0-9_-]+"$/);
  expect(read.headers.get("cache-control")).toBe("no-store");
});

test("the example of docs/api.md is accepted and reads back as sent, but for the secret", async () => {
  const example: unknown = JSON.parse(blockOf(readDocument("docs/api.md"), "json webhook"));
  const { json } = await api.create("webhooks", fields(example));
  expect(json).toMatchObject({
    ...fields(example),
    headers: [
      { key: "Content-Type", value: "application/json", secret: false },
      { key: "X-Api-Key", secret: true },
    ],
  });
  expect(at(json, "headers", 1)).not.toHaveProperty("value");
  expect(JSON.stringify(json)).not.toContain(at(example, "headers", 1, "value"));
});

const allowed: [string, Record<string, unknown>][] = [
  ["120 characters outside the BMP", { name: "😀".repeat(120) }],
  ["a space at the beginning", { name: " x" }],
  ["https in any letter case", { url: "HtTpS://example.com" }],
  ["a URL that is none, with a broken placeholder", { url: "https:{{ nope" }],
  ["a body that is no JSON", { body: '{"a": {{' }],
  ["65,536 bytes", { body: "é".repeat(32_768) }],
  ["a body of control characters", { body: "\u0001".repeat(30_000) }],
  ["placeholders in a header", { headers: [{ key: "X-Member", value: "{{ memberId | upcase }}" }] }],
];

test.each(allowed)("taken on create and read back the same: %s", async (_, more) => {
  const { id } = await api.create("webhooks", valid(more));
  const { json } = await api.call("GET", `webhooks/${id}`);
  for (const [field, value] of Object.entries(more)) {
    expect(at(json, field)).toEqual(
      field === "headers" ? [{ key: "X-Member", value: "{{ memberId | upcase }}", secret: false }] : value,
    );
  }
});

test("W8: keys and values are trimmed, all-empty pairs dropped, a value may be missing", async () => {
  const headers = [
    { key: "", value: "" },
    { key: " X-A ", value: "  v  " },
    {},
    { key: "X-B" },
    { key: "  ", value: " " },
  ];
  const { json } = await api.create("webhooks", valid({ headers }));
  expect(at(json, "headers")).toEqual([
    { key: "X-A", value: "v", secret: false },
    { key: "X-B", value: "", secret: false },
  ]);
});

test("W8: a setting narrows what header values may contain", async () => {
  const narrow = await startApi({ headerCharacters: /^[a-z]*$/ });
  const reply = await narrow.call("POST", "webhooks", { body: valid({ headers: [{ key: "X-A", value: "A" }] }) });
  expect(fieldCodes(reply.json)).toEqual([["/headers/0/value", "character-not-allowed"]]);
  await narrow.close();
});

test("W1: a client without a bus is refused before its body is read", async () => {
  const reply = await api.call("POST", "webhooks", { client: "initech", body: { nonsense: true } });
  expect([reply.status, at(reply.json, "code")]).toEqual([409, "service-bus-not-enabled"]);
  expect(at(reply.json, "detail")).toMatch(/Service Bus/);
});

test("W2: names are unique with their letter case, within one environment only", async () => {
  const body = valid({ name: "Unique" });
  await api.create("webhooks", body);
  const again = await api.call("POST", "webhooks", { body });
  expect([again.status, at(again.json, "code"), fieldCodes(again.json)]).toEqual([
    409,
    "name-taken",
    [["/name", "name-taken"]],
  ]);
  await api.create("webhooks", valid({ name: "unique" }));
  await api.create("credentials", { name: "Unique", url: "https://x/" });
  const token = await api.issuer.token({ subject: "g", roles: ["Webhooks.Write"], clients: ["globex"] });
  expect((await api.call("POST", "webhooks", { body, client: "globex", token })).status).toBe(201);
});

test("W2: of 50 simultaneous creates of one name exactly one succeeds", async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => api.call("POST", "webhooks", { body: valid({ name: "Raced" }) })),
  );
  expect(replies.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
});

test("W2: of simultaneous renames to one name exactly one succeeds, and the old names are free again", async () => {
  const made = await Promise.all(Array.from({ length: 10 }, () => api.create("webhooks", valid())));
  const replies = await Promise.all(
    made.map(({ id, etag }) =>
      api.call("PUT", `webhooks/${id}`, { body: valid({ name: "Wanted" }), headers: { "if-match": etag } }),
    ),
  );
  expect(replies.map(({ status }) => status).toSorted()).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
  const winner = replies.findIndex(({ status }) => status === 200);
  await api.create("webhooks", valid({ name: at(made[winner]?.json, "name") }));
  const loser = made[(winner + 1) % 10];
  expect((await api.call("POST", "webhooks", { body: valid({ name: at(loser?.json, "name") }) })).status).toBe(409);
});
