import { partnerFixture } from "./partner-fixture.ts";
import type { PartnerFixture } from "./partner-fixture.ts";

const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
let partner: PartnerFixture;
beforeEach(async () => {
  partner = await partnerFixture();
});
afterEach(() => partner.close());

const get = (path: string, accept = BROWSER): Promise<Response> =>
  fetch(`${partner.controlUrl()}${path}`, { headers: { accept } });
const pageText = async (path = "/"): Promise<string> => (await get(path)).text();

describe("the partner's page", () => {
  test.each(["*/*", "application/json", "text/html;q=0, */*", ""])(
    "programs (accept: %s) get JSON as ever",
    async (accept) => {
      const answer = await get("/", accept);
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(await answer.json()).toMatchObject({ receivers: {}, tokens: {} });
    },
  );

  test("may run and load only its own script and style", async () => {
    const answer = await get("/");
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(answer.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'self'; script-src 'self'/,
    );
    const text = await answer.text();
    expect([...text.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, url]) => url)).toEqual(["/page.css", "/page.js"]);
    expect(text).not.toMatch(/<script(?![^>]* src=)|<style|style=|\son\w+=/);
    for (const [path, type] of [
      ["/page.css", "text/css"],
      ["/page.js", "text/javascript"],
    ] as const)
      expect((await get(path)).headers.get("content-type")).toBe(`${type}; charset=utf-8`);
  });

  test("shows the newest first: time, method, path, answer, headers, body, attempt, faults, token requests", async () => {
    await partner.control().receiver("crm", {
      faults: [
        { kind: "status", status: 503, times: 1 },
        { kind: "hang", times: 2 },
      ],
    });
    await partner.send("/oauth/token/acme?x=1", {}, "grant_type=client_credentials");
    await partner.send(
      "/in/crm/a?b=c",
      { "webhook-id": "dl_1", "webhook-attempt": "3", "x-own": "héllo" },
      '{"points":0.10}',
    );
    const text = await pageText();
    expect(text).toContain("2 requests received; the last one was answered 503");
    expect(text.indexOf("/in/crm/a?b=c")).toBeLessThan(text.indexOf("/oauth/token/acme?x=1"));
    for (const part of [
      "12:00:00.000",
      "<b>POST</b>",
      "✗ 503",
      "✓ 200",
      "attempt 3",
      "dl_1",
      "x-own",
      "{\n  &quot;points&quot;: 0.10\n}",
      "token request",
      "never answers (next 2 requests)",
      "as configured (status)",
    ])
      expect(text).toContain(part);
  });

  test("hostile requests are text: markup, script, control characters, binary, a long body", async () => {
    const attack = `<script>alert(1)</script><img src=x onerror=alert(2)>`;
    await partner.send(
      `/in/${encodeURIComponent(attack)}?<svg/onload=alert(3)>`,
      { "x-attack": attack, "webhook-attempt": `"><b>` },
      attack,
    );
    await partner.send("/in/big", { "content-type": "text/plain" }, "<".repeat(1_000_000));
    await partner.send("/in/nul", {}, "a\u0000b</pre><script>x</script>");
    const text = await pageText();
    expect(text).not.toMatch(/<script>|<img|<svg|<b>"|onerror=alert\(2\)>/);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(text).toContain("1000000 bytes, text/plain, the first 32768 characters");
    expect(text.length).toBeLessThan(400_000);
  });

  test("returns a body as received, as text or a file, never as a page", async () => {
    const attack = "<script>alert(1)</script>";
    await partner.send("/in/crm", { "content-type": "text/html" }, attack);
    const answer = await get("/requests/1/body");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(await answer.text()).toBe(attack);
    expect((await get("/requests/2/body")).status).toBe(404);
  });

  test("older requests are on pages of their own", async () => {
    for (let number = 1; number <= 51; number += 1) await partner.statusOf(`/in/crm/${String(number)}`);
    expect(await pageText()).toContain(`<a href="/?before=2">Older</a>`);
    const older = await pageText("/?before=2");
    expect([...older.matchAll(/data-number="(\d+)"/g)].map(([, number]) => number)).toEqual(["1"]);
    expect(older).toContain(`data-follow="no"`);
    expect(older).not.toContain("Older</a>");
  });

  test("changes returns what is new in order, 50 at a time, and says when numbers started over", async () => {
    for (let number = 1; number <= 60; number += 1) await partner.statusOf(`/in/${number % 2 === 0 ? "a" : "b"}`);
    const first: unknown = await (await get("/changes?after=2")).json();
    expect(first).toMatchObject({ restarted: false, first: 1, last: 52, more: true });
    const second: unknown = await (await get("/changes?after=52")).json();
    expect(second).toMatchObject({
      last: 60,
      more: false,
      headline: "60 requests received; the last one was answered 200",
    });
    expect(await (await get("/changes?after=60")).json()).toMatchObject({ entries: "", last: 60, more: false });
    await partner.control().clear();
    expect(await (await get("/changes?after=60")).json()).toMatchObject({ first: 0, restarted: false });
    await partner.restart();
    await partner.statusOf("/in/a");
    expect(await (await get("/changes?after=60")).json()).toMatchObject({ restarted: true });
  });
});
