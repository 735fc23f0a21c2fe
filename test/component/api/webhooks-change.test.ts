import { tableWebhookStore } from "../../../shared/tables/configuration/webhook-store.ts";
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

test("what was read can be edited and sent back: secrets stay, the ETag changes, an old one is refused", async () => {
  const { id, etag, json } = await api.create(
    "webhooks",
    valid({ headers: [{ key: "Authorization", value: "Basic abc" }], attributes: [] }),
  );
  const edited = {
    ...fields(json),
    description: "edited",
    attributes: [{ name: "tier", ifMissing: "fallback", fallback: "gold" }],
  };
  const put = await api.call("PUT", `webhooks/${id}`, { body: edited, headers: { "if-match": etag } });
  expect([put.status, at(put.json, "description")]).toEqual([200, "edited"]);
  expect(at(put.json, "headers")).toEqual([{ key: "Authorization", secret: true }]);
  expect(at(put.json, "attributes", 0, "fallback")).toBe("gold");
  expect(at(put.json, "createdAt")).toBe(at(json, "createdAt"));
  const newer = put.headers.get("etag") ?? "";
  expect(newer).not.toBe(etag);
  const stale = await api.call("PUT", `webhooks/${id}`, { body: edited, headers: { "if-match": etag } });
  expect([stale.status, at(stale.json, "code")]).toEqual([412, "version-mismatch"]);
  for (const bad of ['W/"abc"', `W/${newer}`, '"abc"', '"*"', '"Kg"']) {
    expect((await api.call("DELETE", `webhooks/${id}`, { headers: { "if-match": bad } })).status).toBe(412);
  }
  expect((await api.call("PUT", `webhooks/${id}`, { body: edited, headers: { "if-match": "*" } })).status).toBe(200);
  // The secret is still the one given at first: it becomes readable only when it is given again.
  const revealed = { ...edited, headers: [{ key: "authorization", secret: false }] };
  const refused = await api.call("PUT", `webhooks/${id}`, { body: revealed, headers: { "if-match": "*" } });
  expect(fieldCodes(refused.json)).toEqual([["/headers/0/value", "required"]]);
});

test("a change needs If-Match", async () => {
  const { id } = await api.create("webhooks", valid());
  for (const [method, path] of [
    ["PUT", ""],
    ["DELETE", ""],
    ["POST", "/pause"],
    ["POST", "/resume"],
  ] as const) {
    const reply = await api.call(method, `webhooks/${id}${path}`, { body: valid() });
    expect([method, reply.status, at(reply.json, "code")]).toEqual([method, 428, "if-match-required"]);
  }
  expect((await api.call("DELETE", `webhooks/${id}`, { headers: { "if-match": "abc" } })).status).toBe(400);
});

test("W4: after creation the event group is immutable", async () => {
  const { id } = await api.create("webhooks", valid());
  const reply = await api.call("PUT", `webhooks/${id}`, {
    body: valid({ eventGroup: "other" }),
    headers: { "if-match": "*" },
  });
  expect(fieldCodes(reply.json)).toEqual([["/eventGroup", "immutable"]]);
});

/** `PUT` with a new URL or attributes and without the secret: status and faults, and the secret then stored. */
async function moved(from: Record<string, unknown>, to: Record<string, unknown>, headers = [{ key: "authorization" }]) {
  const key = { key: "Authorization", value: "Basic abc" };
  const { id } = await api.create("webhooks", valid({ ...from, headers: [{ key: "X" }, key] }));
  const body = valid({ ...to, headers: [{ key: "X" }, ...headers] });
  const reply = await api.call("PUT", `webhooks/${id}`, { body, headers: { "if-match": "*" } });
  const scope = { client: "acme", program: "rewards", environment: "uat" };
  const stored = await tableWebhookStore(api.tables, api.box).get(scope, id);
  return [reply.status, fieldCodes(reply.json), stored?.url, stored?.headers.map(({ value }) => value.reveal())];
}

test("W12: a secret header without a value keeps the stored one where the URL leads to the same host and port", async () => {
  const url = "https://A.example:443/y?z={{points}}";
  expect(await moved({ url: "https://a.example/x" }, { url })).toEqual([200, [], url, ["", "Basic abc"]]);
});

test.each([
  ["another host", "https://b.example/x"],
  ["another port", "https://a.example:8443/x"],
  ["a host below it", "https://a.example.evil.example/x"],
  ["its name as a user", "https://a.example@evil.example/x"],
  ["a placeholder for the host", "https://{{host}}/x"],
  ["a placeholder in the host", "https://a.example{{x}}/x"],
])("W12: %s requires the secret again, and nothing is changed", async (_, url) => {
  const from = "https://a.example/x";
  expect(await moved({ url: from }, { url })).toEqual([
    422,
    [["/headers/1/value", "required"]],
    from,
    ["", "Basic abc"],
  ]);
  const given = [{ key: "Authorization", value: "Basic new" }];
  expect(await moved({ url: from }, { url }, given)).toEqual([200, [], url, ["", "Basic new"]]);
});

test("W12: when the URL itself is refused, only that is reported", async () => {
  for (const [url, code] of [
    ["http://b.example/", "not-https"],
    ["", "required"],
    [7, "wrong-type"],
    [undefined, "required"],
  ] as const) {
    expect((await moved({ url: "https://a.example/x" }, { url })).slice(0, 2)).toEqual([422, [["/url", code]]]);
  }
});

test("W12: the fallback for a missing value in the host counts as the host", async () => {
  const url = "https://{{region}}.example/x";
  const fallback = (text: string) => [{ name: "region", ifMissing: "fallback", fallback: text }];
  const kept = await moved({ url, attributes: fallback("eu") }, { url: `${url}/y`, attributes: fallback("eu") });
  expect(kept.slice(0, 2)).toEqual([200, []]);
  const asked = await moved({ url, attributes: fallback("eu") }, { url, attributes: fallback("us") });
  expect(asked.slice(0, 2)).toEqual([422, [["/headers/1/value", "required"]]]);
});

test("pausing and resuming show in answers and change the ETag", async () => {
  const { id, etag } = await api.create("webhooks", valid());
  const paused = await api.call("POST", `webhooks/${id}/pause`, { headers: { "if-match": etag } });
  expect([paused.status, at(paused.json, "enabled"), typeof at(paused.json, "pausedReason")]).toEqual([
    200,
    false,
    "string",
  ]);
  expect((await api.call("POST", `webhooks/${id}/resume`, { headers: { "if-match": etag } })).status).toBe(412);
  const read = await api.call("GET", `webhooks/${id}`);
  expect(read.headers.get("etag")).toBe(paused.headers.get("etag"));
  const kept = await api.call("PUT", `webhooks/${id}`, { body: fields(read.json), headers: { "if-match": "*" } });
  expect(at(kept.json, "enabled")).toBe(false);
  const resumed = await api.call("POST", `webhooks/${id}/resume`, { headers: { "if-match": "*" } });
  expect([at(resumed.json, "enabled"), at(resumed.json, "pausedReason")]).toEqual([true, undefined]);
});

test("a deleted webhook no longer exists, its name is free; deleting again is a 404", async () => {
  const body = valid();
  const { id, etag } = await api.create("webhooks", body);
  const deleted = await api.call("DELETE", `webhooks/${id}`, { headers: { "if-match": etag } });
  expect([deleted.status, deleted.text]).toEqual([204, ""]);
  for (const [method, path] of [
    ["GET", ""],
    ["PUT", ""],
    ["DELETE", ""],
    ["POST", "/pause"],
  ] as const) {
    expect(
      (await api.call(method, `webhooks/${id}${path}`, { body: valid(), headers: { "if-match": "*" } })).status,
    ).toBe(404);
  }
  await api.create("webhooks", body);
});

test("a webhook that is deleted while it is changed ends as one of the two, never as both", async () => {
  for (let round = 0; round < 5; round += 1) {
    const { id } = await api.create("webhooks", valid());
    const headers = { "if-match": "*" };
    const replies = await Promise.all([
      api.call("DELETE", `webhooks/${id}`, { headers }),
      api.call("PUT", `webhooks/${id}`, { body: valid(), headers }),
      api.call("POST", `webhooks/${id}/pause`, { headers }),
      api.call("DELETE", `webhooks/${id}`, { headers }),
    ]);
    const statuses = replies.map(({ status }) => status);
    expect([statuses[0], statuses[3]].toSorted()).toEqual([204, 404]);
    for (const status of statuses) expect([200, 204, 404]).toContain(status);
    expect((await api.call("GET", `webhooks/${id}`)).status).toBe(404);
  }
});

test("every change of a webhook writes a new stamp, so that events see it; reading writes none", async () => {
  const scope = { client: "acme", program: "rewards", environment: "uat" };
  const store = tableWebhookStore(api.tables, api.box);
  const stamps = [await store.configurationVersion(scope)];
  const changes: (() => Promise<unknown>)[] = [];
  let id = "";
  const act = async (method: string, path: string, body?: unknown) => {
    const reply = await api.call(method, path, { body, headers: { "if-match": "*" } });
    expect(reply.status).toBeLessThan(300);
    return reply;
  };
  changes.push(async () => {
    id = (await api.create("webhooks", valid({ name: "Stamped" }))).id;
  });
  changes.push(() => act("PUT", `webhooks/${id}`, valid({ name: "Stamped anew" })));
  changes.push(() => act("POST", `webhooks/${id}/pause`));
  changes.push(() => act("POST", `webhooks/${id}/resume`));
  changes.push(() => act("DELETE", `webhooks/${id}`));
  for (const change of changes) {
    await change();
    stamps.push(await store.configurationVersion(scope));
    await api.call("GET", "webhooks");
    expect(await store.configurationVersion(scope)).toBe(stamps.at(-1));
  }
  expect(new Set(stamps).size).toBe(stamps.length);
});
