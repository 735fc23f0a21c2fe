import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Agent, request } from "undici";
import { z } from "zod";
import { partnerControl } from "../../local/partner/control.ts";
import type { PartnerControl } from "../../local/partner/control.ts";
import { startPartner } from "../../local/partner/partner.ts";
import type { Partner } from "../../local/partner/partner.ts";

const JSON_TYPE = { "content-type": "application/json" };

let stateDir: string;
let partner: Partner;
let control: PartnerControl;
let agent: Agent;
let clock: number;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "partner-"));
  clock = Date.parse("2026-03-01T12:00:00Z");
  partner = await startPartner({ stateDir, now: () => clock });
  control = partnerControl(partner.control);
  agent = new Agent({ connect: { ca: readFileSync(partner.ca, "utf8") } });
});
afterEach(async () => {
  await agent.destroy();
  await partner.close();
  rmSync(stateDir, { recursive: true });
});

const send = (path: string, headers: Record<string, string> = {}, body = "{}", signal?: AbortSignal) =>
  request(`${partner.url}${path}`, {
    method: "POST",
    headers,
    body,
    dispatcher: agent,
    ...(signal === undefined ? {} : { signal }),
  });
const statusOf = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
  const { statusCode, body } = await send(path, headers);
  await body.dump();
  return statusCode;
};

describe("a receiver", () => {
  test("that was told nothing takes every request below its name and records it exactly as it came", async () => {
    await statusOf("/in/mail/a%2Fb/c?d=%E3%81%95&e", { "X-Odd-Case": "v", "webhook-id": "dl_1" });
    const { body } = await send("/in/mail", JSON_TYPE, 'ä"\n');
    await body.dump();
    const [first, second] = await control.requests("mail");
    expect(first).toMatchObject({ method: "POST", url: "/in/mail/a%2Fb/c?d=%E3%81%95&e", tls: true, complete: true });
    expect(first?.headers).toContainEqual(["X-Odd-Case", "v"]);
    expect(first?.at).toBe("2026-03-01T12:00:00.000Z");
    expect(second?.body).toEqual({ text: 'ä"\n', base64: Buffer.from('ä"\n').toString("base64") });
    expect(second?.answered).toEqual({ status: 200, fault: null, why: null });
  });

  test("fails as often as told, with Retry-After, then answers as configured", async () => {
    await control.receiver("crm", {
      faults: [{ kind: "status", status: 503, times: 2, retryAfter: 7, body: "busy" }],
      answer: { status: 202, headers: [["x-a", "1"]], body: "taken" },
    });
    const first = await send("/in/crm");
    expect([first.statusCode, first.headers["retry-after"], await first.body.text()]).toEqual([503, "7", "busy"]);
    expect(await statusOf("/in/crm")).toBe(503);
    const third = await send("/in/crm");
    expect([third.statusCode, third.headers["x-a"], await third.body.text()]).toEqual([202, "1", "taken"]);
    expect((await control.requests("crm")).map(({ answered }) => answered.status)).toEqual([503, 503, 202]);
  });

  test("counts failures for each delivery by itself when told to, and shows requests by delivery", async () => {
    await control.receiver("crm", { faults: [{ kind: "status", status: 500, times: 1, perDelivery: true }] });
    const statuses = [];
    for (const id of ["dl_a", "dl_b", "dl_a", "dl_b"]) statuses.push(await statusOf("/in/crm", { "webhook-id": id }));
    expect(statuses).toEqual([500, 500, 200, 200]);
    const deliveries = await control.deliveries("crm");
    expect(deliveries.map(({ webhookId, requests, sameBody }) => [webhookId, requests.length, sameBody])).toEqual([
      ["dl_a", 2, true],
      ["dl_b", 2, true],
    ]);
  });

  test("refuses what is over its rate", async () => {
    await control.receiver("crm", { faults: [{ kind: "throttle", perSecond: 2, retryAfter: 1 }] });
    expect([await statusOf("/in/crm"), await statusOf("/in/crm"), await statusOf("/in/crm")]).toEqual([200, 200, 429]);
    clock += 1001;
    expect(await statusOf("/in/crm")).toBe(200);
  });

  test("hangs: the request is recorded, no answer comes", async () => {
    await control.receiver("crm", { faults: [{ kind: "hang" }] });
    const ended = new AbortController();
    const hanging = send("/in/crm", {}, "{}", ended.signal);
    const [record] = await control.waitFor("crm");
    expect(record?.answered).toEqual({ status: null, fault: "hang", why: null });
    ended.abort();
    await expect(hanging).rejects.toThrow("aborted");
  });

  test("resets the connection, with the body read or unread", async () => {
    await control.receiver("crm", { faults: [{ kind: "reset", when: "before-reading", times: 1 }, { kind: "reset" }] });
    await expect(send("/in/crm")).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect(send("/in/crm")).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await control.requests("crm")).map(({ complete, body }) => [complete, body.text])).toEqual([
      [false, ""],
      [true, "{}"],
    ]);
  });

  test("drips, echoes, redirects, answers hugely and packs bombs", async () => {
    await control.receiver("crm", {
      faults: [
        { kind: "drip", bytes: 3, everyMs: 1, times: 1 },
        { kind: "echo", times: 1 },
        { kind: "redirect", location: "http://169.254.169.254/", times: 1 },
        { kind: "huge", bytes: 1_000_001, times: 1 },
        { kind: "gzip-bomb", bytes: 20_000_000, times: 1 },
      ],
    });
    expect(await (await send("/in/crm")).body.text()).toBe("xxx");
    const echo = await (await send("/in/crm", { authorization: "Basic s3cret" }, "b")).body.text();
    expect(echo).toContain('["authorization","Basic s3cret"]');
    expect(echo).toContain('"body":"b"');
    const redirect = await send("/in/crm");
    expect([redirect.statusCode, redirect.headers["location"], await redirect.body.text()]).toEqual([
      302,
      "http://169.254.169.254/",
      "",
    ]);
    expect(await (await send("/in/crm")).body.text()).toHaveLength(1_000_001);
    const bomb = await send("/in/crm");
    expect(bomb.headers["content-encoding"]).toBe("gzip");
    const packed = Buffer.from(await bomb.body.arrayBuffer());
    expect(packed.length).toBeLessThan(50_000);
    expect(gunzipSync(packed)).toHaveLength(20_000_000);
    expect(await statusOf("/in/crm")).toBe(200);
  });
});

describe("a token endpoint", () => {
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const ask = async (path: string, headers: Record<string, string>, body: string): Promise<[number, unknown]> => {
    const answer = await send(path, headers, body);
    return [answer.statusCode, await answer.body.json()];
  };

  test("gives a token for exactly what it expects and says what is wrong with anything else", async () => {
    await control.token("acme", {
      expect: {
        method: "POST",
        contentType: "application/x-www-form-urlencoded",
        body: [
          ["grant_type", "client_credentials"],
          ["client_secret", "s&=ü"],
        ],
        query: [["audience", "mail"]],
        headers: [["x-tenant", "7"]],
      },
      answer: { token: "t1" },
    });
    const path = "/oauth/token/acme?audience=mail";
    const headers = { ...form, "x-tenant": "7" };
    const good = "grant_type=client_credentials&client_secret=s%26%3D%C3%BC";
    expect(await ask(path, headers, good)).toEqual([
      200,
      { access_token: "t1", token_type: "Bearer", expires_in: 3600 },
    ]);
    const refused = async (wrong: Promise<[number, unknown]>, status: number, error: string, description: string) => {
      expect(await wrong).toEqual([status, { error, error_description: description }]);
    };
    await refused(ask(path, form, good), 400, "invalid_request", "The header x-tenant is missing.");
    await refused(
      ask("/oauth/token/acme", headers, good),
      400,
      "invalid_request",
      "The query parameter audience is missing.",
    );
    await refused(
      ask(path, headers, `${good}&extra=1`),
      400,
      "invalid_request",
      "The body field extra is not expected.",
    );
    await refused(
      ask(path, headers, `${good}&client_secret=1`),
      400,
      "invalid_request",
      "The body field client_secret was sent twice.",
    );
    await refused(
      ask(path, headers, "grant_type=client_credentials&client_secret=no"),
      401,
      "invalid_client",
      "The body field client_secret has a wrong value.",
    );
    await refused(
      ask(path, headers, "grant_type=password&client_secret=no"),
      400,
      "unsupported_grant_type",
      "The body field grant_type has a wrong value.",
    );
    await refused(
      ask(path, { ...headers, ...JSON_TYPE }, "{}"),
      400,
      "invalid_request",
      "The content type is application/json, application/x-www-form-urlencoded is expected.",
    );
    expect((await control.tokenRequests("acme")).map(({ answered }) => answered.status)).toEqual([
      200, 400, 400, 400, 400, 401, 400, 400,
    ]);
  });

  test("takes JSON, and answers in another shape", async () => {
    await control.token("acme", {
      expect: { contentType: "application/json", body: [["client_id", "a"]] },
      answer: {
        token: "t1",
        tokenPath: "data.token.value",
        expiresInPath: "data.ttl",
        typePath: null,
        expiresInAsText: true,
        expiresIn: 60,
      },
    });
    expect(await ask("/oauth/token/acme", JSON_TYPE, '{"client_id":"a"}')).toEqual([
      200,
      { data: { token: { value: "t1" }, ttl: "60" } },
    ]);
    expect((await ask("/oauth/token/acme", JSON_TYPE, '{"client_id":1}'))[0]).toBe(400);
    expect((await ask("/oauth/token/acme", JSON_TYPE, "nonsense"))[0]).toBe(400);
  });

  test("its tokens open a receiver until they expire or are revoked", async () => {
    await control.token("acme", { answer: { expiresIn: 60 } });
    await control.receiver("mail", { auth: { token: "acme" } });
    await control.receiver("crm", { auth: { token: "acme", header: "X-Token", prefix: "" } });
    const newToken = async (): Promise<string> => {
      const [, answer] = await ask("/oauth/token/acme", form, "");
      return z.object({ access_token: z.string() }).parse(answer).access_token;
    };
    const token = await newToken();
    expect(await statusOf("/in/mail", { authorization: `Bearer ${token}` })).toBe(200);
    expect(await statusOf("/in/crm", { "x-token": token })).toBe(200);
    expect(await statusOf("/in/mail", { authorization: `Token ${token}` })).toBe(401);
    expect(await statusOf("/in/mail", { authorization: "Bearer other" })).toBe(401);
    const bare = await send("/in/mail");
    expect([bare.headers["www-authenticate"], await bare.body.text()]).toEqual([
      'Bearer realm="partner"',
      "The header Authorization is missing.",
    ]);
    clock += 60_000;
    const late = await send("/in/mail", { authorization: `Bearer ${token}` });
    expect([late.statusCode, late.headers["www-authenticate"], await late.body.text()]).toEqual([
      401,
      'Bearer realm="partner", error="invalid_token", error_description="The access token has expired."',
      "The access token has expired.",
    ]);
    const second = await newToken();
    expect(await control.revoke("acme")).toBe(2);
    expect(await statusOf("/in/mail", { authorization: `Bearer ${second}` })).toBe(401);
    const records = await control.requests("mail");
    expect(records.at(-1)?.answered.why).toBe("The access token was revoked.");
  });

  test("fails when told to", async () => {
    await control.token("default", { faults: [{ kind: "status", status: 500, times: 1 }] });
    expect([await statusOf("/oauth/token"), await statusOf("/oauth/token")]).toEqual([500, 200]);
  });
});

describe("the partner", () => {
  test("goes on after a restart with its settings, tokens, counts and records", async () => {
    await control.receiver("crm", { auth: { token: "acme" }, faults: [{ kind: "status", status: 503, times: 2 }] });
    await control.token("acme", { answer: { token: "t1" } });
    await statusOf("/oauth/token/acme");
    const headers = { authorization: "Bearer t1" };
    expect(await statusOf("/in/crm", headers)).toBe(503);
    await partner.close();
    partner = await startPartner({ stateDir, now: () => clock });
    control = partnerControl(partner.control);
    expect([await statusOf("/in/crm", headers), await statusOf("/in/crm", headers), await statusOf("/in/crm")]).toEqual(
      [503, 200, 401],
    );
    expect((await control.requests("crm")).map(({ number }) => number)).toEqual([2, 3, 4, 5]);
    await control.clear();
    expect(await control.requests("crm")).toEqual([]);
  });

  test("forgets all it was told when reset", async () => {
    await control.receiver("crm", { faults: [{ kind: "status", status: 500 }] });
    expect(await statusOf("/in/crm")).toBe(500);
    await control.reset();
    expect(await control.requests("crm")).toEqual([]);
    expect(await statusOf("/in/crm")).toBe(200);
  });

  test("takes another port when the wanted one is taken", async () => {
    const port = Number(new URL(partner.url).port);
    const other = await startPartner({ stateDir: join(stateDir, "other"), port, controlPort: port });
    expect(new URL(other.url).port).not.toBe(String(port));
    await other.close();
  });

  test("waits for requests, and says how many came when too few did", async () => {
    const waiting = control.waitFor("crm", { count: 2, deliveries: true });
    for (const id of ["dl_a", "dl_a", "dl_b"]) await statusOf("/in/crm", { "webhook-id": id });
    expect(await waiting).toHaveLength(3);
    await expect(control.waitFor("crm", { count: 4, timeoutMs: 1 })).rejects.toThrow("3 of 4 requests came to crm");
  });

  test("refuses settings it does not know and paths that are not there", async () => {
    const refused = await fetch(`${partner.control}/receivers/crm`, {
      method: "PUT",
      body: '{"faults":[{"kind":"explode"}]}',
    });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("kind");
    expect((await fetch(`${partner.control}/nonsense`)).status).toBe(404);
    expect(await statusOf("/elsewhere")).toBe(404);
  });
});
