import { buildApp } from "../../functions/container.ts";
import type { App } from "../../functions/container.ts";
import { logOf } from "../../functions/log.ts";
import type { Scope } from "../../shared/core/scope.ts";
import { deliverMessage } from "../../shared/delivery/deliver-message.ts";
import type { MessageDeps } from "../../shared/delivery/deps.ts";
import { createCredential } from "../../shared/management/credentials.ts";
import { readConfig } from "../../shared/platform/config.ts";
import type { Plan } from "./plan.ts";

/** The client whose bus the settings name. */
const CLIENT = "acme";

/** The app as the container builds it, without a bus. */
export interface Product {
  readonly api: App["api"];
  readonly scope: (program: string) => Scope;
  /** Handles a message as the bus delivers it; resolves when it could be completed. @throws when it would be abandoned or dead-lettered */
  readonly deliver: (body: Buffer) => Promise<void>;
  /** Retry messages so far: on a machine that stalls, a delivery may find no free slot. */
  readonly putOff: () => number;
}

/** @param instead replaces what the container built */
export function openProduct({ sinkPort, tables, keyFile }: Plan, instead: Partial<MessageDeps> = {}): Product {
  const config = readConfig({
    TABLES_CONNECTION: tables,
    SECRETS_KEY_FILE: keyFile,
    OUTBOUND_ALLOW: `localhost:${String(sinkPort)}`,
    AUTH_ISSUER: "https://issuer.example",
    AUTH_AUDIENCE: "api://bench",
    AUTH_JWKS_URL: "https://issuer.example/keys",
    SB_ACME: "Endpoint=sb://localhost;SharedAccessKeyName=none;SharedAccessKey=none",
  });
  const [bus] = config.clients;
  if (!bus) throw new Error(config.clientFaults.join("\n"));
  const app = buildApp(config);
  let putOff = 0;
  let trouble: string | undefined;
  const told = (line: string): void => {
    // Counted below, when its retry message is scheduled.
    if (!line.includes("delivery.deferred")) trouble ??= line;
  };
  const deps: MessageDeps = {
    ...app.delivery(bus),
    log: logOf({ debug: nothing, info: nothing, warn: told, error: told }),
    settlement: { deadLetter: (_lock, _reason, description) => Promise.reject(new Error(description)) },
    openRetryScheduler: () =>
      Promise.resolve({
        schedule: () => {
          putOff += 1;
          return Promise.resolve("scheduled");
        },
      }),
    ...instead,
  };
  return {
    api: app.api,
    scope: (program) => ({ client: CLIENT, program, environment: "uat" }),
    deliver: async (body) => {
      await deliverMessage({ client: CLIENT, body, enqueuedAt: new Date(), lockToken: "none", deliveryCount: 1 }, deps);
      if (trouble !== undefined) throw new Error(`A delivery did not go as it should: ${trouble}`);
    },
    putOff: () => putOff,
  };
}

/** Creates a credential whose tokens come from the sink. @returns its id */
export async function benchCredential({ sinkPort }: Plan, scope: Scope, { api }: Product): Promise<string> {
  const input = {
    name: "Bench",
    url: `https://localhost:${String(sinkPort)}/token`,
    body: [
      { key: "grant_type", value: "client_credentials" },
      { key: "client_id", value: "bench" },
      { key: "client_secret", value: "s3cret-of-the-client", secret: true },
    ],
  };
  const { body } = await createCredential(scope, input, api);
  return body.id;
}

function nothing(): void {
  // Log lines are written as on Azure; what the host does with them is not measured.
}
