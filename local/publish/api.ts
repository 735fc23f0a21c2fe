/** The calls of the HTTP API that `npm run publish` makes, for one scope. */
import * as z from "zod";
import { EVENT_TYPES } from "../../shared/contract/event-types.ts";
import { DELIVERY_STATES } from "../../shared/contract/delivery.ts";
import type { Scope } from "../../shared/core/scope.ts";

const webhookSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  enabled: z.boolean(),
  eventTypes: z.array(z.enum(EVENT_TYPES)),
});
const pageSchema = z.object({ items: z.array(webhookSchema), next: z.string().nullable() });
const faultSchema = z.object({ kind: z.string(), message: z.string() });
const attemptSchema = z.object({
  number: z.number(),
  durationMs: z.number(),
  fault: faultSchema.nullish(),
  request: z.object({ url: z.string() }).nullish(),
  response: z.object({ status: z.number() }).nullish(),
});
const deliverySchema = z.object({
  state: z.enum(DELIVERY_STATES),
  nextAttemptAt: z.string().nullish(),
  reason: faultSchema.nullish(),
  attempts: z.array(attemptSchema),
});
const problemSchema = z.object({ detail: z.string(), code: z.string() });

export type ShownWebhook = z.infer<typeof webhookSchema>;
export type ShownDelivery = z.infer<typeof deliverySchema>;

/** An error answer of the API; the message includes its detail. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(what: string, status: number, problem: { readonly detail: string; readonly code: string }) {
    super(`${what} answered ${String(status)}: ${problem.detail}`);
    this.status = status;
    this.code = problem.code;
  }
}

/** Every call throws ApiRefusal when the API refuses, and what `fetch` throws when nothing answers. */
export interface ScopeApi {
  /** All of them, newest first. */
  readonly webhooks: () => Promise<readonly ShownWebhook[]>;
  readonly createWebhook: (webhook: object) => Promise<ShownWebhook>;
  /** Whatever its current version. */
  readonly replaceWebhook: (id: string, webhook: object) => Promise<ShownWebhook>;
  /** Undefined while there is none. */
  readonly delivery: (id: string) => Promise<ShownDelivery | undefined>;
}

/** Time limit of a call. */
const CALL_TIMEOUT_MS = 10_000;

/** @param base for example `http://localhost:7071`. */
export function scopeApi(base: string, { client, program, environment }: Scope, token: string): ScopeApi {
  const root = `${base}/api/clients/${client}/programs/${program}/environments/${environment}`;
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${root}/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", "if-match": "*" },
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw new ApiRefusal(`${method} ${root}/${path}`, response.status, problemOf(text));
  };
  return {
    webhooks: async () => {
      const all: ShownWebhook[] = [];
      let cursor: string | null = null;
      do {
        const from: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
        const { items, next } = pageSchema.parse(await call("GET", `webhooks?limit=100${from}`));
        all.push(...items);
        cursor = next;
      } while (cursor !== null);
      return all;
    },
    createWebhook: async (webhook) => webhookSchema.parse(await call("POST", "webhooks", webhook)),
    replaceWebhook: async (id, webhook) => webhookSchema.parse(await call("PUT", `webhooks/${id}`, webhook)),
    delivery: async (id) => {
      try {
        return deliverySchema.parse(await call("GET", `deliveries/${id}`));
      } catch (thrown) {
        if (thrown instanceof ApiRefusal && thrown.status === 404) return undefined;
        throw thrown;
      }
    },
  };
}

function problemOf(text: string): z.infer<typeof problemSchema> {
  try {
    return problemSchema.parse(JSON.parse(text));
  } catch {
    return { detail: "the answer is not from KLS Webhooks", code: "" };
  }
}
