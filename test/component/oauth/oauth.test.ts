import type { Credential } from "../../../shared/core/configuration/credential.ts";
import type { OutboundReply, OutboundRequest, Token, TokenSource } from "../../../shared/core/ports/outbound.ts";
import { tokenCache } from "../../../shared/oauth/token-cache.ts";
import { tokenRequest } from "../../../shared/oauth/token-request.ts";
import { openOutbound } from "../../../shared/outbound/send.ts";
import { answered, AT, credential } from "../support/token-fixture.ts";
import { startTlsServer } from "../support/tls-server.ts";

const SCOPE = { client: "acme", program: "rewards", environment: "uat" };

interface TokenCacheFixture {
  readonly source: TokenSource;
  readonly asked: OutboundRequest[];
  stored: Credential | undefined;
  reply: () => Promise<OutboundReply>;
  pass(ms: number): void;
  get(): Promise<string>;
}

function fixture(lifetime: unknown = 3600): TokenCacheFixture {
  let now = AT;
  const made: TokenCacheFixture = {
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

test("two hundred callers at once share one request", async () => {
  const made = fixture();
  const got = await Promise.all(Array.from({ length: 200 }, () => made.get()));
  expect(new Set(got)).toEqual(new Set(["Bearer t1"]));
  expect(made.asked).toHaveLength(1);
});

test("two hundred callers over a real connection share one request", async () => {
  const server = await startTlsServer();
  server.answer = (_request, response) => response.end(`{"access_token":"real","expires_in":60}`);
  const outbound = openOutbound({ allow: [server.place] });
  const made = fixture();
  made.stored = credential({ url: `${server.url}/token` });
  made.reply = () => outbound.send(tokenRequest(credential({ url: `${server.url}/token` }), "x"));
  const got = await Promise.all(Array.from({ length: 200 }, () => made.get()));
  expect(new Set(got)).toEqual(new Set(["Bearer real"]));
  expect(server.seen).toHaveLength(1);
  await outbound.close();
  await server.close();
});

test("a token is renewed in the background before it expires, once", async () => {
  const made = fixture(600);
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
  const made = fixture(3);
  expect(await made.get()).toBe("Bearer t1");
  made.pass(1_500);
  expect(await made.get()).toBe("Bearer t1");
  made.pass(1_000);
  expect(await made.get()).toBe("Bearer t2");
});

test.each([0, 0.001, 1])("a token that lives %p s does not cost a request for each delivery", async (lifetime) => {
  const made = fixture(lifetime);
  for (let delivery = 0; delivery < 100; delivery += 1) {
    await made.get();
    made.pass(50);
  }
  expect(made.asked.length).toBeLessThanOrEqual(5);
});

test("a renewal that fails leaves the old token in use until it expires", async () => {
  const made = fixture(600);
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

/** How many requests are made when a caller asks every half second for this many seconds. */
async function askedIn(made: TokenCacheFixture, seconds: number): Promise<number> {
  const before = made.asked.length;
  for (let half = 0; half < 2 * seconds; half += 1) {
    await made.get();
    made.pass(500);
  }
  return made.asked.length - before;
}

test("an endpoint that refuses is asked after 1 s, 2 s, 4 s … 5 min", async () => {
  const made = fixture();
  made.reply = () => Promise.resolve(answered({ error: "invalid_client" }, 401));
  expect(await made.get()).toBe("credential: The token endpoint answered 401 (invalid_client).");
  made.pass(1_000);
  await made.get();
  made.pass(1_900);
  await made.get();
  expect(made.asked).toHaveLength(2);
  made.pass(100);
  await made.get();
  expect(made.asked).toHaveLength(3);
  expect(await askedIn(made, 3_600)).toBeLessThan(25);
  expect(await askedIn(made, 3_600)).toBeLessThanOrEqual(13);
});

test("a new token ends the pauses", async () => {
  const made = fixture();
  const { reply } = made;
  made.reply = () => Promise.resolve(answered("", 503));
  await askedIn(made, 60);
  made.reply = reply;
  made.pass(300_000);
  const good = tokenOf(await made.source.get(SCOPE, "cr_a", 1_000));
  made.reply = () => Promise.resolve(answered("", 503));
  made.source.drop(good);
  const before = made.asked.length;
  await made.get();
  made.pass(1_000);
  await made.get();
  expect(made.asked.length - before).toBe(2);
});

test.each([
  ["in seconds", "600"],
  ["as a date", "Mon, 23 Nov 2026 10:10:00 GMT"],
])("Retry-After of the endpoint is kept: %s", async (_form, value) => {
  const made = fixture();
  const refused = answered({ error: "slow_down" }, 429);
  made.reply = () =>
    Promise.resolve(refused.kind === "answered" ? { ...refused, headers: [{ key: "retry-after", value }] } : refused);
  await made.get();
  made.pass(599_000);
  await made.get();
  expect(made.asked).toHaveLength(1);
  made.pass(1_000);
  await made.get();
  expect(made.asked).toHaveLength(2);
});

test("a receiver that refuses every token costs ever fewer of them", async () => {
  const made = fixture();
  const refuse = async (): Promise<void> => {
    made.source.drop(tokenOf(await made.source.get(SCOPE, "cr_a", 1_000)));
  };
  for (let second = 0; second < 600; second += 1) {
    await refuse();
    made.pass(1_000);
  }
  expect(made.asked.length).toBeLessThan(15);
  // What was revoked once, long after, is replaced at once.
  made.pass(1_200_000);
  const before = made.asked.length;
  await refuse();
  await made.get();
  expect(made.asked.length).toBe(before + 1);
});

test("a dropped token is requested again once, though many drop it", async () => {
  const made = fixture();
  const got = await Promise.all(Array.from({ length: 50 }, () => made.source.get(SCOPE, "cr_a", 1_000)));
  for (const token of got) if (token.kind === "token") made.source.drop(token);
  const next = await Promise.all(got.map(() => made.get()));
  expect(new Set(next)).toEqual(new Set(["Bearer t2"]));
  expect(made.asked).toHaveLength(2);
});

test("dropping an old token leaves the new one", async () => {
  const made = fixture();
  const old = tokenOf(await made.source.get(SCOPE, "cr_a", 1_000));
  made.source.drop(old);
  await made.get();
  made.pass(5_000);
  made.source.drop(old);
  expect(await made.get()).toBe("Bearer t2");
});

test("a changed credential never uses its old token", async () => {
  const made = fixture();
  await made.get();
  made.stored = credential({ version: "2" });
  made.pass(2_000);
  expect(await made.get()).toBe("Bearer t2");
});

test("a credential that is deleted or unreadable is a credential fault", async () => {
  const made = fixture();
  made.stored = undefined;
  expect(await made.get()).toBe("credential: The webhook's credential was deleted.");
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

test("waiting for a token never exceeds the attempt's time", async () => {
  const made = fixture();
  made.reply = () => new Promise(() => undefined);
  expect(await made.source.get(SCOPE, "cr_a", 20)).toMatchObject({ kind: "fault", fault: { kind: "credential" } });
});
