import { type ScriptsUnderTest as Azure, openScripts, prepareStamp } from "../azure/scripts-under-test.ts";
import { passes, picture } from "../azure/expectations.ts";
import { startApp } from "./app-under-test.ts";
import type { AppUnderTest } from "./app-under-test.ts";

/** Asks often, and long enough for a delivery that really takes its time. */
const WAIT = "POLL_SECONDS=0.1 POLL_TRIES=300";

let app: AppUnderTest;
let azure: Azure;
/** Azure itself is the recorded `az`; what the scripts ask the app's API goes to the app. */
beforeAll(async () => {
  [app, azure] = await Promise.all([startApp(), openScripts()]);
  await prepareStamp(azure, "dev", "globex");
  azure.clients("globex", "acme");
  const { api: baseUrl, tokens } = app.stack.runtime;
  azure.az.options = { forward: { baseUrl, token: tokens.admin } };
});
afterAll(async () => {
  await Promise.all([app.close(), azure.close()]);
});

test("a client that is turned on sees a canary all the way through the real app, again on a second run, and in the smoke test", async () => {
  const url = `https://localhost:${String(app.receiver.port)}/canary`;
  const onboard = `${WAIT} infra/onboard-client.sh acme --canary-url ${url} --yes`;
  const { out } = await passes(azure, onboard);
  expect(out).toMatch(/Canary canary-[0-9a-f-]{36} arrived: delivery dl_\w+, delivered/);
  const [first] = app.receiver.requests;
  expect([first?.path, first?.body]).toEqual([
    "/canary",
    expect.stringMatching(/^\{"canary":"canary-[0-9a-f-]{36}"\}$/),
  ]);
  const { json } = await app.api("GET", "webhooks");
  expect(json.at("items")).toEqual([]); // Nothing in the client's own programs.

  const after = picture(azure.az.state);
  const again = await passes(azure, onboard);
  expect(again.out.trimEnd()).toMatch(/acme was already on; nothing to change\.$/);
  expect(picture(azure.az.state)).toEqual(after);

  const smoke = await passes(azure, `${WAIT} infra/smoke.sh`);
  expect(smoke.out).toContain("globex has no canary webhook");
  expect(app.receiver.requests).toHaveLength(3);
  expect(new Set(app.receiver.requests.map(({ body }) => body)).size).toBe(3);
}, 120_000);

test("a caller without the operators' role learns what is missing, and the run can be resumed", async () => {
  const { api: baseUrl, tokens } = app.stack.runtime;
  azure.az.options = { forward: { baseUrl, token: tokens.acmeReader } };
  const refused = await azure.bash(`${WAIT} infra/onboard-client.sh acme --yes`);
  expect(refused.exit).toBe(1);
  expect(refused.error).toContain("You need the app roles Webhooks.Operate, Webhooks.Read and Webhooks.Write");
  expect(refused.error).toMatch(/Step 4 of 5 failed: Readiness\. [^]*Run the same command again to continue\./);
  azure.az.options = { forward: { baseUrl, token: tokens.admin } };
  await passes(azure, `${WAIT} infra/onboard-client.sh acme --yes`);
});
