/** What the demo does: set up, publish, wait for all deliveries, compare. */
import { ServiceBusClient } from "@azure/service-bus";
import type { PartnerControl } from "../partner/control.ts";
import { byDelivery } from "../partner/records.ts";
import type { ReceivedDelivery, RecordedRequest } from "../partner/records.ts";
import type { Api, ShownDelivery } from "./api.ts";
import { compareDelivery, compareTokenRequests } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { cloudEvent, SCOPES } from "./scenario.ts";
import type { ClientName, PromisedDelivery } from "./scenario.ts";
import { DELIVERIES, EVENTS, TOKEN_REQUESTS } from "./scenario-events.ts";
import { PARTNER_RECEIVERS, PARTNER_TOKENS, SECRETS } from "./scenario-partner.ts";
import { CREDENTIALS, WEBHOOKS } from "./scenario-setup.ts";

/** Where everything is. */
export interface Places {
  readonly api: Api;
  readonly control: PartnerControl;
  /** Base URL of the third party. */
  readonly partner: string;
  /** Connection string and topic of each client. */
  readonly buses: Readonly<Record<ClientName, { readonly connectionString: string; readonly topic: string }>>;
}

/** One promise and what became of it. */
export interface Result {
  readonly title: string;
  readonly requests: readonly RecordedRequest[];
  /** Absent for token requests. */
  readonly shown?: ShownDelivery | undefined;
  readonly differences: readonly Difference[];
}

/** Time limit for all deliveries; the slowest is retried twice and takes about 7 s. */
const TIMEOUT_MS = 25_000;
const POLL_MS = 50;

/** Configures the third party, and creates credentials and webhooks over the API. Returns webhook ids by name. */
export async function setUp({ api, control, partner }: Places): Promise<ReadonlyMap<string, string>> {
  for (const [name, settings] of Object.entries(PARTNER_TOKENS)) await control.token(name, settings);
  for (const [name, settings] of Object.entries(PARTNER_RECEIVERS)) await control.receiver(name, settings);
  await control.clear();
  const credentials = new Map<string, string>();
  for (const { client, path, config } of CREDENTIALS)
    credentials.set(config.name, await api.create(client, "credentials", { ...config, url: partner + path }));
  const webhooks = new Map<string, string>();
  for (const { client, path, config, credential } of WEBHOOKS) {
    const credentialId = credential === undefined ? null : credentials.get(credential);
    webhooks.set(config.name, await api.create(client, "webhooks", { ...config, url: partner + path, credentialId }));
  }
  return webhooks;
}

/** Publishes every event to its client's topic, as KLS does. */
export async function publish({ buses }: Places, now: Date): Promise<void> {
  for (const client of clients()) {
    const bus = new ServiceBusClient(buses[client].connectionString);
    const messages = EVENTS.filter((event) => event.client === client).map((event) => ({
      body: Buffer.from(cloudEvent(event, now.toISOString()), "utf8"),
      contentType: "application/cloudevents+json",
    }));
    await bus.createSender(buses[client].topic).sendMessages(messages);
    await bus.close();
  }
}

/** Waits until the third party and the API have every delivery, or time is up, then compares all of it. */
export async function results(places: Places, webhooks: ReadonlyMap<string, string>): Promise<Result[]> {
  const deadline = Date.now() + TIMEOUT_MS;
  await Promise.allSettled(
    Object.keys(PARTNER_RECEIVERS).map((receiver) =>
      places.control.waitFor(receiver, { count: requestsAt(receiver), timeoutMs: TIMEOUT_MS }),
    ),
  );
  const deliveries = await Promise.all(DELIVERIES.map((promised) => resultOf(places, promised, webhooks, deadline)));
  const tokens = TOKEN_REQUESTS.map(async (promised): Promise<Result> => {
    const requests = await places.control.tokenRequests(promised.endpoint);
    return { title: `Token of ${promised.endpoint}`, requests, differences: compareTokenRequests(promised, requests) };
  });
  return [...(await Promise.all(tokens)), ...deliveries, ...(await extras(places, webhooks))];
}

async function resultOf(
  { api, control, partner }: Places,
  promised: PromisedDelivery,
  webhooks: ReadonlyMap<string, string>,
  deadline: number,
): Promise<Result> {
  const client = clientOf(promised.webhook);
  const webhookId = webhooks.get(promised.webhook);
  let delivery: ReceivedDelivery | undefined;
  let shown: ShownDelivery | undefined;
  do {
    const received = byDelivery(await control.requests(promised.receiver));
    // The third party sees ids only; the API says which delivery of the webhook this is.
    for (const candidate of received) {
      const found = await api.delivery(client, candidate.webhookId);
      if (found?.eventId !== promised.event || found.webhookId !== webhookId) continue;
      delivery = candidate;
      shown = found;
    }
    if (shown?.state === "delivered") break;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  } while (Date.now() < deadline);
  const requests = delivery?.requests ?? [];
  const differences = compareDelivery(promised, { requests, shown }, partner, SECRETS);
  return { title: `${promised.webhook}  ←  ${client} ${promised.event}`, requests, shown, differences };
}

/** Requests and deliveries in the API that were not promised. */
async function extras({ api, control }: Places, webhooks: ReadonlyMap<string, string>): Promise<Result[]> {
  const byReceiver = Object.keys(PARTNER_RECEIVERS).map(async (receiver): Promise<Result[]> => {
    const requests = await control.requests(receiver);
    return excess(`requests at ${receiver}`, requestsAt(receiver), requests.length, requests);
  });
  const byWebhook = [...webhooks].map(async ([name, id]): Promise<Result[]> => {
    const ids = await api.deliveryIds(clientOf(name), id);
    const promised = DELIVERIES.filter(({ webhook }) => webhook === name).length;
    return excess(`deliveries of ${name} in the API`, promised, ids.length, []);
  });
  return (await Promise.all([...byReceiver, ...byWebhook])).flat();
}

function excess(what: string, expected: number, found: number, requests: readonly RecordedRequest[]): Result[] {
  if (expected === found) return [];
  return [
    { title: `All ${what}`, requests, differences: [{ what, expected: String(expected), found: String(found) }] },
  ];
}

function requestsAt(receiver: string): number {
  return DELIVERIES.filter((promised) => promised.receiver === receiver).reduce(
    (sum, { statuses }) => sum + statuses.length,
    0,
  );
}

function clientOf(webhook: string): ClientName {
  const found = WEBHOOKS.find(({ config }) => config.name === webhook);
  if (found === undefined) throw new Error(`The scenario has no webhook ${webhook}.`);
  return found.client;
}

function clients(): ClientName[] {
  return [SCOPES.acme.client, SCOPES.globex.client];
}
