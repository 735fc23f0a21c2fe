import { HttpRequest, InvocationContext } from "@azure/functions";
import { openRoute } from "../../../functions/http/route.ts";
import { at, fields, startApi } from "./api-under-test.ts";
import type { ApiUnderTest, Reply } from "./api-under-test.ts";

const ORIGIN = "https://admin.example";
const OTHERS = [
  "https://evil.example",
  "https://admin.example.evil.example",
  "http://admin.example",
  "null",
  "https://ADMIN.example",
];

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi({ corsOrigins: [ORIGIN, "http://localhost:5173"] });
});
afterAll(() => api.close());

const EXPOSED = "ETag, Location, Retry-After, X-Request-Id";
const HERE = "clients/acme/programs/rewards/environments/uat";

/** Every header that has to do with origins. */
function cors({ headers }: Reply): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));
}

function preflight(path: string, more: Record<string, string> = {}): Promise<Reply> {
  return api.callPath("OPTIONS", path, {
    headers: { origin: ORIGIN, "access-control-request-method": "PUT", ...more },
  });
}

test("a preflight is answered without a token: methods of the path, headers that we take, for two hours", async () => {
  const reply = await preflight(`${HERE}/webhooks/wh_1`, {
    "access-control-request-headers": "authorization,content-type, If-Match ,x-request-id,x-evil",
  });
  expect([reply.status, reply.text, reply.headers.get("x-request-id")]).toEqual([204, "", expect.any(String)]);
  expect(cors(reply)).toEqual({
    "access-control-allow-origin": ORIGIN,
    "access-control-allow-methods": "GET, PUT, DELETE",
    "access-control-allow-headers": "Authorization, Content-Type, If-Match, X-Request-Id",
    "access-control-max-age": "7200",
    "access-control-expose-headers": EXPOSED,
    vary: "Origin",
  });
});

test.each([
  ["health", "GET"],
  ["health/ready", "GET"],
  [`${HERE}/webhooks`, "GET, POST"],
  [`${HERE}/webhooks/wh_1/pause`, "POST"],
  // A preflight does not reveal whether a client or a resource exists.
  ["clients/nobody/programs/x/environments/y/credentials/cr_1", "GET, PUT, DELETE"],
  ["no/such/path", "GET, POST, PUT, DELETE"],
])("a preflight of %s grants %s", async (path, methods) => {
  const reply = await preflight(path);
  expect([reply.status, cors(reply)]).toEqual([
    204,
    {
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-methods": methods,
      "access-control-max-age": "7200",
      "access-control-expose-headers": EXPOSED,
      vary: "Origin",
    },
  ]);
});

test("an origin that is not named gets no grant, by preflight or otherwise, and neither does a request without one", async () => {
  for (const origin of OTHERS) {
    expect([
      (await preflight("health", { origin })).status,
      cors(await preflight(`${HERE}/webhooks`, { origin })),
    ]).toEqual([405, { vary: "Origin" }]);
    expect(cors(await api.call("GET", "webhooks", { headers: { origin } }))).toEqual({ vary: "Origin" });
  }
  expect(cors(await api.call("GET", "webhooks"))).toEqual({ vary: "Origin" });
});

test("OPTIONS that is not a preflight is handled like any request", async () => {
  expect((await api.callPath("OPTIONS", `${HERE}/webhooks`, { headers: { origin: ORIGIN } })).status).toBe(401);
  const asked = { headers: { "access-control-request-method": "GET" } };
  expect((await api.callPath("OPTIONS", `${HERE}/webhooks`, asked)).status).toBe(401);
});

test("a page of a named origin can read every answer, errors too, and the headers that the contract exposes", async () => {
  const headers = { origin: ORIGIN };
  const made = await api.call("POST", "webhooks", { headers, body: { name: "A", url: "https://a.example/" } });
  const replies: [number, Reply][] = [
    [201, made],
    [200, await api.call("GET", "webhooks", { headers })],
    [200, await api.callPath("GET", "health", { headers })],
    [400, await api.call("GET", "webhooks?limit=0", { headers })],
    [401, await api.callPath("GET", `${HERE}/webhooks`, { headers })],
    [404, await api.call("GET", "webhooks/wh_none", { headers })],
    [404, await api.call("GET", "nothing", { headers })],
    [405, await api.call("PUT", "webhooks", { headers })],
    [422, await api.call("POST", "webhooks", { headers, body: {} })],
    [428, await api.call("DELETE", `webhooks/${String(at(made.json, "id"))}`, { headers })],
  ];
  for (const [status, reply] of replies) {
    expect([reply.status, cors(reply)]).toEqual([
      status,
      {
        "access-control-allow-origin": ORIGIN,
        "access-control-expose-headers": EXPOSED,
        vary: "Origin",
      },
    ]);
  }
});

test("a page can read failures of ours too", async () => {
  const deps = { logFor: () => () => undefined, corsOrigins: () => new Set([ORIGIN]) };
  const { handler } = openRoute("health", () => Promise.reject(new Error("told to fail")), deps);
  const request = new HttpRequest({ method: "GET", url: "http://localhost/api/health", headers: { origin: ORIGIN } });
  const { status, headers } = fields(await handler(request, new InvocationContext({ invocationId: "i-1" })));
  expect([status, headers]).toMatchObject([500, { "access-control-allow-origin": ORIGIN, vary: "Origin" }]);
});
