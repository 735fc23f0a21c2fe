import { createHmac } from "node:crypto";
import { hasRole, mayTouchClient } from "../../../shared/core/caller.ts";
import { tokenVerifier } from "../../../shared/platform/verify-token.ts";
import { at, startApi } from "./api-under-test.ts";
import type { ApiUnderTest } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const ACME = "clients/acme/programs/rewards/environments/uat";
const METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"];

test("every method of every route except the public ones answers 401 to a request without a token", async () => {
  const guarded = api.registrations.filter(({ name }) => name !== "health");
  expect(guarded.length).toBeGreaterThan(6);
  for (const { route } of guarded) {
    const path = route.replace("{client}", "acme").replace(/\{\*?\w+\}/g, "rewards");
    for (const method of METHODS) {
      const reply = await api.callPath(method, path, { raw: "{", headers: { accept: "text/html" } });
      expect([path, method, reply.status, reply.headers.get("www-authenticate")]).toEqual([
        path,
        method,
        401,
        "Bearer",
      ]);
    }
  }
  expect((await api.callPath("GET", "health")).status).toBe(200);
  expect((await api.callPath("POST", "health")).status).toBe(405);
});

const all = { subject: "s", roles: ["Webhooks.Read"], clients: "*" } as const;
const refused: [string, () => Promise<string>, RegExp][] = [
  ["expired", () => api.issuer.token({ ...all, lifetimeSeconds: -120 }), /expired/],
  ["for another audience", () => api.issuer.token({ ...all, audience: "api://other" }), /aud/],
  ["of another issuer", () => api.issuer.token({ ...all, issuer: "https://evil.example" }), /iss/],
  ["signed with another key", () => api.issuer.token({ ...all, foreignKey: true }), /signature/],
  ["no JWT", () => Promise.resolve("abc"), /not a signed JWT/],
  ["three dots", () => Promise.resolve("a.b.c"), /not a signed JWT/],
  ["unsigned", async () => withHeader(await api.issuer.token(all), { alg: "none" }), /RS256|not a signed JWT/],
  ["signed symmetrically", async () => symmetric(await api.issuer.token(all)), /RS256/],
  [
    "of an unknown key id",
    async () => withHeader(await api.issuer.token(all), { alg: "RS256", kid: "made-up" }),
    /does not publish/,
  ],
];
test.each(refused)("a token %s is refused with a reason", async (_, token, reason) => {
  const reply = await api.callPath("GET", `${ACME}/webhooks`, { token: await token() });
  expect([reply.status, at(reply.json, "code")]).toEqual([401, "unauthenticated"]);
  expect(at(reply.json, "detail")).toMatch(reason);
});

/** An ID token of Entra ID for a page that is registered together with the API: everything but its kind is right. */
const ID_TOKEN = {
  azp: undefined,
  oid: "00000000-0000-0000-0000-000000000001",
  preferred_username: "ana@kognitiv.example",
  name: "Ana",
  aio: "x",
  rh: "y",
  uti: "z",
};
const kinds: [string, { claims?: Record<string, unknown>; type?: string }, number][] = [
  ["an ID token", { claims: ID_TOKEN }, 401],
  ["an ID token with a nonce", { claims: { ...ID_TOKEN, nonce: "n" } }, 401],
  ["an ID token that names its client", { claims: { ...ID_TOKEN, azp: "page", nonce: "n" } }, 401],
  ["an ID token of the hybrid flow", { claims: { ...ID_TOKEN, azp: "page", c_hash: "h" } }, 401],
  ["an ID token beside an access token", { claims: { ...ID_TOKEN, azp: "page", at_hash: "h" } }, 401],
  ["a nonce in what calls itself an access token", { claims: { nonce: "n" }, type: "at+jwt" }, 401],
  ["an empty client and scope", { claims: { azp: "", appid: "", scp: "" } }, 401],
  ["a client that is no text", { claims: { azp: { id: "x" } } }, 401],
  ["a token of an application", { claims: { idtyp: "app" } }, 200],
  ["a token of version 1.0", { claims: { azp: undefined, appid: "client", ver: "1.0" } }, 200],
  ["a token for a user", { claims: { ...ID_TOKEN, azp: "page", scp: "access_as_user" } }, 200],
  ["a token for a user that names no client", { claims: { azp: undefined, scp: "access_as_user" } }, 200],
  ["a token of the type of RFC 9068", { claims: { azp: undefined, client_id: "x" }, type: "at+jwt" }, 200],
];
test.each(kinds)("%s is checked by its kind, not by roles and audience", async (_, more, status) => {
  const reply = await api.callPath("GET", `${ACME}/webhooks`, {
    token: await api.issuer.token({ ...all, ...more }),
  });
  expect([reply.status, at(reply.json, "detail")]).toEqual([
    status,
    status === 200 ? undefined : "The token is not an access token; send the one that was issued for this API.",
  ]);
});

test.each(["Basic abc", "Bearer", "Bearer a b", "Bearer ä", "token"])(
  "the Authorization header %j is refused",
  async (authorization) => {
    expect(
      (await api.callPath("GET", `${ACME}/webhooks`, { headers: { authorization: encodeURI(authorization) } })).status,
    ).toBe(401);
  },
);

test("the scheme's letter case does not matter", async () => {
  const authorization = `bearer ${await api.issuer.token(all)}`;
  expect((await api.callPath("GET", `${ACME}/webhooks`, { headers: { authorization } })).status).toBe(200);
});

test("roles: none may do nothing, a reader may read, a writer may do both", async () => {
  const table: [string[], number, number][] = [
    [[], 403, 403],
    [["Deliveries.Replay"], 403, 403],
    [["webhooks.read"], 403, 403],
    [["Webhooks.Read"], 200, 403],
    [["Webhooks.Write"], 200, 422],
  ];
  for (const [roles, read, write] of table) {
    const token = await api.issuer.token({ ...all, roles });
    const reads = await api.callPath("GET", `${ACME}/credentials`, { token });
    const writes = await api.callPath("POST", `${ACME}/credentials`, { token, body: {} });
    expect([roles, reads.status, writes.status]).toEqual([roles, read, write]);
  }
});

test("another client's answers are those of what does not exist, whatever the method, body or role", async () => {
  const { id } = await api.create("webhooks", { name: "Ours", url: "https://x/" });
  const token = await api.issuer.token({
    subject: "g",
    roles: ["Webhooks.Read", "Webhooks.Write"],
    clients: ["globex"],
  });
  const plain = (text: string): string => text.replace(/"requestId":"[^"]*"/, "");
  const nothing = await api.callPath("GET", ACME.replace("acme", "globex") + "/webhooks/wh_nothing", { token });
  expect(nothing.status).toBe(404);
  const places = [
    `${ACME}/webhooks/${id}`,
    `${ACME}/webhooks`,
    "clients/nobody/programs/rewards/environments/uat/webhooks",
    "clients/ACME/programs/rewards/environments/uat/webhooks",
    "clients/globex/programs/R!/environments/uat/webhooks",
    "clients/globex/programs/rewards/environments/9/webhooks",
    "no/such/path",
  ];
  for (const path of places) {
    for (const method of METHODS) {
      const reply = await api.callPath(method, path, { token, raw: "{", headers: { accept: "text/html" } });
      expect([path, method, reply.status, plain(reply.text)]).toEqual([path, method, 404, plain(nothing.text)]);
    }
  }
  const own = await api.callPath("GET", `${ACME.replace("acme", "globex")}/webhooks/${id}`, { token });
  expect(own.status).toBe(404);
});

test("clients come from the token: a list, or the star; without the claim there are none", async () => {
  for (const [clients, status] of [
    [["acme"], 200],
    ["*", 200],
    [[], 404],
    [["acm"], 404],
  ] as const) {
    const token = await api.issuer.token({ ...all, clients });
    expect((await api.callPath("GET", `${ACME}/webhooks`, { token })).status).toBe(status);
  }
});

test("when the issuer's keys are unavailable, the answer is a failure of ours and not the caller's", async () => {
  const alone = await startApi();
  const token = await alone.issuer.token(all);
  await alone.issuer.close();
  const reply = await alone.callPath("GET", `${ACME}/webhooks`, { token });
  expect([reply.status, at(reply.json, "code")]).toEqual([500, "internal"]);
  expect(alone.logs.join()).toContain("request.failed");
  await alone.close().catch(() => undefined);
});

test("names of functions and routes are accepted by the host", () => {
  const names = api.registrations.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_-]{0,127}$/);
  expect(new Set(api.registrations.map(({ authLevel }) => authLevel))).toEqual(new Set(["anonymous"]));
});

function part(json: object): string {
  return Buffer.from(JSON.stringify(json)).toString("base64url");
}

function withHeader(token: string, header: object): string {
  const [, payload = "", signature = ""] = token.split(".");
  return `${part(header)}.${payload}.${signature}`;
}

function symmetric(token: string): string {
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${token.split(".")[1] ?? ""}`;
  return `${signed}.${createHmac("sha256", "key").update(signed).digest("base64url")}`;
}

test.each([
  [
    ["Webhooks.Operate", "acme"],
    [true, false],
  ],
  [
    ["Webhooks.Operate", "*"],
    [true, true],
  ],
  [["Webhooks.Operate"], [false, false]],
])("where clients are app roles, the roles %j give access to acme and globex: %j", async (roles, touches) => {
  const { issuer, audience, jwksUrl } = api.issuer;
  const verify = tokenVerifier({ issuer, audience, jwksUrl, clientsClaim: "roles" }, () => new Date());
  // The claim that is not configured does not count.
  const caller = await verify(await api.issuer.token({ subject: "s", roles, clients: "*" }));
  expect(["acme", "globex"].map((client) => mayTouchClient(caller, client))).toEqual(touches);
  expect([hasRole(caller, "Webhooks.Operate"), hasRole(caller, "Webhooks.Read")]).toEqual([true, false]);
});
