import { gunzipSync } from "node:zlib";
import type { PartnerControl } from "../../../local/partner/control.ts";
import { partnerFixture } from "./partner-fixture.ts";
import type { PartnerFixture } from "./partner-fixture.ts";

const JSON_TYPE = { "content-type": "application/json" };

let partner: PartnerFixture;
let control: PartnerControl;
beforeEach(async () => {
  partner = await partnerFixture();
  control = partner.control();
});
afterEach(() => partner.close());

const send: PartnerFixture["send"] = (...request) => partner.send(...request);
const statusOf: PartnerFixture["statusOf"] = (...request) => partner.statusOf(...request);

describe("a receiver", () => {
  test("that is not configured accepts every request below its name and records it exactly as received", async () => {
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

  test("fails as often as configured, with Retry-After, then answers as configured", async () => {
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

  test("counts failures for each delivery separately if configured, and shows requests by delivery", async () => {
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
    partner.pass(1001);
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

  test("drips, echoes, redirects, sends huge answers and decompression bombs", async () => {
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
