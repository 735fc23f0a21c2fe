import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { noteAddress } from "../../../local/partner/addresses.ts";
import type { PartnerControl } from "../../../local/partner/control.ts";
import { startPartner } from "../../../local/partner/partner.ts";
import { partnerFixture } from "./partner-fixture.ts";
import type { PartnerFixture } from "./partner-fixture.ts";

let partner: PartnerFixture;
let control: PartnerControl;
beforeEach(async () => {
  partner = await partnerFixture();
  control = partner.control();
});
afterEach(() => partner.close());

const statusOf: PartnerFixture["statusOf"] = (...request) => partner.statusOf(...request);

describe("the partner", () => {
  test("continues after a restart with its settings, tokens, counts and records", async () => {
    await control.receiver("crm", { auth: { token: "acme" }, faults: [{ kind: "status", status: 503, times: 2 }] });
    await control.token("acme", { answer: { token: "t1" } });
    await statusOf("/oauth/token/acme");
    const headers = { authorization: "Bearer t1" };
    expect(await statusOf("/in/crm", headers)).toBe(503);
    await partner.restart();
    control = partner.control();
    expect([await statusOf("/in/crm", headers), await statusOf("/in/crm", headers), await statusOf("/in/crm")]).toEqual(
      [503, 200, 401],
    );
    expect((await control.requests("crm")).map(({ number }) => number)).toEqual([2, 3, 4, 5]);
    await control.clear();
    expect(await control.requests("crm")).toEqual([]);
  });

  test("forgets all its settings when reset", async () => {
    await control.receiver("crm", { faults: [{ kind: "status", status: 500 }] });
    expect(await statusOf("/in/crm")).toBe(500);
    await control.reset();
    expect(await control.requests("crm")).toEqual([]);
    expect(await statusOf("/in/crm")).toBe(200);
  });

  test("uses another port when the wanted one is taken", async () => {
    const port = Number(new URL(partner.url()).port);
    const other = await startPartner({ stateDir: join(partner.stateDir, "other"), port, controlPort: port });
    expect(new URL(other.url).port).not.toBe(String(port));
    await other.close();
  });

  test("knows where it was in earlier runs, whatever happened to its record of it", () => {
    const at = (port: number): string[] => noteAddress(partner.stateDir, `https://localhost:${String(port)}`);
    const own = partner.url();
    expect(at(1)).toEqual([own]);
    expect(at(2)).toEqual(["https://localhost:1", own]);
    expect(at(1)).toEqual(["https://localhost:2", own]);
    writeFileSync(join(partner.stateDir, "partner-addresses.json"), "half a fi");
    expect(at(3)).toEqual([]);
    expect(at(4)).toEqual(["https://localhost:3"]);
  });

  test("waits for requests, and says how many arrived when there are too few", async () => {
    const waiting = control.waitFor("crm", { count: 2, deliveries: true });
    for (const id of ["dl_a", "dl_a", "dl_b"]) await statusOf("/in/crm", { "webhook-id": id });
    expect(await waiting).toHaveLength(3);
    await expect(control.waitFor("crm", { count: 4, timeoutMs: 1 })).rejects.toThrow("crm got 3 of 4 requests");
  });

  test("refuses unknown settings and paths", async () => {
    const refused = await fetch(`${partner.controlUrl()}/receivers/crm`, {
      method: "PUT",
      body: '{"faults":[{"kind":"explode"}]}',
    });
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain("kind");
    expect((await fetch(`${partner.controlUrl()}/nonsense`)).status).toBe(404);
    expect(await statusOf("/elsewhere")).toBe(404);
  });
});
