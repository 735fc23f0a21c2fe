/** The calls of the HTTP API that the demo makes, as any other client would make them. */
import * as z from "zod";
import { SCOPES } from "./scenario.ts";
import type { ClientName } from "./scenario.ts";

const attemptSchema = z.object({
  number: z.number(),
  durationMs: z.number(),
  outcome: z.string(),
  fault: z.object({ kind: z.string(), message: z.string() }).nullish(),
  request: z.object({ method: z.string(), url: z.string(), body: z.string() }).nullish(),
  response: z.object({ status: z.number() }).nullish(),
});
const deliverySchema = z.object({
  id: z.string(),
  webhookId: z.string(),
  eventId: z.string(),
  eventType: z.string(),
  state: z.string(),
  attempts: z.array(attemptSchema),
});
const listSchema = z.object({ items: z.array(z.object({ id: z.string() })) });

/** A delivery as the API shows it, and the raw answer, to search for secrets. */
export interface ShownDelivery extends z.output<typeof deliverySchema> {
  readonly text: string;
}

export interface Api {
  /** Creates a webhook or credential and returns its id. */
  readonly create: (client: ClientName, kind: "webhooks" | "credentials", body: unknown) => Promise<string>;
  /** Undefined while there is none. */
  readonly delivery: (client: ClientName, id: string) => Promise<ShownDelivery | undefined>;
  /** Ids of all deliveries of one webhook. */
  readonly deliveryIds: (client: ClientName, webhookId: string) => Promise<string[]>;
}

/** @param base for example `http://localhost:7071`. Calls throw, with the problem document, when the API refuses. */
export function api(base: string, token: string): Api {
  const call = async (
    method: string,
    client: ClientName,
    path: string,
    body?: unknown,
  ): Promise<string | undefined> => {
    const scope = SCOPES[client];
    const url = `${base}/api/clients/${scope.client}/programs/${scope.program}/environments/${scope.environment}/${path}`;
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.status === 404 && method === "GET") return undefined;
    if (!response.ok) throw new Error(`${method} ${url} answered ${String(response.status)}: ${text}`);
    return text;
  };
  return {
    create: async (client, kind, body) =>
      z.object({ id: z.string() }).parse(JSON.parse((await call("POST", client, kind, body)) ?? "")).id,
    delivery: async (client, id) => {
      const text = await call("GET", client, `deliveries/${id}`);
      return text === undefined ? undefined : { ...deliverySchema.parse(JSON.parse(text)), text };
    },
    deliveryIds: async (client, webhookId) => {
      const text = await call("GET", client, `deliveries?webhookId=${webhookId}&limit=100`);
      return text === undefined ? [] : listSchema.parse(JSON.parse(text)).items.map(({ id }) => id);
    },
  };
}
