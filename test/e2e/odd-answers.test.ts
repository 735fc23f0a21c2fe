import { partnerControl } from "../../local/partner/control.ts";
import type { PartnerControl } from "../../local/partner/control.ts";
import { CONTINUE, ODD_ANSWERS, OK } from "../support/odd-answers.ts";
import { event, startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

let app: AppUnderTest;
let partner: PartnerControl;
const url = (path: string): string => app.stack.runtime.partner.url + path;

beforeAll(async () => {
  app = await startApp();
  partner = partnerControl(app.stack.runtime.partner.control);
});
afterAll(() => app.close());

/** The delivery of an event to a webhook, once it has a first outcome. */
async function outcome(eventId: string): Promise<string> {
  const { json } = await app.eventually(
    `deliveries?eventId=${eventId}`,
    ({ json: list }) => list.at("items", 0) !== undefined && list.at("items", 0, "state") !== "pending",
  );
  const { json: one } = await app.api("GET", `deliveries/${String(json.at("items", 0, "id"))}`);
  return `${String(json.at("items", 0, "state"))} ${String(one.at("attempts", 0, "response", "status"))}`;
}

/** What becomes of a delivery by the status (docs/api.md, "What counts as delivered"), with a webhook that is not tried again soon. */
function decided(status: number): string {
  if (status >= 200 && status < 300) return `delivered ${String(status)}`;
  return `${status === 400 || status === 410 ? "failed" : "retrying"} ${String(status)}`;
}

test("every odd answer of a receiver is decided by its status, and the request arrives once", async () => {
  const id = await app.create("webhooks", { name: "Odd", url: url("/in/odd/{{event.id}}"), body: "{{event.id}}" });
  for (const [index, [name, { pieces, then }, { status }]] of ODD_ANSWERS.entries()) {
    const eventId = `odd-${String(index)}`;
    // A connection that is kept would answer no more; what it says is in the component suite.
    await partner.receiver("odd", {
      faults: [{ kind: "raw", pieces: [...pieces], then: then === "reset" ? "reset" : "end" }],
    });
    await app.publish("acme", event(eventId));
    expect([name, await outcome(eventId)]).toEqual([name, decided(status)]);
    const arrived = (await partner.requests("odd")).filter((request) => request.body.text === eventId);
    expect([name, arrived.length]).toEqual([name, 1]);
    if (status !== 410) continue;
    // The attempt is recorded before the webhook is paused.
    await app.eventually(`webhooks/${id}`, ({ json }) => json.at("enabled") === false);
    await app.api("POST", `webhooks/${id}/resume`, undefined, { headers: { "if-match": "*" } });
  }
});

test("a token endpoint that says 100 Continue, folds its lines and gives its length twice gives its token", async () => {
  const body = `{"access_token":"odd-token","expires_in":60}`;
  const head = `HTTP/1.1 200 OK\r\nX-A: b\r\n c\r\n${`Content-Length: ${String(body.length)}\r\n`.repeat(2)}\r\n`;
  await partner.token("odd", { faults: [{ kind: "raw", pieces: [CONTINUE, CONTINUE + head, body] }] });
  const credentialId = await app.create("credentials", { name: "Odd", url: url("/oauth/token/odd") });
  await app.create("webhooks", { name: "With token", url: url("/in/with-token"), credentialId });
  await partner.receiver("with-token", { faults: [{ kind: "raw", pieces: [OK] }] });
  await app.publish("acme", event("evt-token"));
  const [request] = await partner.waitFor("with-token", { count: 1 });
  expect(request?.headers).toContainEqual(["Authorization", "Bearer odd-token"]);
});
