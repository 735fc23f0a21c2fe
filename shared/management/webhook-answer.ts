import type { WebhookAnswer } from "../contract/webhook.ts";
import type { Webhook } from "../core/configuration/webhook.ts";
import { pairAnswer } from "./pair-answer.ts";
import type { Resource } from "./resource.ts";

/** A webhook as callers see it, field by field: what is stored may grow, the contract does not grow by accident. */
export function webhookAnswer(webhook: Webhook): WebhookAnswer {
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
    createdAt: webhook.createdAt.toISOString(),
    updatedAt: webhook.updatedAt.toISOString(),
  };
}

export function webhookResource(webhook: Webhook): Resource<WebhookAnswer> {
  return { body: webhookAnswer(webhook), version: webhook.version };
}
