import { Secret } from "../../../shared/core/secret.ts";
import type { Webhook } from "../../../shared/core/configuration/webhook.ts";
import { aCredential, add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
import type { Backends, DeliveryFixture } from "../support/delivery-fixture.ts";
import type { TlsServer } from "../support/tls-server.ts";

let backends: Backends;
let server: TlsServer;

beforeAll(async () => {
  backends = await startBackends();
  ({ server } = backends);
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

const TOKEN = "s3cr3t/tok<en>+1==";

/** A world with one webhook that has a credential, and a token endpoint that gives `TOKEN`, then others; the receiver echoes all it got. */
function fixtureWith(more: Partial<Webhook>): DeliveryFixture {
  const made = deliveryFixture(backends);
  add(made, aWebhook(server, "wh_a", { credentialId: "cr_a", ...more }));
  made.credentials.set("cr_a", aCredential(server, "cr_a"));
  let tokens = 0;
  server.answer = (request, response) => {
    if (request.url === "/token") {
      tokens += 1;
      response.end(JSON.stringify({ access_token: tokens === 1 ? TOKEN : `${TOKEN}${String(tokens)}` }));
      return;
    }
    const seen = server.seen.at(-1);
    response.end(JSON.stringify({ url: seen?.url, headers: seen?.headers, body: seen?.body }));
  };
  return made;
}

const SOAP = "<e:Header><fueloauth>{{oauth.token}}</fueloauth></e:Header>";
const XML: Webhook["headers"] = [{ key: "Content-Type", value: new Secret("text/xml"), secret: false }];

test("a receiver gets the token where the templates place it, and no header of its own", async () => {
  const made = fixtureWith({
    url: `${server.url}/in/{{oauth.token}}?t={{oauth.token}}`,
    headers: [...XML, { key: "X-Session", value: new Secret("S {{oauth.token}}"), secret: false }],
    body: SOAP,
  });
  await made.deliver(made.event("e1"));
  const [, seen] = server.seen;
  expect(seen?.body).toBe("<e:Header><fueloauth>s3cr3t/tok&lt;en&gt;+1==</fueloauth></e:Header>");
  expect(seen?.headers["x-session"]).toBe(`S ${TOKEN}`);
  expect(seen?.url).toBe("/in/s3cr3t%2Ftok%3Cen%3E%2B1%3D%3D?t=s3cr3t%2Ftok%3Cen%3E%2B1%3D%3D");
  expect(Object.keys(seen?.headers ?? {})).not.toContain("authorization");
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("a webhook's own Authorization header is kept where the token is placed", async () => {
  const made = fixtureWith({
    headers: [...XML, { key: "Authorization", value: new Secret("Session {{oauth.token}}"), secret: false }],
    body: "<a/>",
  });
  await made.deliver(made.event("e1"));
  expect(server.seen[1]?.headers.authorization).toBe(`Session ${TOKEN}`);
});

test("nothing stored or logged contains the token, in whatever form it was sent and echoed", async () => {
  const made = fixtureWith({
    url: `${server.url}/in/{{oauth.token}}?t={{oauth.token | base64_encode}}&h={{oauth.token | sha256}}`,
    headers: [...XML, { key: "X-Session", value: new Secret("S {{oauth.token | upcase}}"), secret: false }],
    body: `${SOAP}<a>{{oauth.token | url_encode}}</a><b>{{oauth.token | md5}}</b><c>{{oauth.token | replace: "s3cr3t", "x"}}</c>`,
  });
  await made.deliver(made.event("e1"));
  const [row] = await made.rows();
  const attempts = await backends.store.attempts(made.scope, row?.id ?? "");
  const kept = JSON.stringify([attempts, row, made.log]);
  expect(kept).toContain("<fueloauth>•••</fueloauth>");
  expect(kept).not.toMatch(/s3cr3t|tok<en|tok&lt;|tok%3C|czNjcjN0/i);
  for (const { body = "" } of server.seen.slice(1)) {
    const [, digest = "?"] = /<b>(.*)<\/b>/.exec(body) ?? [];
    expect(digest).toMatch(/^[0-9a-f]{32}$/);
    expect(kept).not.toContain(digest);
  }
  expect(attempts).toHaveLength(1);
});

test("a refused token is replaced in the body too, within the attempt", async () => {
  const made = fixtureWith({ headers: XML, body: SOAP });
  const { answer } = server;
  server.answer = (request, response, socket) => {
    if (request.url !== "/token" && server.seen.length === 2) response.writeHead(401).end();
    else answer(request, response, socket);
  };
  await made.deliver(made.event("e1"));
  expect(server.seen.map(({ url }) => url)).toEqual(["/token", "/wh_a/M-1", "/token", "/wh_a/M-1"]);
  expect(server.seen[1]?.body).toContain("+1==</fueloauth>");
  expect(server.seen[3]?.body).toContain("+1==2</fueloauth>");
  expect((await made.rows())[0]).toMatchObject({ state: "delivered", attemptCount: 1 });
});

test("a template fault costs no token", async () => {
  const made = fixtureWith({ headers: XML, body: SOAP, url: `${server.url}/members/{{nothing}}/mail` });
  await made.deliver(made.event("e1"));
  expect(server.seen).toEqual([]);
  expect((await made.rows())[0]?.reason).toMatchObject({ kind: "template" });
});

test("without a credential nothing is sent, and the reason says why", async () => {
  const made = fixtureWith({ headers: XML, body: SOAP, credentialId: null });
  await made.deliver(made.event("e1"));
  expect(server.seen).toEqual([]);
  expect((await made.rows())[0]?.reason?.message).toContain("the webhook has no credential, so there is no token");
});

test("what only the token makes impossible is a template fault, without the token in it", async () => {
  const made = fixtureWith({ headers: XML, body: '<a>{{oauth.token | date: "%F"}}</a>' });
  await made.deliver(made.event("e1"));
  expect(server.seen.map(({ url }) => url)).toEqual(["/token"]);
  const [row] = await made.rows();
  expect(row?.reason).toMatchObject({ kind: "template" });
  expect(JSON.stringify(row)).not.toContain("s3cr3t");
});

test("an event cannot put something in the token's place", async () => {
  const made = fixtureWith({ headers: XML, body: SOAP });
  await made.deliver(made.event("e1", '{"memberId":"M-1","oauth":{"token":"forged"},"oauth.token":"forged"}'));
  expect(server.seen[1]?.body).not.toContain("forged");
});
