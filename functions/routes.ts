/** Every route of the API in one table: method, path, role, query, body, answers, problems, story. docs/api.md is compared with it. */
import { credentialAnswer, credentialPage, credentialRequest } from "../shared/contract/credential.ts";
import { deliveryAnswer, deliveryPage, deliveryQuery } from "../shared/contract/delivery.ts";
import { canaryAnswer, healthAnswer, readinessAnswer, readinessQuery } from "../shared/contract/operations.ts";
import { pageQuery } from "../shared/contract/page.ts";
import { webhookAnswer, webhookPage, webhookRequest } from "../shared/contract/webhook.ts";
import { publishCanary } from "../shared/management/canary.ts";
import {
  createCredential,
  listCredentials,
  readCredential,
  removeCredential,
  replaceCredential,
} from "../shared/management/credentials.ts";
import { listDeliveries, readDelivery } from "../shared/management/deliveries.ts";
import { checkReadiness, shownClients } from "../shared/management/readiness.ts";
import {
  createWebhook,
  listWebhooks,
  pauseWebhook,
  readWebhook,
  removeWebhook,
  replaceWebhook,
  resumeWebhook,
} from "../shared/management/webhooks.ts";
import { accepted, answer, created, done, ok, resource } from "./http/answers.ts";
import type { Route } from "./http/route.ts";
import { forOperators, open, scoped, scopedWithQuery } from "./http/route.ts";
import { version } from "./version.ts";

export const ROUTES: readonly Route[] = [
  // It depends on nothing, so that a probe costs no more than an answer.
  open("health", { answers: { 200: healthAnswer }, story: () => answer(200, { status: "alive", version }) }),
  forOperators("health/ready", {
    query: readinessQuery,
    answers: { 200: readinessAnswer, 503: readinessAnswer },
    problems: ["not-found"],
    story: async ({ caller, query }, deps) => {
      const readiness = await checkReadiness(deps, shownClients(caller, query.client, deps));
      return answer(readiness.status === "ready" ? 200 : 503, readiness);
    },
  }),

  scopedWithQuery("webhooks", {
    role: "Webhooks.Read",
    query: pageQuery,
    answers: { 200: webhookPage },
    story: ({ scope, query }, deps) => ok(listWebhooks(scope, query, deps)),
  }),
  scoped("POST", "webhooks", {
    role: "Webhooks.Write",
    body: webhookRequest,
    answers: { 201: webhookAnswer },
    problems: ["name-taken", "service-bus-not-enabled"],
    story: ({ scope, body }, deps) => created(createWebhook(scope, body, deps)),
  }),
  scoped("GET", "webhooks/{id}", {
    role: "Webhooks.Read",
    answers: { 200: webhookAnswer },
    story: ({ scope, id }, deps) => resource(readWebhook(scope, id, deps)),
  }),
  scoped("PUT", "webhooks/{id}", {
    role: "Webhooks.Write",
    ifMatch: true,
    body: webhookRequest,
    answers: { 200: webhookAnswer },
    problems: ["name-taken"],
    story: ({ scope, id, ifMatch, body }, deps) => resource(replaceWebhook(scope, id, ifMatch, body, deps)),
  }),
  scoped("DELETE", "webhooks/{id}", {
    role: "Webhooks.Write",
    ifMatch: true,
    answers: { 204: null },
    story: ({ scope, id, ifMatch }, deps) => done(removeWebhook(scope, id, ifMatch, deps)),
  }),
  scoped("POST", "webhooks/{id}/pause", {
    role: "Webhooks.Write",
    ifMatch: true,
    answers: { 200: webhookAnswer },
    story: ({ scope, id, ifMatch }, deps) => resource(pauseWebhook(scope, id, ifMatch, deps)),
  }),
  scoped("POST", "webhooks/{id}/resume", {
    role: "Webhooks.Write",
    ifMatch: true,
    answers: { 200: webhookAnswer },
    story: ({ scope, id, ifMatch }, deps) => resource(resumeWebhook(scope, id, ifMatch, deps)),
  }),

  scopedWithQuery("credentials", {
    role: "Webhooks.Read",
    query: pageQuery,
    answers: { 200: credentialPage },
    story: ({ scope, query }, deps) => ok(listCredentials(scope, query, deps)),
  }),
  scoped("POST", "credentials", {
    role: "Webhooks.Write",
    body: credentialRequest,
    answers: { 201: credentialAnswer },
    problems: ["name-taken"],
    story: ({ scope, body }, deps) => created(createCredential(scope, body, deps)),
  }),
  scoped("GET", "credentials/{id}", {
    role: "Webhooks.Read",
    answers: { 200: credentialAnswer },
    story: ({ scope, id }, deps) => resource(readCredential(scope, id, deps)),
  }),
  scoped("PUT", "credentials/{id}", {
    role: "Webhooks.Write",
    ifMatch: true,
    body: credentialRequest,
    answers: { 200: credentialAnswer },
    problems: ["name-taken"],
    story: ({ scope, id, ifMatch, body }, deps) => resource(replaceCredential(scope, id, ifMatch, body, deps)),
  }),
  scoped("DELETE", "credentials/{id}", {
    role: "Webhooks.Write",
    ifMatch: true,
    answers: { 204: null },
    problems: ["credential-in-use"],
    story: ({ scope, id, ifMatch }, deps) => done(removeCredential(scope, id, ifMatch, deps)),
  }),

  scopedWithQuery("deliveries", {
    role: "Webhooks.Read",
    query: deliveryQuery,
    answers: { 200: deliveryPage },
    story: ({ scope, query }, deps) => ok(listDeliveries(scope, query, deps)),
  }),
  scoped("GET", "deliveries/{id}", {
    role: "Webhooks.Read",
    answers: { 200: deliveryAnswer },
    story: ({ scope, id }, deps) => resource(readDelivery(scope, id, deps)),
  }),

  scoped("POST", "canaries", {
    role: "Webhooks.Operate",
    answers: { 202: canaryAnswer },
    problems: ["service-bus-not-enabled"],
    story: ({ scope }, deps) => accepted(publishCanary(scope, deps)),
  }),
];
