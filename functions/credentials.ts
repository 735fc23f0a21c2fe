import type { CountedCredential, CredentialDeps } from "../shared/management/credentials.ts";
import {
  createCredential,
  listCredentials,
  readCredential,
  removeCredential,
  replaceCredential,
} from "../shared/management/credentials.ts";
import type { Answer } from "./http/answer.ts";
import { PAGE_QUERY, pageRequest } from "./http/page.ts";
import { pairAnswer } from "./http/pair-answer.ts";
import type { Registration, RouteDeps } from "./http/route.ts";
import { resource } from "./http/route.ts";

/** The doors of credentials: list, create, read, replace, delete. */
export function credentialRoutes(deps: RouteDeps & CredentialDeps): Registration[] {
  const credentials = resource(
    "credentials",
    {
      GET: {
        role: "Webhooks.Read",
        query: PAGE_QUERY,
        run: async ({ scope, query }) => {
          const { items, next } = await listCredentials(scope, pageRequest(query), deps);
          return { status: 200, body: { items: items.map(credentialAnswer), next } };
        },
      },
      POST: {
        role: "Webhooks.Write",
        body: true,
        run: async ({ scope, body }) => {
          const created = await createCredential(scope, body, deps);
          return { ...answer(created), status: 201, createdId: created.credential.id };
        },
      },
    },
    deps,
  );

  const credential = resource(
    "credentials/{id}",
    {
      GET: {
        role: "Webhooks.Read",
        run: async ({ scope, id }) => answer(await readCredential(scope, id, deps)),
      },
      PUT: {
        role: "Webhooks.Write",
        body: true,
        ifMatch: true,
        run: async ({ scope, id, ifMatch, body }) => answer(await replaceCredential(scope, id, ifMatch, body, deps)),
      },
      DELETE: {
        role: "Webhooks.Write",
        ifMatch: true,
        run: async ({ scope, id, ifMatch }) => {
          await removeCredential(scope, id, ifMatch, deps);
          return { status: 204 };
        },
      },
    },
    deps,
  );

  return [credentials, credential];
}

function answer(counted: CountedCredential): Answer {
  return { status: 200, body: credentialAnswer(counted), version: counted.credential.version };
}

/** A credential as callers see it, without its secrets (rule C5). */
function credentialAnswer({ credential, webhookCount }: CountedCredential): Record<string, unknown> {
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
    createdAt: credential.createdAt,
    updatedAt: credential.updatedAt,
  };
}
