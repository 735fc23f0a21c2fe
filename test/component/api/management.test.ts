import { writeCursor } from "../../../shared/core/cursor.ts";
import { at, fieldCodes, startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

function items(reply: Reply): unknown[] {
  const list = at(reply.json, "items");
  return Array.isArray(list) ? list : [];
}

test("lists are newest first, page by cursor and end with null", async () => {
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) {
    const { id } = await api.create("webhooks", { name: `Paged ${String(index)}`, url: "https://x/" });
    ids.unshift(id);
  }
  const seen: unknown[] = [];
  const sizes: number[] = [];
  let cursor = "";
  do {
    const reply = await api.call("GET", `webhooks?limit=2${cursor}`);
    sizes.push(items(reply).length);
    seen.push(...items(reply).map((item) => at(item, "id")));
    const next = at(reply.json, "next");
    cursor = typeof next === "string" ? `&cursor=${encodeURIComponent(next)}` : "";
  } while (cursor !== "");
  expect(seen).toEqual(ids);
  expect(sizes).toEqual([2, 2, 1]);
  const exact = await api.call("GET", "webhooks?limit=5");
  expect([items(exact).length, at(exact.json, "next")]).toEqual([5, null]);
  const empty = await api.call("GET", "credentials");
  expect(empty.json).toEqual({ items: [], next: null });
});

test("a cursor is valid only for its own list and scope", async () => {
  for (const path of ["webhooks", "credentials"]) {
    for (const index of [1, 2]) await api.create(path, { name: `Cursor ${String(index)}`, url: "https://x/" });
  }
  const next = async (path: string): Promise<string> =>
    String(at((await api.call("GET", `${path}?limit=1`)).json, "next"));
  const ask = async (path: string, cursor: string, client = "acme"): Promise<unknown> => {
    const reply = await api.call("GET", `${path}?limit=1&cursor=${cursor}`, { client });
    return [reply.status, at(reply.json, "code")];
  };
  expect(await ask("webhooks", await next("webhooks"))).toEqual([200, undefined]);
  const refused = [400, "malformed-request"];
  expect(await ask("webhooks", await next("credentials"))).toEqual(refused);
  expect(await ask("credentials", await next("webhooks"))).toEqual(refused);
  expect(await ask("webhooks", await next("webhooks"), "initech")).toEqual(refused);
  // A right digest over a position that lies in no list of webhooks.
  const scope = { client: "acme", program: "rewards", environment: "uat" };
  for (const position of ["", "wh_", "nw_1", "cr_01", "wh_' or true", "s_webhooks"]) {
    expect(await ask("webhooks", writeCursor({ list: "wh", scope }, position))).toEqual(refused);
  }
});

const badQueries = [
  "limit=0",
  "limit=101",
  "limit=-1",
  "limit=1.5",
  "limit=",
  "limit=x",
  "limit=1&limit=2",
  "cursor=",
  "cursor=zzz",
  "cursor=Y3JfMDE",
  `cursor=${Buffer.from("wh_0/1").toString("base64url")}`,
  "colour=red",
];
test.each(badQueries)("a bad query is a 400: %s", async (query) => {
  const reply = await api.call("GET", `webhooks?${query}`);
  expect([reply.status, at(reply.json, "code")]).toEqual([400, "malformed-request"]);
});

test("a problem document has every member of the contract and the request's id", async () => {
  const reply = await api.call("GET", "webhooks/wh_nothing");
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(reply.json).toEqual({
    type: "urn:kls-webhooks:problem:not-found",
    title: "Not found",
    status: 404,
    code: "not-found",
    detail: at(reply.json, "detail"),
    requestId: reply.headers.get("x-request-id"),
    errors: [],
    errorCount: 0,
  });
  expect(typeof at(reply.json, "detail")).toBe("string");
});

test("an answer has at most 100 faults and says how many there are; pointers are cut, and the text names a few", async () => {
  const unknown = (count: number, name: (index: number) => string): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [name(index), index]));
  const body = { name: "Many", url: "https://x/", ...unknown(30_000, (index) => `k${String(index)}`) };
  const many = await api.call("POST", "webhooks", { body });
  expect([many.status, fieldCodes(many.json).length, at(many.json, "errorCount")]).toEqual([422, 100, 30_000]);
  expect(many.text.length).toBeLessThan(20_000);
  expect(at(many.json, "detail")).toBe(
    "Not saved. See errors for what is wrong with /k0, /k1, /k2, /k3, /k4 and 29995 more.",
  );
  // Told apart by their whole names, though the answer shows the same beginning of each; 🙂 is never cut in half.
  const long = await api.call("POST", "credentials", {
    body: { name: "Long", url: "https://x/", ...unknown(101, (index) => `${"🙂".repeat(500)}${String(index)}`) },
  });
  expect([long.status, fieldCodes(long.json).length, at(long.json, "errorCount")]).toEqual([422, 100, 101]);
  for (const [pointer, code] of fieldCodes(long.json))
    expect([pointer, code]).toEqual([`/${"🙂".repeat(99)}`, "unknown-field"]);
  const query = await api.call("GET", `webhooks?${"x".repeat(5_000)}=1`);
  expect([query.status, query.text.length < 1_000]).toEqual([400, true]);
});

const brokenJson: [string, string][] = [
  ['{"name": secret}', "line 1, column 10"],
  ['{"name": "a",\n "url" "b"}', "line 2, column 8"],
  ['{"name": "unfinished', "line 1, column 21"],
  ['{"a": 1} x', "line 1, column 10"],
  ['{"a": [1, 2,]}', "line 1, column 13"],
  ["{'a': 1}", "line 1, column 2"],
  ['{"a": 01}', "line 1, column 8"],
  ["[".repeat(100_000), "line 1, column 100001"],
];
test.each(brokenJson)("malformed JSON is reported with its place, and not repeated", async (raw, place) => {
  const reply = await api.call("POST", "webhooks", { raw });
  expect([reply.status, at(reply.json, "code")]).toEqual([400, "malformed-request"]);
  expect(at(reply.json, "detail")).toContain(place);
  expect(reply.text).not.toMatch(/secret|unfinished/);
});

test("malformed requests: 400 without a body or UTF-8, 406, 413, 415", async () => {
  const post = async (asked: Parameters<ApiUnderTest["call"]>[2]): Promise<[number, unknown]> => {
    const reply = await api.call("POST", "webhooks", asked);
    return [reply.status, at(reply.json, "code")];
  };
  expect(await post({})).toEqual([400, "malformed-request"]);
  expect(await post({ raw: Uint8Array.of(0x22, 0xff, 0x22) })).toEqual([400, "malformed-request"]);
  expect(await post({ raw: `"${"x".repeat(524_288)}"` })).toEqual([413, "too-large"]);
  expect(await post({ raw: "{}", headers: { "content-length": "600000" } })).toEqual([413, "too-large"]);
  for (const type of ["text/plain", "application/xml", "application/json; charset=latin1", ""]) {
    expect(await post({ raw: "{}", headers: { "content-type": type } })).toEqual([415, "unsupported-media-type"]);
  }
  expect(await post({ raw: "{}", headers: { "content-encoding": "gzip" } })).toEqual([415, "unsupported-media-type"]);
  expect(await post({ raw: "{}", headers: { "content-type": 'Application/JSON; Charset="UTF-8"' } })).toEqual([
    422,
    "invalid",
  ]);
  for (const accept of ["text/html", "application/json;q=0, */*", "application/xml, text/*"]) {
    expect(await post({ raw: "{}", headers: { accept } })).toEqual([406, "not-acceptable"]);
  }
  for (const accept of ["*/*", "text/html, application/*;q=0.5", "application/json", ""]) {
    expect(await post({ raw: "{}", headers: { accept } })).toEqual([422, "invalid"]);
  }
});

test("a wrong method answers 405 with what is allowed", async () => {
  for (const [method, path, allow] of [
    ["PATCH", "webhooks", "GET, POST"],
    ["OPTIONS", "webhooks/wh_1", "GET, PUT, DELETE"],
    ["HEAD", "credentials", "GET, POST"],
    ["GET", "webhooks/wh_1/pause", "POST"],
  ] as const) {
    const reply = await api.call(method, path);
    expect([method, reply.status, reply.headers.get("allow")]).toEqual([method, 405, allow]);
  }
});

test("no secret is in clear text in any row, answer or log line", async () => {
  const secrets = ["hidden-basic-4711", "open-header-4712", "hidden-form-4713", "hidden-flagged-4714"];
  const [basic = "", open = "", form = "", flagged = ""] = secrets;
  const credential = await api.create("credentials", {
    name: "Seeded",
    url: "https://auth.example.com/",
    headers: [{ key: "Authorization", value: basic }],
    body: [
      { key: "client_secret", value: form },
      { key: "pin", value: flagged, secret: true },
    ],
  });
  const webhook = await api.create("webhooks", {
    name: "Seeded",
    url: "https://api.example.com/",
    credentialId: credential.id,
    headers: [
      { key: "X-Plain", value: open },
      { key: "X-Api-Key", value: basic },
    ],
  });
  const answers = await Promise.all(
    ["webhooks", "credentials", `webhooks/${webhook.id}`, `credentials/${credential.id}`].map((path) =>
      api.call("GET", path),
    ),
  );
  const rows: unknown[] = [];
  const table = await api.tables.table("configuration");
  for await (const row of table.listEntities()) rows.push(row);
  const stored = JSON.stringify(rows);
  expect(stored).toContain(webhook.id);
  const said = answers.map(({ text }) => text).join("\n");
  expect(said).toContain(open);
  for (const secret of secrets) {
    expect(stored).not.toContain(secret);
    expect(api.logs.join("\n")).not.toContain(secret);
    if (secret !== open) expect(said).not.toContain(secret);
  }
});

test("a failure of ours is a 500 that reveals nothing, and the log has it under the request's id", async () => {
  const { id } = await api.create("webhooks", { name: "Damaged", url: "https://x/" });
  const table = await api.tables.table("configuration");
  await table.updateEntity(
    { partitionKey: "acme|rewards|uat", rowKey: id, doc0: '{"name":"inside-knowledge"}' },
    "Merge",
  );
  const reply = await api.call("GET", `webhooks/${id}`);
  expect([reply.status, at(reply.json, "code"), at(reply.json, "errors")]).toEqual([500, "internal", []]);
  expect(reply.text).not.toMatch(/zod|eventGroup|inside-knowledge/i);
  const line = api.logs.find((text) => text.includes("request.failed"));
  expect(line).toContain(reply.headers.get("x-request-id") ?? "no id");
  await table.deleteEntity("acme|rewards|uat", id);
});

test("a leftover tombstone is not a webhook", async () => {
  const table = await api.tables.table("configuration");
  await table.createEntity({ partitionKey: "acme|rewards|uat", rowKey: "wh_00left", deleted: true });
  expect((await api.call("GET", "webhooks/wh_00left")).status).toBe(404);
  expect((await api.call("DELETE", "webhooks/wh_00left", { headers: { "if-match": "*" } })).status).toBe(404);
  expect(JSON.stringify((await api.call("GET", "webhooks?limit=100")).json)).not.toContain("wh_00left");
});
