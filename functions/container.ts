/** Where wires meet: settings become adapters, and adapters become what the doors need. Nothing else builds anything. */
import { randomBytes, randomUUID } from "node:crypto";
import { openBusQueue } from "../shared/bus/bus-client.ts";
import { operatedBus } from "../shared/bus/operated-bus.ts";
import { busRetryScheduler } from "../shared/bus/retry-scheduler.ts";
import { busSettlement } from "../shared/bus/settlement.ts";
import { HEADER_VALUE_WHITELIST } from "../shared/contract/header-rules.ts";
import type { Clock } from "../shared/lib/clock.ts";
import { takeTurns } from "../shared/lib/turns.ts";
import { heartbeat } from "../shared/delivery/heartbeat.ts";
import { webhookCache } from "../shared/delivery/webhook-cache.ts";
import { slots } from "../shared/delivery/slots.ts";
import { tokenCache } from "../shared/oauth/token-cache.ts";
import { openOutbound } from "../shared/outbound/send.ts";
import { appIdentity } from "../shared/platform/app-identity.ts";
import type { ClientBus, Config } from "../shared/platform/config.ts";
import { nodeEventLoop } from "../shared/platform/event-loop.ts";
import { tokenVerifier } from "../shared/platform/verify-token.ts";
import { keyFileBox } from "../shared/secrets/key-file-box.ts";
import { keyVaultBox } from "../shared/secrets/key-vault-box.ts";
import { tableCredentialStore } from "../shared/tables/configuration/credential-store.ts";
import { tableDataKeyStore } from "../shared/tables/data-key-store.ts";
import { openDeliveryStore } from "../shared/tables/deliveries/open-store.ts";
import { tableHeartbeats } from "../shared/tables/heartbeats.ts";
import { openServiceCalls } from "../shared/outbound/service-calls.ts";
import { tableOpener } from "../shared/tables/open-tables.ts";
import { openTables } from "../shared/tables/open-tables.ts";
import { openAccount } from "../shared/tables/transactions/account.ts";
import { pointReads } from "../shared/tables/transactions/point-read.ts";
import { tableWebhookStore } from "../shared/tables/configuration/webhook-store.ts";
import type { ApiDeps } from "./api-deps.ts";
import type { RouteDeps } from "./http/resource.ts";
import { logOf, processLog } from "./log.ts";
import type { ClientMessageDeps } from "./on-client-message.ts";
import { version } from "./version.ts";

/** How long a readiness check, or the bus with a canary, may take, in milliseconds; callers get their answer about as fast. */
const OPERATOR_MS = 5_000;

/** What the doors need. */
export interface App {
  readonly api: RouteDeps & ApiDeps;
  /** What the bus door of one client needs. */
  readonly delivery: (bus: ClientBus) => ClientMessageDeps;
}

/** Builds everything from the settings; connects to nothing yet. @throws if the key file or the tables' connection string cannot be read */
export function buildApp(config: Config): App {
  const clock: Clock = () => new Date();
  const identity = appIdentity();
  const userAgent = `KLS-Webhooks/${version}`;
  const tableSettings = config.tables.kind === "identity" ? { ...config.tables, credential: identity } : config.tables;
  const tables = openTables(tableSettings);
  const box =
    config.secrets.kind === "key-vault"
      ? keyVaultBox({ keyUrl: config.secrets.keyUrl, identity, store: tableDataKeyStore(tables), clock })
      : keyFileBox(config.secrets.path);
  const service = {
    account: openAccount(tableSettings, clock),
    call: openServiceCalls().call,
    clock,
    sleep: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
    random: Math.random,
  };
  const webhooks = tableWebhookStore(tables, box, pointReads(service));
  const credentials = tableCredentialStore(tables, box);
  const openTable = tableOpener(tableSettings);
  const deliveries = openDeliveryStore(tableSettings, { ...service, memberKey: (client) => box.memberKey(client) });
  const { send } = openOutbound({
    allow: config.outboundAllow,
    // Logged for operators only: callers could use the addresses to map internal names.
    onRefused: (name, address) => {
      processLog("warn", "outbound.refused", { name, address });
    },
  });
  const tokens = tokenCache({ credentials, send, clock, random: Math.random, userAgent, log: processLog });
  const cachedWebhooks = webhookCache(webhooks);
  const inFlight = slots({ clock, timer: afterMs });
  const turns = takeTurns(nodeEventLoop);
  const heartbeats = tableHeartbeats(openTable);
  const enabled = new Set(config.clients.map(({ client }) => client));

  return {
    api: {
      verifyToken: tokenVerifier(config.auth, clock),
      logFor: logOf,
      corsOrigins: () => config.corsOrigins,
      webhooks,
      credentials,
      deliveries,
      busEnabled: (client) => enabled.has(client),
      headerCharacters: config.headerValueCharacters ?? HEADER_VALUE_WHITELIST,
      clock,
      random: randomBytes,
      version,
      heartbeats,
      box,
      // Connections of their own: a check never gets in the way of a delivery.
      buses: new Map(
        config.clients.map(({ client, connection }) => [client, operatedBus(openBusQueue(connection, identity))]),
      ),
      checkMs: OPERATOR_MS,
      publishMs: OPERATOR_MS,
      newId: randomUUID,
    },
    delivery: ({ client, connection }) => {
      const queue = openBusQueue(connection, identity);
      return {
        webhookCache: cachedWebhooks,
        webhooks,
        deliveries,
        tokens,
        send,
        slots: inFlight,
        openRetryScheduler: busRetryScheduler(queue, { client, keys: box, clock }),
        messageKeys: box,
        settlement: busSettlement(queue),
        turns,
        clock,
        random: Math.random,
        newRun: randomUUID,
        userAgent,
        logFor: logOf,
        heartbeat: heartbeat(client, { heartbeats, clock }),
        sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      };
    },
  };
}

function afterMs(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => {
    clearTimeout(timer);
  };
}
