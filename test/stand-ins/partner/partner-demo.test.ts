import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, request } from "undici";
import type { Api, ShownDelivery } from "../../../local/demo/api.ts";
import { showResult, showSummary } from "../../../local/demo/print.ts";
import { results, setUp } from "../../../local/demo/run.ts";
import type { Places, Result } from "../../../local/demo/run.ts";
import type { PromisedDelivery } from "../../../local/demo/scenario.ts";
import { DELIVERIES, TOKEN_REQUESTS } from "../../../local/demo/scenario-events.ts";
import { partnerControl } from "../../../local/partner/control.ts";
import { startPartner } from "../../../local/partner/partner.ts";
import type { Partner } from "../../../local/partner/partner.ts";

// A demo that cannot fail proves nothing: here a stand-in for the product keeps every promise, or breaks one.

let stateDir: string;
let partner: Partner;
let agent: Agent;
let shown: Map<string, ShownDelivery>;
let places: Places;
let webhooks: ReadonlyMap<string, string>;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), "demo-"));
  partner = await startPartner({ stateDir });
  agent = new Agent({ connect: { ca: readFileSync(partner.ca, "utf8") } });
  shown = new Map();
  let made = 0;
  const api: Api = {
    create: (_client, kind) => {
      made += 1;
      return Promise.resolve(`${kind}_${String(made)}`);
    },
    delivery: (_client, id) => Promise.resolve(shown.get(id)),
    deliveryIds: (_client, webhookId) =>
      Promise.resolve([...shown.values()].filter((delivery) => delivery.webhookId === webhookId).map(({ id }) => id)),
  };
  const nowhere = { connectionString: "", topic: "" };
  places = {
    api,
    control: partnerControl(partner.control),
    partner: partner.url,
    buses: { acme: nowhere, globex: nowhere },
  };
  webhooks = await setUp(places);
});
afterEach(async () => {
  await agent.destroy();
  await partner.close();
  rmSync(stateDir, { recursive: true });
});

async function post(target: string, headers: Record<string, string>, body: string): Promise<void> {
  const reply = await request(partner.url + target, { method: "POST", headers, body, dispatcher: agent });
  await reply.body.dump();
}

async function askForTokens(): Promise<void> {
  for (const { method, target, contentType, body } of TOKEN_REQUESTS) {
    const headers = { "x-tenant": "acme", ...(contentType === undefined ? {} : { "content-type": contentType }) };
    if (method === "POST") await post(target, headers, body);
    else await (await request(partner.url + target, { headers, dispatcher: agent })).body.dump();
  }
}

/** Delivers one promise, with as many attempts as it requires. */
async function deliver(promised: PromisedDelivery, more: Partial<PromisedDelivery> = {}): Promise<void> {
  const { target, headers, body, webhook, event, statuses } = { ...promised, ...more };
  const id = `dl_${webhook}_${event}`;
  const ours = { "webhook-id": id, "webhook-timestamp": "1767225600", "user-agent": "KLS-Webhooks/1" };
  for (const attempt of statuses.keys())
    await post(target, { ...headers, ...ours, "webhook-attempt": String(attempt + 1) }, body);
  const attempts = statuses.map((status, index) => ({
    number: index + 1,
    durationMs: 1,
    outcome: status < 300 ? "delivered" : "failed",
    request: { method: "POST", url: partner.url + promised.target, body: promised.body },
    response: { status },
  }));
  const webhookId = webhooks.get(webhook) ?? "";
  const text = JSON.stringify(attempts);
  shown.set(id, { id, webhookId, eventId: event, eventType: "", state: "delivered", attempts, text });
}

const broken = (all: readonly Result[]) => all.flatMap(({ differences }) => differences.map(({ what }) => what));

test("the demo finds nothing wrong when every promise is kept, and shows each request", async () => {
  await askForTokens();
  for (const promised of DELIVERIES) await deliver(promised);
  const all = await results(places, webhooks);
  expect(broken(all)).toEqual([]);
  const page = all.map(showResult).join("\n");
  expect(page).toContain("POST /in/acme-crm/soap");
  expect(page).toContain("attempt 3");
  expect(showSummary(all, 1)).toContain("All 10 promises kept: 12 requests");
});

test("the demo detects an extra byte, a missing header, a repeat and a secret in the API", async () => {
  await askForTokens();
  for (const promised of DELIVERIES) {
    switch (promised.receiver) {
      case "acme-mail":
        await deliver(promised, { body: `${promised.body}\n` });
        break;
      case "acme-billing":
        await deliver(promised, { headers: { ...promised.headers, "content-type": "text/plain" } });
        break;
      case "globex-partner":
        await deliver(promised);
        await post(promised.target, promised.headers, promised.body);
        break;
      default:
        await deliver(promised);
    }
  }
  const crm = [...shown.values()].find(({ id }) => id.includes("Acme CRM"));
  if (crm !== undefined) shown.set(crm.id, { ...crm, text: "Basic a2xzOnMzY3JldA==" });
  const all = await results(places, webhooks);
  expect(broken(all)).toEqual([
    "request 1, header content-length",
    "request 1, body",
    "request 1, bytes of the body",
    "secret in the API's answer",
    "request 1, header content-type",
    "requests at globex-partner",
  ]);
  expect(showSummary(all, 1)).toContain("4 of 11 promises broken");
});
