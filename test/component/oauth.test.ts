import type { Credential } from "../../shared/core/credential.ts";
import type { OutboundReply, OutboundRequest, Token, TokenSource } from "../../shared/core/delivery-ports.ts";
import { Secret } from "../../shared/core/secret.ts";
import { readTokenAnswer } from "../../shared/oauth/token-answer.ts";
import { tokenCache } from "../../shared/oauth/token-cache.ts";
import { tokenRequest } from "../../shared/oauth/token-request.ts";
import { openOutbound } from "../../shared/outbound/send.ts";
import { startTlsServer } from "./support/tls-server.ts";

const SCOPE = { client: "acme", program: "rewards", environment: "uat" };
const AT = new Date("2026-11-23T10:00:00.000Z");

function credential(more: Partial<Credential> = {}): Credential {
  return {
    id: "cr_a",
    name: "a",
    description: "",
    method: "POST",
    url: "https://auth.test/oauth/token?audience=mail%20x",
    contentType: "application/x-www-form-urlencoded",
    headers: [{ key: "Authorization", value: new Secret("Basic dXNlcjpwYXNz"), secret: true }],
    body: [
      { key: "grant_type", value: new Secret("client_credentials"), secret: false },
      { key: "client_secret", value: new Secret("s3c&r=t ü"), secret: true },
    ],
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type" },
    placement: { header: "Authorization", prefix: "Bearer " },
    createdAt: AT,
    updatedAt: AT,
    version: "1",
    ...more,
  };
}

function answered(body: unknown, status = 200, truncated = false): OutboundReply {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { kind: "answered", status, headers: [], body: text, truncated, timings: {} };
}

interface World {
  readonly source: TokenSource;
  readonly asked: OutboundRequest[];
  stored: Credential | undefined;
  reply: () => Promise<OutboundReply>;
  pass(ms: number): void;
  get(): Promise<string>;
}

function world(lifetime: unknown = 3600): World {
  let now = AT;
  const made: World = {
    source: tokenCache({
      credentials: { get: () => Promise.resolve(made.stored) },
      send: (request) => {
        made.asked.push(request);
        return made.reply();
      },
      clock: () => now,
      random: () => 0.5,
      userAgent: "KLS-Webhooks/test",
      log: () => undefined,
    }),
    asked: [],
    stored: credential(),
    reply: () => Promise.resolve(answered({ access_token: `t${String(made.asked.length)}`, expires_in: lifetime })),
    pass: (ms) => (now = new Date(now.getTime() + ms)),
    get: async () => {
      const got = await made.source.get(SCOPE, "cr_a", 10_000);
      return got.kind === "token" ? got.value : `${got.fault.kind}: ${got.fault.message}`;
    },
  };
  return made;
}

function tokenOf(got: Awaited<ReturnType<TokenSource["get"]>>): Token {
  if (got.kind === "fault") throw new Error(got.fault.message);
  return got;
}

test("a POST form leaves exactly as configured", () => {
  expect(tokenRequest(credential(), "KLS-Webhooks/1")).toMatchObject({
    method: "POST",
    url: "https://auth.test/oauth/token?audience=mail%20x",
    headers: [
      ["Authorization", "Basic dXNlcjpwYXNz"],
      ["accept", "application/json"],
      ["content-type", "application/x-www-form-urlencoded"],
      ["user-agent", "KLS-Webhooks/1"],
    ],
    body: "grant_type=client_credentials&client_secret=s3c%26r%3Dt+%C3%BC",
  });
});

test("a POST with JSON holds the pairs as texts, whatever their names", () => {
  const body = [...credential().body, { key: "__proto__", value: new Secret("1"), secret: false }];
  const { headers, body: text } = tokenRequest(credential({ contentType: "application/json", body }), "x");
  expect(text).toBe(`{"grant_type":"client_credentials","client_secret":"s3c&r=t ü","__proto__":"1"}`);
  expect(headers).toContainEqual(["content-type", "application/json"]);
});

test.each([
  ["https://auth.test/token", "https://auth.test/token?grant_type=client_credentials"],
  ["https://auth.test/token?", "https://auth.test/token?grant_type=client_credentials"],
  ["https://auth.test/token?a=b%20c&d", "https://auth.test/token?a=b%20c&d&grant_type=client_credentials"],
  ["https://auth.test/token?a=b#part", "https://auth.test/token?a=b&grant_type=client_credentials#part"],
])("with GET the pairs join the query of %s", (url, expected) => {
  const body = credential().body.slice(0, 1);
  const request = tokenRequest(credential({ method: "GET", url, body }), "x");
  expect(request).toMatchObject({ method: "GET", url: expected, body: "" });
  expect(request.headers.map(([key]) => key)).not.toContain("content-type");
});

test("a configured Accept and Content-Type win", () => {
  const headers = [
    { key: "ACCEPT", value: new Secret("*/*"), secret: false },
    { key: "Content-Type", value: new Secret("application/x-www-form-urlencoded; charset=utf-8"), secret: false },
  ];
  expect(tokenRequest(credential({ headers }), "x").headers).toHaveLength(3);
});

test.each([
  ["JSON by default paths", {}, { access_token: "abc", expires_in: 60 }, "abc 60000"],
  ["numeric text", {}, { access_token: "abc", expires_in: "60" }, "abc 60000"],
  ["no lifetime", {}, { access_token: "abc" }, "abc 300000"],
  ["nonsense lifetime", {}, { access_token: "abc", expires_in: {} }, "abc 300000"],
  ["negative lifetime", {}, { access_token: "abc", expires_in: -5 }, "abc 0"],
  [
    "nested paths",
    { path: "data.0.token", expiresInPath: "data.0.ttl" },
    { data: [{ token: "abc", ttl: 5 }] },
    "abc 5000",
  ],
  [
    "no token",
    {},
    { token: "abc" },
    'credential: The token endpoint answered 200, but "access_token" is no text in its answer.',
  ],
  [
    "inherited names",
    { path: "constructor.name" },
    {},
    'credential: The token endpoint answered 200, but "constructor.name" is no text in its answer.',
  ],
  ["no JSON", {}, "<html>", "credential: The token endpoint answered 200, but not with JSON."],
  [
    "a token with a line break",
    {},
    { access_token: "a\r\nb" },
    "credential: The token holds characters that a header value may not hold.",
  ],
  [
    "200 with an error",
    {},
    { error: "invalid_scope" },
    'credential: The token endpoint answered 200, but "access_token" is no text in its answer (invalid_scope).',
  ],
])("an answer with %s", (_what, paths, body, expected) => {
  const config = credential({
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type", ...paths },
  });
  const answer = readTokenAnswer(answered(body), config, []);
  const said =
    answer.kind === "token"
      ? `${answer.text} ${String(answer.lifetimeMs)}`
      : `${answer.fault.kind}: ${answer.fault.message}`;
  expect(said).toBe(expected);
});

test("what the provider says is shown, masked and short", () => {
  const body = { error: "invalid_client", error_description: `s3cret-abc is wrong ${"x".repeat(1000)}` };
  const answer = readTokenAnswer(answered(body, 401), credential(), ["s3cret-abc"]);
  const message = answer.kind === "fault" ? answer.fault.message : "";
  expect(message).toMatch(/^The token endpoint answered 401 \(invalid_client: ••• is wrong x+\)\.$/);
  expect(message.length).toBeLessThan(350);
});

test("an endless answer and a refused address keep their kinds", () => {
  expect(readTokenAnswer(answered("x", 200, true), credential(), [])).toMatchObject({
    fault: { kind: "response-too-large" },
  });
  const refused: OutboundReply = {
    kind: "failed",
    fault: { kind: "address-refused", message: "The address 10.0.0.1 …" },
    timings: {},
  };
  expect(readTokenAnswer(refused, credential(), [])).toMatchObject({
    fault: { kind: "address-refused", message: "The credential's URL is refused: The address 10.0.0.1 …" },
  });
});

test("two hundred callers at once share one request", async () => {
  const made = world();
  const got = await Promise.all(Array.from({ length: 200 }, () => made.get()));
  expect(new Set(got)).toEqual(new Set(["Bearer t1"]));
  expect(made.asked).toHaveLength(1);
});

test("two hundred callers over a real connection share one request", async () => {
  const server = await startTlsServer();
  server.answer = (_request, response) => response.end(`{"access_token":"real","expires_in":60}`);
  const outbound = openOutbound({ allow: [server.place] });
  const made = world();
  made.stored = credential({ url: `${server.url}/token` });
  made.reply = () => outbound.send(tokenRequest(credential({ url: `${server.url}/token` }), "x"));
  const got = await Promise.all(Array.from({ length: 200 }, () => made.get()));
  expect(new Set(got)).toEqual(new Set(["Bearer real"]));
  expect(server.seen).toHaveLength(1);
  await outbound.close();
  await server.close();
});

test("a token is renewed ahead of its end in the background, once", async () => {
  const made = world(600);
  await made.get();
  made.pass(500_000);
  expect(await made.get()).toBe("Bearer t1");
  expect(made.asked).toHaveLength(1);
  made.pass(60_000);
  expect(await Promise.all([made.get(), made.get(), made.get()])).toEqual(["Bearer t1", "Bearer t1", "Bearer t1"]);
  expect(await made.get()).toBe("Bearer t2");
  expect(made.asked).toHaveLength(2);
});

test("a token that lives 3 seconds is used, and never in its last moments", async () => {
  const made = world(3);
  expect(await made.get()).toBe("Bearer t1");
  made.pass(1_500);
  expect(await made.get()).toBe("Bearer t1");
  made.pass(1_000);
  expect(await made.get()).toBe("Bearer t2");
});

test("a token with no lifetime at all is used by those who waited for it and then asked for anew", async () => {
  const made = world(0);
  expect(await Promise.all([made.get(), made.get()])).toEqual(["Bearer t1", "Bearer t1"]);
  expect(await made.get()).toBe("Bearer t2");
});

test("a renewal that fails leaves the old token in use until it ends", async () => {
  const made = world(600);
  await made.get();
  made.reply = () => Promise.resolve(answered("", 500));
  made.pass(570_000);
  expect(await made.get()).toBe("Bearer t1");
  await new Promise(setImmediate);
  expect(await made.get()).toBe("Bearer t1");
  expect(made.asked).toHaveLength(2);
  made.pass(30_000);
  expect(await made.get()).toBe("credential: The token endpoint answered 500.");
});

test("a refusal is remembered for 3 seconds, then asked again", async () => {
  const made = world();
  made.reply = () => Promise.resolve(answered({ error: "invalid_client" }, 401));
  const refused = "credential: The token endpoint answered 401 (invalid_client).";
  expect(await made.get()).toBe(refused);
  made.pass(2_900);
  expect(await made.get()).toBe(refused);
  expect(made.asked).toHaveLength(1);
  made.pass(200);
  await made.get();
  expect(made.asked).toHaveLength(2);
});

test("a dropped token is asked for anew once, though many drop it", async () => {
  const made = world();
  const got = await Promise.all(Array.from({ length: 50 }, () => made.source.get(SCOPE, "cr_a", 1_000)));
  for (const token of got) if (token.kind === "token") made.source.drop(token);
  const next = await Promise.all(got.map(() => made.get()));
  expect(new Set(next)).toEqual(new Set(["Bearer t2"]));
  expect(made.asked).toHaveLength(2);
});

test("dropping an old token leaves the new one", async () => {
  const made = world();
  const old = tokenOf(await made.source.get(SCOPE, "cr_a", 1_000));
  made.source.drop(old);
  await made.get();
  made.pass(5_000);
  made.source.drop(old);
  expect(await made.get()).toBe("Bearer t2");
});

test("a changed credential never uses its old token", async () => {
  const made = world();
  await made.get();
  made.stored = credential({ version: "2" });
  made.pass(2_000);
  expect(await made.get()).toBe("Bearer t2");
});

test("a credential that is gone or cannot be read is a credential fault", async () => {
  const made = world();
  made.stored = undefined;
  expect(await made.get()).toBe("credential: The webhook's credential does not exist any more.");
  const broken = tokenCache({
    credentials: { get: () => Promise.reject(new Error("the seal of s3cret is broken")) },
    send: made.reply,
    clock: () => AT,
    random: () => 0,
    userAgent: "x",
    log: () => undefined,
  });
  const got = await broken.get(SCOPE, "cr_a", 1_000);
  expect(got).toMatchObject({ kind: "fault", fault: { kind: "credential" } });
  expect(JSON.stringify(got)).not.toContain("s3cret");
});

test("nobody waits longer for a token than the attempt has time", async () => {
  const made = world();
  made.reply = () => new Promise(() => undefined);
  expect(await made.source.get(SCOPE, "cr_a", 20)).toMatchObject({ kind: "fault", fault: { kind: "credential" } });
});
