import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.close());

/** A third party with a token endpoint of its own: tokens live as long as it says, and it rejects the one that it is set to reject. */
function thirdParty(lifetimeSeconds: number) {
  const issued = new Map<string, number>();
  let refuseOnce = false;
  app.receiver.answers(({ path, headers }) => {
    if (path.startsWith("/token")) {
      const token = `t-${String(issued.size + 1)}-${crypto.randomUUID()}`;
      issued.set(token, Date.now() + lifetimeSeconds * 1000);
      return {
        status: 200,
        body: JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds }),
      };
    }
    const token = (headers.authorization ?? "").replace(/^Bearer /, "");
    const until = issued.get(token);
    if (until === undefined) return { status: 418, body: "no token" };
    if (until < Date.now() || refuseOnce) {
      refuseOnce = false;
      issued.delete(token);
      return { status: 401 };
    }
    return { status: 200 };
  });
  return {
    issued,
    refuseNext: () => {
      refuseOnce = true;
    },
  };
}

async function webhookWithToken(name: string): Promise<string> {
  const origin = `https://localhost:${String(app.receiver.port)}`;
  const credentialId = await app.create("credentials", {
    name,
    url: `${origin}/token/${name}`,
    body: [{ key: "grant_type", value: "client_credentials" }],
  });
  return app.create("webhooks", {
    name,
    url: `${origin}/in/${name}`,
    credentialId,
    body: "{{event.id}}",
    retryPolicy: "fast",
  });
}

const to = (name: string) => app.receiver.requests.filter(({ path }) => path === `/in/${name}`);
const tokens = (name: string) => app.receiver.requests.filter(({ path }) => path === `/token/${name}`);
const remove = (id: string) => app.api("DELETE", `webhooks/${id}`, undefined, { headers: { "if-match": "*" } });

test("200 concurrent deliveries make one token request", async () => {
  thirdParty(3600);
  const id = await webhookWithToken("concurrent");
  await app.publish("acme", ...Array.from({ length: 200 }, (_, index) => event(`evt-c-${String(index)}`)));
  await app.receiver.until(() => new Set(to("concurrent").map(({ body }) => body)).size === 200);
  expect(to("concurrent")).toHaveLength(200);
  expect(tokens("concurrent")).toHaveLength(1);
  await remove(id);
});

test("with tokens that live 3 s no delivery goes out without one and none is lost", async () => {
  thirdParty(3);
  const id = await webhookWithToken("short");
  const sent: string[] = [];
  const start = Date.now();
  while (Date.now() - start < 8_000) {
    const names = [`evt-s-${String(sent.length)}`, `evt-s-${String(sent.length + 1)}`];
    sent.push(...names);
    await app.publish("acme", ...names.map((name) => event(name)));
    await new Promise((resolve) => setTimeout(resolve, 200)); // Events spread over more than two lifetimes.
  }
  await app.receiver.until(() => new Set(to("short").map(({ body }) => body)).size === sent.length);
  expect(to("short").every(({ headers }) => headers.authorization?.startsWith("Bearer t-") === true)).toBe(true);
  await app.eventually(`deliveries?webhookId=${id}&limit=100`, ({ json }) => !/"(pending|retrying)"/.test(json.text));
  const { json } = await app.api("GET", `deliveries?webhookId=${id}&state=failed`);
  expect(json.at("items", 0)).toBeUndefined();
  expect(tokens("short").length).toBeGreaterThanOrEqual(3);
  await remove(id);
}, 60_000);

test("a 401 drops the token, asks for a new one and sends again within the same attempt", async () => {
  const party = thirdParty(3600);
  const id = await webhookWithToken("refused");
  party.refuseNext();
  await app.publish("acme", event("evt-refused"));
  await app.receiver.until(() => to("refused").length === 2);
  const { json } = await app.eventually(
    `deliveries?webhookId=${id}`,
    ({ json }) => json.at("items", 0, "state") === "delivered",
  );
  expect(json.at("items", 0, "attemptCount")).toBe(1);
  const [first, second] = to("refused");
  expect(first?.headers.authorization).not.toBe(second?.headers.authorization);
  expect(first?.headers["webhook-attempt"]).toBe("1");
  expect(second?.headers["webhook-attempt"]).toBe("1");
  expect(tokens("refused")).toHaveLength(2);
  await remove(id);
});

test.each([
  ["401", { status: 401 }],
  ["403", { status: 403 }],
  ["400 and invalid_token", { status: 400, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }],
  ["419", { status: 419 }],
  ["498", { status: 498 }],
])("a token that was revoked and is refused with %s costs no delivery", async (what, refusal) => {
  let revoked = "";
  let issued = 0;
  app.receiver.answers(({ path, headers }) => {
    if (path.startsWith("/token"))
      return {
        status: 200,
        body: `{"access_token":"r-${what.slice(0, 3)}-${String((issued += 1))}","expires_in":3600}`,
      };
    return headers.authorization === revoked ? refusal : { status: 200 };
  });
  const name = `revoked-${what.slice(0, 3)}`;
  const id = await webhookWithToken(name);
  await app.publish("acme", event(`evt-${name}-first`));
  await app.receiver.until(() => to(name).length === 1);
  revoked = to(name)[0]?.headers.authorization ?? "";
  const names = Array.from({ length: 10 }, (_, index) => `evt-${name}-${String(index)}`);
  await app.publish("acme", ...names.map((one) => event(one)));
  const taken = () =>
    to(name).filter(({ headers, body }) => headers.authorization !== revoked && body !== `evt-${name}-first`);
  await app.receiver.until(() => new Set(taken().map(({ body }) => body)).size === 10);
  expect(taken()).toHaveLength(10);
  expect(tokens(name)).toHaveLength(2);
  await remove(id);
});

test("a receiver that wants the token in a SOAP header gets it there and nowhere else, also a renewed one; the record shows none", async () => {
  const origin = `https://localhost:${String(app.receiver.port)}`;
  const inHeader = (body: string): string => /<fueloauth>(.*)<\/fueloauth>/.exec(body)?.[1] ?? "";
  let tokens = 0;
  app.receiver.answers(({ path, body }) => {
    if (path === "/token/soap") {
      tokens += 1;
      return { status: 200, body: JSON.stringify({ access_token: `t0ken/<${String(tokens)}>`, expires_in: 3600 }) };
    }
    return inHeader(body) === "t0ken/&lt;2&gt;" ? { status: 200, body: `took ${body}` } : { status: 401 };
  });
  const credentialId = await app.create("credentials", { name: "soap", url: `${origin}/token/soap`, body: [] });
  const id = await app.create("webhooks", {
    name: "soap",
    url: `${origin}/in/soap`,
    credentialId,
    headers: [{ key: "Content-Type", value: "text/xml" }],
    body: "<e:Envelope><e:Header><fueloauth>{{oauth.token}}</fueloauth></e:Header><e:Body>{{event.id}}</e:Body></e:Envelope>",
  });
  await app.publish("acme", event("evt-soap"));
  const { json } = await app.eventually(
    `deliveries?webhookId=${id}`,
    ({ json }) => json.at("items", 0, "state") === "delivered",
  );
  expect(to("soap").map(({ body, headers }) => [inHeader(body), headers.authorization])).toEqual([
    ["t0ken/&lt;1&gt;", undefined],
    ["t0ken/&lt;2&gt;", undefined],
  ]);
  const shown = (await app.api("GET", `deliveries/${String(json.at("items", 0, "id"))}`)).json;
  expect(shown.at("attempts", 0, "request", "body")).toContain("<fueloauth>•••</fueloauth>");
  expect(shown.text).not.toContain("t0ken");
  await remove(id);
});
