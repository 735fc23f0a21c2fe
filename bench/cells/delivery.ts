import { buildApp } from "../../functions/container.ts";
import { logOf } from "../../functions/log.ts";
import { EVENT_TYPES } from "../../shared/contract/event-types.ts";
import { deliverMessage } from "../../shared/delivery/deliver-message.ts";
import { createCredential } from "../../shared/management/credentials.ts";
import { createWebhook } from "../../shared/management/webhooks.ts";
import { readConfig } from "../../shared/platform/config.ts";
import { eventBytes, webhookInput } from "../support/event.ts";
import { noRows } from "./no-rows.ts";
import type { Cell, Plan } from "./plan.ts";

const CLIENT = "acme";

/**
 * The product: an event goes through the story of a message with everything that the app's container builds from its settings. A call is over when the
 * message could be completed.
 *
 * Each scope has a webhook for each type of event, and each worker keeps to one scope and type, so that every event goes to one webhook and none of
 * them has more than 16 requests in flight, which is where deliveries wait for each other.
 */
export async function deliveryCall({ sinkPort, path, delivery }: Plan): Promise<Cell> {
  if (!delivery) throw new Error("A cell of deliveries needs to know which.");
  const receiver = `https://localhost:${String(sinkPort)}`;
  const config = readConfig({
    TABLES_CONNECTION: delivery.tables,
    SECRETS_KEY_FILE: delivery.keyFile,
    OUTBOUND_ALLOW: `localhost:${String(sinkPort)}`,
    AUTH_ISSUER: "https://issuer.example",
    AUTH_AUDIENCE: "api://bench",
    AUTH_JWKS_URL: "https://issuer.example/keys",
    // Nothing connects to it: there is no bus in what is measured.
    SB_ACME: "Endpoint=sb://localhost;SharedAccessKeyName=none;SharedAccessKey=none",
  });
  const [bus] = config.clients;
  if (!bus) throw new Error(config.clientFaults.join("\n"));
  const app = buildApp(config);
  const programs = Array.from({ length: delivery.scopes }, (_, index) => `p${String(index)}`);
  for (const program of programs) {
    const scope = { client: CLIENT, program, environment: "uat" };
    const credentialId = delivery.credential ? await credentialOf(`${receiver}/token`, scope, app.api) : null;
    for (const type of EVENT_TYPES)
      await createWebhook(scope, webhookInput(receiver + path, credentialId, type), app.api);
  }
  const deps = app.delivery(bus);
  const run = crypto.randomUUID();
  let logged = 0;
  let number = 0;
  const line = (text: string): void => void (logged += text.length);
  const log = logOf({ debug: line, info: line, warn: unexpected, error: unexpected });
  // On a machine that stalls a delivery may find no slot free.
  let putOff = 0;
  const schedule = (): Promise<"scheduled"> => {
    putOff += 1;
    return Promise.resolve("scheduled");
  };
  const openRetryScheduler = (): Promise<{ schedule: typeof schedule }> => Promise.resolve({ schedule });
  const settlement = { deadLetter: (_lock: string, _reason: string, description: string) => unexpected(description) };
  const messageDeps = {
    ...deps,
    log,
    settlement,
    openRetryScheduler,
    ...(delivery.rows ? {} : { deliveries: noRows() }),
  };
  const call: Cell["call"] = async (worker) => {
    number += 1;
    const program = programs[worker % programs.length] ?? "";
    const type = EVENT_TYPES[Math.floor(worker / programs.length) % EVENT_TYPES.length] ?? "";
    const at = new Date();
    const body = eventBytes(`${run}-${String(number)}`, type, program, at.toISOString());
    await deliverMessage({ client: CLIENT, body, enqueuedAt: at, lockToken: "none", deliveryCount: 1 }, messageDeps);
  };
  // A receiver of which nothing is known gets few requests at a time; each shows first that it is quick.
  const receivers = Array.from({ length: programs.length * EVENT_TYPES.length }, (_, worker) => worker);
  for (let times = 0; times < 2; times += 1) await Promise.all(receivers.map(call));
  return { call, putOff: () => putOff };
}

async function credentialOf(
  url: string,
  scope: { client: string; program: string; environment: string },
  deps: Parameters<typeof createCredential>[2],
): Promise<string> {
  const body = [
    { key: "grant_type", value: "client_credentials" },
    { key: "client_id", value: "bench" },
    { key: "client_secret", value: "s3cret-of-the-client", secret: true },
  ];
  const credential = await createCredential(scope, { name: "Bench", url, body }, deps);
  return credential.body.id;
}

/** A delivery that fails or comes back costs something else than what is measured. */
function unexpected(text: string): never {
  throw new Error(`A delivery of the bench did not go as it should: ${text}`);
}
