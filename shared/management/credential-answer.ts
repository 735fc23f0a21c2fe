import type { CredentialAnswer } from "../contract/credential.ts";
import type { Credential } from "../core/configuration/credential.ts";
import { pairAnswer } from "./pair-answer.ts";

/** A credential as callers see it, without its secrets (rule C5). */
export function credentialAnswer(credential: Credential, webhookCount: number): CredentialAnswer {
  return {
    id: credential.id,
    name: credential.name,
    description: credential.description,
    method: credential.method,
    url: credential.url,
    contentType: credential.contentType,
    headers: credential.headers.map(pairAnswer),
    body: credential.body.map(pairAnswer),
    token: credential.token,
    placement: credential.placement,
    webhookCount,
    createdAt: credential.createdAt.toISOString(),
    updatedAt: credential.updatedAt.toISOString(),
  };
}
