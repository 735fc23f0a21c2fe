import { at, fieldCodes, fields, startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

let counter = 0;
const name = (): string => `Largest ${String((counter += 1))}`;
const pairs = (count: number, value: string, from = 0): { key: string; value: string; secret: boolean }[] =>
  Array.from({ length: count }, (_, index) => ({ key: `X-Pair-${String(from + index)}`, value, secret: true }));
const attributes = Array.from({ length: 100 }, (_, index) => ({
  name: `${String(index)}-`.padEnd(1_000, "n"),
  ifMissing: "fallback",
  fallback: "f".repeat(1_000),
}));

/** Everything that the contract limits, at its limit. */
const largest = (): Record<string, unknown> => ({
  name: name(),
  description: "😀".repeat(1_000),
  url: `https://api.example.com/${"u".repeat(4_072)}`,
  headers: pairs(50, "v".repeat(4_096)),
  body: '"'.repeat(65_536),
});

const put = (path: string, body: unknown): Promise<Reply> =>
  api.call("PUT", path, { body, headers: { "if-match": "*" } });

test("the largest webhook of the contract is saved, read back and saved again", async () => {
  const asked = largest();
  const { id } = await api.create("webhooks", asked);
  const read = await api.call("GET", `webhooks/${id}`);
  expect(at(read.json, "body")).toBe(asked["body"]);
  expect(at(read.json, "headers")).toHaveLength(50);
  expect((await put(`webhooks/${id}`, { ...fields(read.json), name: name() })).status).toBe(200);
  expect((await api.call("POST", `webhooks/${id}/pause`, { headers: { "if-match": "*" } })).status).toBe(200);
});

test("a webhook that does not fit into a row is refused at its largest field, with what to do, and nothing is written", async () => {
  const asked = { ...largest(), body: "b".repeat(65_536), attributes };
  const reply = await api.call("POST", "webhooks", { body: asked });
  expect([reply.status, fieldCodes(reply.json)]).toEqual([422, [["/headers", "too-long"]]]);
  expect(at(reply.json, "errors", 0, "message")).toMatch(
    /^All fields together take \d+ characters more than can be stored/,
  );
  expect((await api.call("POST", "webhooks", { body: { ...asked, headers: [] } })).status).toBe(201);
  // Control characters take six characters each, also where they are few bytes.
  const body = "\u0001".repeat(65_536);
  const { id } = await api.create("webhooks", { ...largest(), body: "" });
  const { json } = await api.call("GET", `webhooks/${id}`);
  const replaced = await put(`webhooks/${id}`, { ...fields(json), body });
  expect([replaced.status, fieldCodes(replaced.json)]).toEqual([422, [["/body", "too-long"]]]);
  expect(at((await api.call("GET", `webhooks/${id}`)).json, "body")).toBe("");
});

test("a credential takes as many large pairs as fit into a row; more are refused, also when the others are only kept", async () => {
  const credential = { url: "https://auth.example.com/token" };
  const { id } = await api.create("credentials", {
    ...credential,
    name: name(),
    body: pairs(18, "s".repeat(20_000)),
  });
  const { json } = await api.call("GET", `credentials/${id}`);
  const kept = pairs(18, "").map(({ key }) => ({ key, secret: true }));
  expect(at(json, "body")).toEqual(kept);
  const more = { ...fields(json), body: [...kept, ...pairs(20, "s".repeat(20_000), 18)] };
  const refused = await put(`credentials/${id}`, more);
  expect([refused.status, fieldCodes(refused.json)]).toEqual([422, [["/body", "too-long"]]]);
  const alone = await api.call("POST", "credentials", {
    body: { ...credential, name: name(), body: pairs(9, "€".repeat(19_000)) },
  });
  expect([alone.status, fieldCodes(alone.json)]).toEqual([422, [["/body", "too-long"]]]);
  expect(at((await api.call("GET", `credentials/${id}`)).json, "body")).toHaveLength(18);
});
