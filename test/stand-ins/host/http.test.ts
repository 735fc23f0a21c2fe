import { once } from "node:events";
import { createConnection } from "node:net";
import { request } from "undici";
import { startHost } from "./host-process.ts";
import type { HostProcess } from "./host-process.ts";
import { containing } from "./matchers.ts";

let host: HostProcess;

beforeAll(async () => {
  host = await startHost("http-app", { env: { "AzureWebJobs.switched-off.Disabled": "true" } });
});

afterAll(async () => {
  await host.stop();
});

const call = async (
  path: string,
  method: "GET" | "POST" | "PUT" | "HEAD" | "DELETE" = "GET",
  body?: string | Buffer,
) => {
  const answer = await request(`${host.url}${path}`, { method, body: body ?? null, headers: { "x-mine": "mine" } });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes,
    json: () => JSON.parse(bytes.toString("utf8")) as unknown,
  };
};

test.each([
  ["/things/special", "things-special", {}],
  ["/things/12", "things-_int", { id: "12" }],
  ["/things/abc", "things_id", { id: "abc" }],
  ["/THINGS/Special", "things-special", {}],
  ["/things/a%20b%2Fc", "things_id", { id: "a b%2Fc" }],
  ["/swallowed/new", "swallowed", { id: "new" }],
  ["/cases/new", "CASES-A", {}],
  ["/order/new", "ordernew", {}],
  ["/maybe/1", "optional", { id: "1" }],
  ["/maybe", "optional", {}],
  ["/maybe/", "optional", {}],
  ["/files/report.v2.pdf", "mixed", { name: "report", ext: "v2.pdf" }],
  ["/codes/abc", "bounded", { code: "abc" }],
  ["/codes/abcd", "zz-rest", { rest: "codes/abcd" }],
  ["/any/thing/else", "zz-rest", { rest: "any/thing/else" }],
])("%s goes to the function %s", async (path, name, params) => {
  expect((await call(path)).json()).toMatchObject({ function: name, params, header: "mine" });
});

test("a function sees method, address, query and body as sent, and authLevel is not enforced", async () => {
  expect((await call("/writes?a=1&b=x%20y&a=2", "POST", "{ raw }")).json()).toMatchObject({
    function: "writer",
    method: "POST",
    url: `${host.url}/writes?a=1&b=x%20y&a=2`,
    query: { a: "1,2", b: "x y" },
    body: "{ raw }",
  });
});

test("a route that matches with another method is skipped; if none is left, the answer is 404, not 405", async () => {
  expect((await call("/swallowed/new", "POST")).json()).toMatchObject({ function: "swallowed-post" });
  expect((await call("/writes", "DELETE")).status).toBe(404);
  expect((await call("/things/special", "HEAD")).status).toBe(404);
});

test("HEAD returns the headers of the answer without its body", async () => {
  const answer = await call("/heads", "HEAD");
  expect(answer.status).toBe(200);
  expect(Number(answer.headers["content-length"])).toBeGreaterThan(0);
  expect(answer.bytes).toHaveLength(0);
});

test("a function that throws is an empty 500, and the reason is in the log", async () => {
  const answer = await call("/throws");
  expect([answer.status, answer.bytes.length]).toEqual([500, 0]);
  expect(await host.line(/Functions\.throws' \(Failed.*told to fail/)).toBeDefined();
});

test("a function that returns nothing is 204", async () => {
  expect((await call("/nothing")).status).toBe(204);
});

test("status, headers, cookies and bytes of an answer arrive", async () => {
  const answer = await call("/answers");
  expect(answer.status).toBe(418);
  expect(answer.headers).toMatchObject({
    "x-one": "1",
    "content-type": "application/xml",
    "content-length": "3",
    "set-cookie": ["plain=a%20b; path=/", "full=v; max-age=60; path=/x; secure; samesite=strict; httponly"],
  });
  expect([...answer.bytes]).toEqual([0, 255, 1]);
});

test("a body over 100 MB is 413", async () => {
  const socket = createConnection(Number(new URL(host.url).port), "127.0.0.1");
  socket.write("POST /writes HTTP/1.1\r\nhost: localhost\r\ncontent-length: 104857601\r\n\r\n");
  const chunks: unknown[] = await once(socket, "data");
  socket.destroy();
  expect(String(chunks[0])).toMatch(/^HTTP\/1\.1 413 /);
});

test("a context.log is one line of output", async () => {
  await call("/logs");
  expect(await host.line(/first line/)).toBe("first line\\nsecond line");
});

test("any function can be run over the admin route", async () => {
  const answer = await call("/admin/functions/LOGS", "POST", '{"input":""}');
  expect(answer.status).toBe(202);
  expect((await call("/admin/functions/nobody", "POST", "{}")).status).toBe(404);
  expect((await call("/admin/functions/logs", "POST", "[")).status).toBe(400);
});

test("a function that is disabled by its setting does not run", () => {
  expect(host.functions).not.toContain("switched-off");
  expect(host.functions).toContain("slow");
});

test.each([
  ["/", "zz-rest", {}],
  ["/api", "zz-rest", { rest: "api" }],
  ["/api/admin/7", "host-paths-below", { id: "7" }],
  ["/administrator", "zz-rest", { rest: "administrator" }],
  ["/runtimes/only", "host-paths_first", { first: "runtimes" }],
  ["/no-route-given", "no-route-given", {}],
])(
  "with an empty prefix %s is the function %s, which the host's own paths do not shadow",
  async (path, name, params) => {
    expect((await call(path)).json()).toMatchObject({ function: name, params });
  },
);

test.each([
  "/admin",
  "/admin/",
  "/ADMIN/only",
  "/admin/anything/else",
  "/runtime",
  "/Runtime/only",
  "/runtime/webhooks/x",
])("with an empty prefix %s stays the host's, whatever route would match it", async (path) => {
  const answer = await call(path);
  expect([answer.status, answer.bytes.length]).toEqual([404, 0]);
});

test("a route that begins like the host's own paths puts its function in error, with or without a prefix", async () => {
  const refused = containing("conflicts with one or more built in routes");
  expect(host.errors).toEqual({ admins: refused, "runtime-things": refused });
  const prefixed = await startHost("http-app", { hostJson: { version: "2.0" } });
  await prefixed.stop();
  expect(prefixed.errors).toEqual(host.errors);
});

test("the route prefix is api unless host.json says otherwise; / is then the host's home page, with any method", async () => {
  const other = await startHost("http-app", { hostJson: { version: "2.0" } });
  const [under, beside, home, posted] = await Promise.all([
    request(`${other.url}/api/heads`),
    request(`${other.url}/heads`),
    request(other.url),
    request(other.url, { method: "POST", body: "x" }),
  ]);
  expect([under.statusCode, beside.statusCode, home.statusCode, posted.statusCode]).toEqual([200, 404, 200, 200]);
  expect(home.headers["content-type"]).toBe("text/html");
  expect(await home.body.text()).toContain("Functions host is running");
  await other.stop();
});

test("AzureWebJobsDisableHomepage empties the home page", async () => {
  const other = await startHost("http-app", {
    hostJson: { version: "2.0" },
    env: { AzureWebJobsDisableHomepage: "true" },
  });
  const home = await request(other.url);
  expect([home.statusCode, await home.body.text()]).toEqual([204, ""]);
  await other.stop();
});

test("SIGTERM waits for the running function, then the process ends with 0", async () => {
  const other = await startHost("http-app");
  const answer = request(`${other.url}/slow`);
  await other.line(/slow has begun/);
  other.kill("SIGTERM");
  expect(await (await answer).body.text()).toBe("done");
  expect(await other.exit).toBe(0);
  await other.stop();
});

test("an unhandled rejection ends the process with 1 after the answer is sent", async () => {
  const other = await startHost("http-app");
  await request(`${other.url}/rejects`).catch(() => undefined);
  expect(await other.exit).toBe(1);
  expect(other.output()).toContain("nobody waits for me");
  await other.stop();
});

test("registering a function after the start throws and ends the process with 1", async () => {
  const other = await startHost("http-app");
  await request(`${other.url}/late`).catch(() => undefined);
  expect(await other.exit).toBe(1);
  expect(other.output()).toContain("only be registered during app startup");
  await other.stop();
});
