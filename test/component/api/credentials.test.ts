import { blockOf, readDocument } from "../../support/markdown.ts";
import { at, fieldCodes, fields, startApi } from "./api-under-test.ts";
import type { ApiUnderTest } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ANY = { "if-match": "*" };
let counter = 0;
function valid(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  counter += 1;
  return { name: `Credential ${String(counter)}`, url: "https://auth.example.com/oauth/token", ...more };
}
function webhook(credentialId: string | null): Record<string, unknown> {
  counter += 1;
  return { name: `Webhook ${String(counter)}`, url: "https://api.example.com/", credentialId };
}

test("a credential gets every default, an id, times and an ETag, and reads back the same", async () => {
  const { id, etag, json } = await api.create("credentials", valid());
  expect(json).toEqual({
    id,
    name: at(json, "name"),
    description: "",
    method: "POST",
    url: "https://auth.example.com/oauth/token",
    contentType: "application/x-www-form-urlencoded",
    headers: [],
    body: [],
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type" },
    placement: { header: "Authorization", prefix: "Bearer " },
    webhookCount: 0,
    createdAt: at(json, "createdAt"),
    updatedAt: at(json, "createdAt"),
  });
  expect(id).toMatch(/^cr_[0-9a-v]+$/);
  expect(at(json, "createdAt")).toMatch(/Z$/);
  const read = await api.call("GET", `credentials/${id}`);
  expect([read.json, read.headers.get("etag")]).toEqual([json, etag]);
});

test("the example of docs/api.md is accepted and reads back without its secrets", async () => {
  const example: unknown = JSON.parse(blockOf(readDocument("docs/api.md"), "json credential"));
  const { json } = await api.create("credentials", fields(example));
  expect(json).toMatchObject({
    ...fields(example),
    headers: [{ key: "Authorization", secret: true }],
    body: [
      { key: "grant_type", value: "client_credentials", secret: false },
      { key: "client_secret", secret: true },
    ],
  });
  const secrets = [at(example, "headers", 0, "value"), at(example, "body", 1, "value")];
  for (const secret of secrets) expect(JSON.stringify(json)).not.toContain(secret);
});

const broken: [string, Record<string, unknown>, [string, string][]][] = [
  ["C1 no name", { name: undefined }, [["/name", "required"]]],
  ["C1 a space at the end", { name: "x " }, [["/name", "trailing-space"]]],
  ["C1 too long a name", { name: "x".repeat(121) }, [["/name", "too-long"]]],
  ["C2 another method", { method: "PUT" }, [["/method", "unknown-value"]]],
  ["C2 another content type", { contentType: "text/plain" }, [["/contentType", "unknown-value"]]],
  ["C2 no URL", { url: undefined }, [["/url", "required"]]],
  ["C2 http", { url: "Http://auth.example.com" }, [["/url", "not-https"]]],
  [
    "C2 header keys alike",
    { headers: [{ key: "A", value: "1" }, { key: "a" }] },
    [["/headers/1/key", "duplicate-key"]],
  ],
  ["C2 a reserved header", { headers: [{ key: "Content-Length", value: "1" }] }, [["/headers/0/key", "reserved-key"]]],
  [
    "C2 the content type as a header",
    { headers: [{ key: "Content-Type", value: "x" }] },
    [["/headers/0/key", "reserved-key"]],
  ],
  [
    "C2 a header value outside ASCII",
    { headers: [{ key: "A", value: "é" }] },
    [["/headers/0/value", "character-not-allowed"]],
  ],
  ["C2 body keys alike", { body: [{ key: "a" }, { key: "a" }] }, [["/body/1/key", "duplicate-key"]]],
  ["C2 a body value without a key", { body: [{ value: "1" }] }, [["/body/0/key", "key-required"]]],
  [
    "C2 too long a header value",
    { headers: [{ key: "A", value: "x".repeat(4_097) }] },
    [["/headers/0/value", "too-long"]],
  ],
  ["C2 too long a list", { body: Array.from({ length: 100_000 }, () => ({})) }, [["/body", "too-long"]]],
  ["C2 too long a body value", { body: [{ key: "a", value: "x".repeat(20_001) }] }, [["/body/0/value", "too-long"]]],
  ["a token path of 201 characters", { token: { path: "p".repeat(201) } }, [["/token/path", "too-long"]]],
  ["an unknown field of token", { token: { pth: "x" } }, [["/token/pth", "unknown-field"]]],
  ["a placement that is no header", { placement: { header: "A B" } }, [["/placement/header", "character-not-allowed"]]],
  ["C2 a header as CGI folds it", { headers: [{ key: "Content_Length" }] }, [["/headers/0/key", "reserved-key"]]],
  ["C2 the content type as CGI folds it", { headers: [{ key: "Content_Type" }] }, [["/headers/0/key", "reserved-key"]]],
  [
    "C2 a header that every object has",
    { headers: [{ key: "Constructor" }, { key: "constructor" }] },
    [["/headers/1/key", "duplicate-key"]],
  ],
  [
    "C2 body keys that only headers fold",
    { body: [{ key: "a_b" }, { key: "a-b" }, { key: "a_b" }] },
    [["/body/2/key", "duplicate-key"]],
  ],
  [
    "a placement as CGI folds it",
    { placement: { header: "Webhook_Signature" } },
    [["/placement/header", "reserved-key"]],
  ],
  ["a placement that is reserved", { placement: { header: "host" } }, [["/placement/header", "reserved-key"]]],
  ["a prefix with a line break", { placement: { prefix: "a\n" } }, [["/placement/prefix", "character-not-allowed"]]],
  ["an unknown field", { colour: "red" }, [["/colour", "unknown-field"]]],
];

test.each(broken)("refused on create: %s", async (_, more, errors) => {
  const reply = await api.call("POST", "credentials", { body: valid(more) });
  expect([reply.status, at(reply.json, "code"), fieldCodes(reply.json)]).toEqual([422, "invalid", errors]);
});

test("C1: of 50 simultaneous creates of one name exactly one succeeds", async () => {
  const replies = await Promise.all(
    Array.from({ length: 50 }, () => api.call("POST", "credentials", { body: valid({ name: "Raced" }) })),
  );
  expect(replies.map(({ status }) => status).toSorted()).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
});

test("C2: body keys differ by letter case, their values stay exact, a partial token keeps the other defaults", async () => {
  const { json } = await api.create(
    "credentials",
    valid({
      body: [
        { key: "a", value: " x " },
        { key: "A", value: "" },
      ],
      token: { path: "data.token" },
    }),
  );
  expect(at(json, "body")).toEqual([
    { key: "a", value: " x ", secret: false },
    { key: "A", value: "", secret: false },
  ]);
  expect(at(json, "token")).toEqual({ path: "data.token", expiresInPath: "expires_in", typePath: "token_type" });
});

test("C5: another path keeps the secrets; another host demands each again, and takes them", async () => {
  const pairs = {
    headers: [{ key: "Authorization", value: "Basic abc" }],
    body: [
      { key: "grant_type", value: "client_credentials" },
      { key: "client_secret", value: "s" },
    ],
  };
  const { id, json } = await api.create("credentials", valid(pairs));
  const moved = await api.call("PUT", `credentials/${id}`, {
    body: { ...fields(json), url: "https://auth.example.com:443/v2" },
    headers: ANY,
  });
  expect(moved.status).toBe(200);
  const away = { ...fields(json), url: "https://evil.example.com/oauth/token" };
  const refused = await api.call("PUT", `credentials/${id}`, { body: away, headers: ANY });
  expect([refused.status, fieldCodes(refused.json)]).toEqual([
    422,
    [
      ["/headers/0/value", "required"],
      ["/body/1/value", "required"],
    ],
  ]);
  const port = await api.call("PUT", `credentials/${id}`, {
    body: { ...away, url: "https://auth.example.com:444/" },
    headers: ANY,
  });
  expect(port.status).toBe(422);
  const given = await api.call("PUT", `credentials/${id}`, { body: { ...away, ...pairs }, headers: ANY });
  expect(given.status).toBe(200);
});

test("C5: an invalid URL is compared as a whole", async () => {
  const { id, json } = await api.create(
    "credentials",
    valid({ url: "https://{{a}}", body: [{ key: "secret", value: "s" }] }),
  );
  const same = await api.call("PUT", `credentials/${id}`, { body: json, headers: ANY });
  const other = await api.call("PUT", `credentials/${id}`, {
    body: { ...fields(json), url: "https://{{b}}" },
    headers: ANY,
  });
  expect([same.status, other.status]).toEqual([200, 422]);
});

test("ETags: a stale one is refused, a rename frees the old name", async () => {
  const body = valid();
  const { id, etag } = await api.create("credentials", body);
  const put = await api.call("PUT", `credentials/${id}`, { body: valid(), headers: { "if-match": etag } });
  expect(put.status).toBe(200);
  expect((await api.call("PUT", `credentials/${id}`, { body: valid(), headers: { "if-match": etag } })).status).toBe(
    412,
  );
  expect((await api.call("DELETE", `credentials/${id}`, { headers: { "if-match": etag } })).status).toBe(412);
  expect((await api.call("DELETE", `credentials/${id}`)).status).toBe(428);
  await api.create("credentials", body);
});

test("C4: one in use cannot be deleted and says by which webhooks; an unused one can, and is offered nowhere", async () => {
  const { id, etag } = await api.create("credentials", valid());
  const first = await api.create("webhooks", webhook(id));
  const second = await api.create("webhooks", webhook(id));
  const read = await api.call("GET", `credentials/${id}`);
  expect([at(read.json, "webhookCount"), read.headers.get("etag")]).toEqual([2, etag]);
  const refused = await api.call("DELETE", `credentials/${id}`, { headers: ANY });
  expect([refused.status, at(refused.json, "code")]).toEqual([409, "credential-in-use"]);
  expect(at(refused.json, "webhooks")).toEqual(
    [first, second]
      .map((one) => ({ id: one.id, name: at(one.json, "name") }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  );
  const renamed = { ...webhook(id), name: "Renamed user" };
  await api.call("PUT", `webhooks/${first.id}`, { body: renamed, headers: ANY });
  await api.call("DELETE", `webhooks/${second.id}`, { headers: ANY });
  expect(at((await api.call("DELETE", `credentials/${id}`, { headers: ANY })).json, "webhooks")).toEqual([
    { id: first.id, name: "Renamed user" },
  ]);
  await api.call("PUT", `webhooks/${first.id}`, { body: webhook(null), headers: ANY });
  expect((await api.call("DELETE", `credentials/${id}`, { headers: ANY })).status).toBe(204);
  expect((await api.call("GET", `credentials/${id}`)).status).toBe(404);
  expect(JSON.stringify((await api.call("GET", "credentials?limit=100")).json)).not.toContain(id);
  const gone = await api.call("POST", "webhooks", { body: webhook(id) });
  expect(fieldCodes(gone.json)).toEqual([["/credentialId", "not-found"]]);
});

test("C4: a webhook that moves to another credential frees the first and holds the second", async () => {
  const [first, second] = await Promise.all([api.create("credentials", valid()), api.create("credentials", valid())]);
  const { id } = await api.create("webhooks", webhook(first.id));
  await api.call("PUT", `webhooks/${id}`, { body: webhook(second.id), headers: ANY });
  const list = await api.call("GET", "credentials?limit=100");
  const items = at(list.json, "items");
  const counts = new Map((Array.isArray(items) ? items : []).map((item) => [at(item, "id"), at(item, "webhookCount")]));
  expect([counts.get(first.id), counts.get(second.id)]).toEqual([0, 1]);
  expect((await api.call("DELETE", `credentials/${first.id}`, { headers: ANY })).status).toBe(204);
  expect((await api.call("DELETE", `credentials/${second.id}`, { headers: ANY })).status).toBe(409);
});

test("C4: of a delete and webhooks that begin to use it at the same moment, never both succeed", async () => {
  const outcomes = new Set<string>();
  for (let round = 0; round < 20; round += 1) {
    const credential = await api.create("credentials", valid());
    const idle = await api.create("webhooks", webhook(null));
    const remove = (): ReturnType<typeof api.call> =>
      api.call("DELETE", `credentials/${credential.id}`, { headers: ANY });
    const refer = [
      (): ReturnType<typeof api.call> => api.call("POST", "webhooks", { body: webhook(credential.id) }),
      (): ReturnType<typeof api.call> =>
        api.call("PUT", `webhooks/${idle.id}`, { body: webhook(credential.id), headers: ANY }),
    ];
    const calls = round % 2 === 0 ? [remove, ...refer] : [...refer, remove];
    const replies = await Promise.all(calls.map((call) => call()));
    const deleted = replies.some(({ status }) => status === 204);
    const referred = replies.filter(({ status }) => status === 200 || status === 201).length;
    expect(deleted && referred > 0).toBe(false);
    expect(deleted || referred === 2).toBe(true);
    const read = await api.call("GET", `credentials/${credential.id}`);
    expect([read.status, at(read.json, "webhookCount")]).toEqual(deleted ? [404, undefined] : [200, 2]);
    outcomes.add(deleted ? "deleted" : "used");
  }
  expect(outcomes.size).toBeGreaterThan(0);
});

test("many webhooks begin to use one credential at the same moment, and all are counted", async () => {
  const { id } = await api.create("credentials", valid());
  const replies = await Promise.all(
    Array.from({ length: 30 }, () => api.call("POST", "webhooks", { body: webhook(id) })),
  );
  expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
  expect(at((await api.call("GET", `credentials/${id}`)).json, "webhookCount")).toBe(30);
});
