import { startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

const ORIGIN = "https://admin.example";
let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp({ CORS_ORIGINS: ORIGIN });
});
afterAll(() => app.close());

test("50 simultaneous creates of one name: exactly one 201, 49 conflicts", async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => app.api("POST", "webhooks", { name: "Same name", url: "https://example.com/" })),
  );
  const statuses = answers.map(({ status }) => status).toSorted();
  expect(statuses).toEqual([201, ...Array.from({ length: 49 }, () => 409)]);
  const conflict = answers.find(({ status }) => status === 409);
  expect(conflict?.json.at("code")).toBe("name-taken");
  expect(conflict?.json.at("errors", 0, "pointer")).toBe("/name");
  const list = await app.api("GET", "webhooks?limit=100");
  expect(list.json.text.match(/"Same name"/g)).toHaveLength(1);
});

const routes: [string, string][] = [
  ["GET", "webhooks"],
  ["POST", "webhooks"],
  ["GET", "webhooks/wh_x"],
  ["PUT", "webhooks/wh_x"],
  ["DELETE", "webhooks/wh_x"],
  ["GET", "credentials"],
  ["POST", "credentials"],
  ["GET", "credentials/cr_x"],
  ["PUT", "credentials/cr_x"],
  ["DELETE", "credentials/cr_x"],
  ["GET", "deliveries"],
  ["GET", "deliveries/dl_x"],
  ["GET", "nothing/here"],
  ["PATCH", "webhooks"],
];

test.each(routes)("%s %s without a token is refused", async (method, path) => {
  const bare = await app.api(method, path, undefined, { token: null });
  expect(bare.status).toBe(401);
  expect(bare.headers.get("content-type")).toContain("application/problem+json");
  expect(bare.headers.get("www-authenticate")).toMatch(/^Bearer/);
  expect(bare.json.at("code")).toBe("unauthenticated");
  const broken = await app.api(method, path, undefined, {
    token: `${app.stack.runtime.tokens.admin.slice(0, -4)}AAAA`,
  });
  expect(broken.status).toBe(401);
});

test("another client's answer is that of a client that does not exist; a reader may not write", async () => {
  const { acmeReader, globexWriter } = app.stack.runtime.tokens;
  const id = await app.create("webhooks", { name: "Acme's own", url: "https://example.com/" });
  const theirs = await app.api("GET", `webhooks/${id}`, undefined, { token: globexWriter });
  const nowhere = await app.api("GET", `webhooks/${id}`, undefined, { token: globexWriter, client: "nowhere" });
  expect([theirs.status, nowhere.status]).toEqual([404, 404]);
  expect(theirs.json.at("detail")).toBe(nowhere.json.at("detail"));
  const reads = await app.api("GET", `webhooks/${id}`, undefined, { token: acmeReader });
  expect(reads.status).toBe(200);
  const writes = await app.api("POST", "webhooks", { name: "x", url: "https://example.com/" }, { token: acmeReader });
  expect([writes.status, writes.json.at("code")]).toEqual([403, "forbidden"]);
});

test("a client whose bus is not in the settings cannot create a webhook and learns why", async () => {
  const answer = await app.api(
    "POST",
    "webhooks",
    { name: "No bus", url: "https://example.com/" },
    { client: "initech" },
  );
  expect([answer.status, answer.json.at("code")]).toEqual([409, "service-bus-not-enabled"]);
  expect(String(answer.json.at("detail"))).toMatch(/Service Bus/);
});

test("a page of a named origin gets through, from the preflight on; one of another origin does not", async () => {
  const { api } = app.stack.runtime;
  const scope = `${api}/api/clients/acme/programs/rewards/environments/uat`;
  const asked = { "access-control-request-method": "PUT", "access-control-request-headers": "authorization,if-match" };
  const ask = (path: string, origin: string) =>
    fetch(`${scope}/${path}`, { method: "OPTIONS", headers: { origin, ...asked } });
  const preflight = await ask("webhooks/wh_x", ORIGIN);
  expect([preflight.status, Object.fromEntries(preflight.headers)]).toMatchObject([
    204,
    {
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": "GET, PUT, DELETE",
      "access-control-allow-headers": "Authorization, If-Match",
    },
  ]);
  const foreign = await ask("webhooks/wh_x", "https://evil.example");
  expect([...foreign.headers.keys()].filter((name) => name.startsWith("access-control-"))).toEqual([]);
  for (const path of [`${scope}/webhooks`, `${api}/api/health`]) {
    const { headers } = await fetch(path, { headers: { origin: ORIGIN } });
    expect([headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([ORIGIN, "Origin"]);
  }
});
