import { RestError } from "@azure/data-tables";
import { ServiceBusError } from "@azure/service-bus";
import { createSecretKey, randomBytes, randomUUID } from "node:crypto";
import { startTables } from "../../../local/tables/start.ts";
import type { Credential } from "../../../shared/core/configuration/credential.ts";
import type { DeliveryRow, DeliveryStore } from "../../../shared/core/ports/deliveries.ts";
import type { RetryMessage } from "../../../shared/core/events/event.ts";
import { retryMessageBody } from "../../../shared/core/events/event.ts";
import { withMac } from "../../../shared/core/events/message-mac.ts";
import type { MessageKey } from "../../../shared/core/events/message-mac.ts";
import type { UnreadableWebhook } from "../../../shared/core/ports/configuration.ts";
import type { Scope } from "../../../shared/core/scope.ts";
import { Secret } from "../../../shared/core/secret.ts";
import { takeTurns } from "../../../shared/lib/turns.ts";
import type { Webhook } from "../../../shared/core/configuration/webhook.ts";
import type { DeliveryDeps, MessageDeps } from "../../../shared/delivery/deps.ts";
import { deliverMessage } from "../../../shared/delivery/deliver-message.ts";
import { webhookCache } from "../../../shared/delivery/webhook-cache.ts";
import { slots } from "../../../shared/delivery/slots.ts";
import { tokenCache } from "../../../shared/oauth/token-cache.ts";
import { openOutbound } from "../../../shared/outbound/send.ts";
import type { Outbound } from "../../../shared/outbound/send.ts";
import { nodeEventLoop } from "../../../shared/platform/event-loop.ts";
import { deliveryStore } from "../../../shared/tables/deliveries/store.ts";
import { tableOpener } from "../../../shared/tables/deliveries/month-tables.ts";
import { virtualTime } from "../../support/virtual-time.ts";
import { recordingRetryScheduler } from "./recorder.ts";
import type { RecordingRetryScheduler } from "./recorder.ts";
import { startTlsServer } from "./tls-server.ts";
import type { TlsServer } from "./tls-server.ts";

/** What signs the retry messages of acme in these tests. */
const MESSAGE_KEY: MessageKey = { id: "k1", key: createSecretKey(randomBytes(32)) };

export const START = new Date("2026-11-23T10:00:01.000Z");

/** What all tests of a file share: real tables, a real receiver, the real way out. */
export interface Backends {
  readonly store: DeliveryStore;
  readonly server: TlsServer;
  readonly outbound: Outbound;
  /** Forgets what the receiver saw, and makes it answer 200 again. */
  reset(): void;
  close(): Promise<void>;
}

export async function startBackends(): Promise<Backends> {
  const tables = await startTables({ port: 0 });
  const server = await startTlsServer();
  const outbound = openOutbound({ allow: [server.place] });
  return {
    store: deliveryStore(tableOpener({ kind: "connection-string", value: tables.connectionString })),
    server,
    outbound,
    reset: () => {
      server.seen.length = 0;
      server.answer = (_request, response) => response.end("ok");
    },
    close: async () => {
      await outbound.close();
      await Promise.all([server.close(), tables.close()]);
    },
  };
}

export interface DeliveryFixture {
  readonly scope: Scope;
  readonly deps: MessageDeps;
  readonly webhooks: Map<string, Webhook>;
  /** Webhooks of the scope that cannot be read. */
  readonly unreadable: Map<string, UnreadableWebhook>;
  readonly credentials: Map<string, Credential>;
  readonly retryScheduler: RecordingRetryScheduler;
  readonly deadLettered: string[];
  readonly log: { event: string; fields: Readonly<Record<string, unknown>> }[];
  /** Moves the clock, in milliseconds; what was to happen meanwhile happens. */
  pass(ms: number): void;
  event(id: string, attributes?: string): Buffer;
  deliver(body: Buffer, deliveryCount?: number): Promise<void>;
  /** Delivers one retry message at its time, with other means if any are given. */
  deliverRetryWith(due: RecordingRetryScheduler["scheduled"][number], more?: Partial<MessageDeps>): Promise<void>;
  /** Delivers what was scheduled, and forgets it. */
  deliverRetries(): Promise<void>;
  rows(): Promise<readonly DeliveryRow[]>;
}

/** A scope of its own over the real tables and the real way out, with a clock that stands still. */
export function deliveryFixture(backends: Backends, given: Partial<DeliveryDeps> = {}): DeliveryFixture {
  const { store, outbound } = backends;
  const scope = { client: "acme", program: `p${randomBytes(5).toString("hex")}`, environment: "uat" };
  const webhooks = new Map<string, Webhook>();
  const unreadable = new Map<string, UnreadableWebhook>();
  const credentials = new Map<string, Credential>();
  const retryScheduler = recordingRetryScheduler();
  const { retryScheduler: givenScheduler = retryScheduler, ...more } = given;
  const deadLettered: string[] = [];
  const log: DeliveryFixture["log"] = [];
  const time = virtualTime(START);
  const { clock } = time;
  const webhookStore = {
    all: () => Promise.resolve({ webhooks: [...webhooks.values()], unreadable: [...unreadable.values()] }),
    configurationVersion: () => Promise.resolve(JSON.stringify([...webhooks.values()])),
    setPaused: (_scope: Scope, id: string, _version: string, pausedReason: string | null) => {
      const webhook = webhooks.get(id);
      if (!webhook) return Promise.resolve({ kind: "not-found" } as const);
      const value = { ...webhook, enabled: pausedReason === null, pausedReason };
      webhooks.set(id, value);
      return Promise.resolve({ kind: "written", value } as const);
    },
  };
  const deps: MessageDeps = {
    webhookCache: webhookCache(webhookStore),
    webhooks: webhookStore,
    deliveries: store,
    tokens: tokenCache({
      credentials: { get: (_scope, id) => Promise.resolve(credentials.get(id)) },
      send: outbound.send,
      clock,
      random: () => 0.5,
      userAgent: "KLS-Webhooks/test",
      log: (_level, event, fields) => log.push({ event, fields }),
    }),
    send: outbound.send,
    slots: slots(time),
    openRetryScheduler: () => Promise.resolve(givenScheduler),
    messageKeys: {
      keyNamed: (client, id) => Promise.resolve(client === "acme" && id === MESSAGE_KEY.id ? MESSAGE_KEY : undefined),
    },
    settlement: {
      deadLetter: (lockToken, reason, description) => {
        deadLettered.push(`${lockToken} ${reason}: ${description}`);
        return Promise.resolve();
      },
    },
    turns: takeTurns(nodeEventLoop),
    clock,
    sleep: () => Promise.resolve(),
    random: () => 0.5,
    newRun: () => randomUUID(),
    userAgent: "KLS-Webhooks/test",
    log: (_level, event, fields) => log.push({ event, fields }),
    ...more,
  };
  const deliver: DeliveryFixture["deliver"] = (body, deliveryCount = 1) =>
    deliverMessage({ client: "acme", body, enqueuedAt: clock(), lockToken: "lock-1", deliveryCount }, deps);
  return {
    scope,
    deps,
    webhooks,
    unreadable,
    credentials,
    retryScheduler,
    deadLettered,
    log,
    pass: time.pass,
    event: (id, attributes = `{"memberId":"M-1","points":12345678901234567890}`) =>
      Buffer.from(
        `{"specversion":"1.0","id":"${id}","source":"/kls","time":"2026-11-23T10:00:00.000Z","type":"com.kognitiv.loyalty.reward.issued",` +
          `"data":{"program":"${scope.program}","environment":"uat","attributes":${attributes}}}`,
      ),
    deliver,
    deliverRetryWith: async ({ retryMessage, at }, more = {}) => {
      if (at > clock()) time.pass(at.getTime() - clock().getTime());
      const body = bytesOf(retryMessage, at);
      const arrival = { client: "acme", body, enqueuedAt: clock(), lockToken: "lock-1", deliveryCount: 1 };
      await deliverMessage(arrival, { ...deps, ...more });
    },
    deliverRetries: async () => {
      const due = retryScheduler.scheduled.splice(0);
      for (const { retryMessage, at } of due) {
        if (at > clock()) time.pass(at.getTime() - clock().getTime());
        await deliver(bytesOf(retryMessage, at));
      }
    },
    rows: async () => {
      const page = await store.list(scope, {}, { limit: 100, cursor: null }, clock());
      const rows = await Promise.all(page.items.map(({ id }) => store.get(scope, id)));
      return rows.filter((row) => row !== undefined);
    },
  };
}

/** A retry message as it lies on the bus of acme. */
export function bytesOf(retryMessage: RetryMessage, at: Date): Buffer {
  return withMac(retryMessageBody(retryMessage, randomUUID(), at), MESSAGE_KEY);
}

export function aWebhook(server: TlsServer, id: string, more: Partial<Webhook> = {}): Webhook {
  return {
    id,
    name: id,
    description: "",
    eventGroup: "member-rewards",
    eventTypes: [],
    method: "POST",
    url: `${server.url}/${id}/{{memberId}}`,
    credentialId: null,
    headers: [{ key: "Content-Type", value: new Secret("application/json"), secret: false }],
    body: `{"points":{{points}}}`,
    attributes: [],
    retryPolicy: "standard",
    timeoutSeconds: 30,
    success: { alsoStatuses: [] },
    enabled: true,
    pausedReason: null,
    createdAt: START,
    updatedAt: START,
    version: "1",
    ...more,
  };
}

export function aCredential(server: TlsServer, id: string): Credential {
  return {
    id,
    name: id,
    description: "",
    method: "POST",
    url: `${server.url}/token`,
    contentType: "application/x-www-form-urlencoded",
    headers: [],
    body: [{ key: "client_secret", value: new Secret("client-s3cret"), secret: true }],
    token: { path: "access_token", expiresInPath: "expires_in", typePath: "token_type" },
    placement: { header: "Authorization", prefix: "Bearer " },
    createdAt: START,
    updatedAt: START,
    version: "1",
  };
}

export function add(made: DeliveryFixture, ...webhooks: Webhook[]): void {
  for (const webhook of webhooks) made.webhooks.set(webhook.id, webhook);
}

/** What the tables' SDK throws when there is no answer. */
export function tablesAway(): RestError {
  return new RestError("the tables are away", { code: "ECONNREFUSED" });
}

/** What the bus's SDK throws when there is no answer. */
export function busAway(): ServiceBusError {
  return new ServiceBusError("the bus is away", "ServiceCommunicationProblem");
}

/** How often a run tries to record what it did. */
const TRIES_TO_RECORD = 3;

/** A store that takes no record of its first run, as if the process had crashed between sending and recording. */
export function failingOnce(store: DeliveryStore): DeliveryStore {
  let refused = 0;
  return {
    ...store,
    record: (scope, row, outcome) => {
      if (refused === TRIES_TO_RECORD) return store.record(scope, row, outcome);
      refused += 1;
      return Promise.reject(tablesAway());
    },
  };
}
