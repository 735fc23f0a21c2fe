import type { Webhook } from "../shared/core/configuration/webhook.ts";
import type { WebhookDeps } from "../shared/management/webhooks.ts";
import {
  createWebhook,
  listWebhooks,
  pauseWebhook,
  readWebhook,
  removeWebhook,
  replaceWebhook,
  resumeWebhook,
} from "../shared/management/webhooks.ts";
import type { Answer } from "./http/answer.ts";
import { PAGE_QUERY, pageRequest } from "./http/page.ts";
import { pairAnswer } from "./http/pair-answer.ts";
import type { Registration, RouteDeps } from "./http/route.ts";
import { resource } from "./http/route.ts";

/** The doors of webhooks: list, create, read, replace, delete, pause, resume. */
export function webhookRoutes(deps: RouteDeps & WebhookDeps): Registration[] {
  const webhooks = resource(
    "webhooks",
    {
      GET: {
        role: "Webhooks.Read",
        query: PAGE_QUERY,
        run: async ({ scope, query }) => {
          const { items, next } = await listWebhooks(scope, pageRequest(query), deps);
          return { status: 200, body: { items: items.map(webhookAnswer), next } };
        },
      },
      POST: {
        role: "Webhooks.Write",
        body: true,
        run: async ({ scope, body }) => {
          const webhook = await createWebhook(scope, body, deps);
          return { ...answer(webhook), status: 201, createdId: webhook.id };
        },
      },
    },
    deps,
  );

  const webhook = resource(
    "webhooks/{id}",
    {
      GET: {
        role: "Webhooks.Read",
        run: async ({ scope, id }) => answer(await readWebhook(scope, id, deps)),
      },
      PUT: {
        role: "Webhooks.Write",
        body: true,
        ifMatch: true,
        run: async ({ scope, id, ifMatch, body }) => answer(await replaceWebhook(scope, id, ifMatch, body, deps)),
      },
      DELETE: {
        role: "Webhooks.Write",
        ifMatch: true,
        run: async ({ scope, id, ifMatch }) => {
          await removeWebhook(scope, id, ifMatch, deps);
          return { status: 204 };
        },
      },
    },
    deps,
  );

  const pause = resource(
    "webhooks/{id}/pause",
    {
      POST: {
        role: "Webhooks.Write",
        ifMatch: true,
        run: async ({ scope, id, ifMatch }) => answer(await pauseWebhook(scope, id, ifMatch, deps)),
      },
    },
    deps,
  );

  const resume = resource(
    "webhooks/{id}/resume",
    {
      POST: {
        role: "Webhooks.Write",
        ifMatch: true,
        run: async ({ scope, id, ifMatch }) => answer(await resumeWebhook(scope, id, ifMatch, deps)),
      },
    },
    deps,
  );

  return [webhooks, webhook, pause, resume];
}

function answer(webhook: Webhook): Answer {
  return { status: 200, body: webhookAnswer(webhook), version: webhook.version };
}

/** A webhook as callers see it: `pausedReason` only while it is paused, and no secret. */
function webhookAnswer(webhook: Webhook): Record<string, unknown> {
  return {
    id: webhook.id,
    name: webhook.name,
    description: webhook.description,
    eventGroup: webhook.eventGroup,
    eventTypes: webhook.eventTypes,
    method: webhook.method,
    url: webhook.url,
    credentialId: webhook.credentialId,
    headers: webhook.headers.map(pairAnswer),
    body: webhook.body,
    attributes: webhook.attributes,
    retryPolicy: webhook.retryPolicy,
    timeoutSeconds: webhook.timeoutSeconds,
    success: webhook.success,
    enabled: webhook.enabled,
    ...(webhook.pausedReason === null ? {} : { pausedReason: webhook.pausedReason }),
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
  };
}
