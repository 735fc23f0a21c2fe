/** What the code promises its callers, as data: the one place where the tests of docs/api.md ask the code. */
import { HttpRequest, InvocationContext } from "@azure/functions";
import type { HttpResponseInit } from "@azure/functions";
import { canaryRoute } from "../../functions/canary.ts";
import { credentialRoutes } from "../../functions/credentials.ts";
import { deliveryRoutes } from "../../functions/deliveries.ts";
import { aliveRoute, readyRoute } from "../../functions/health.ts";
import { problemOf } from "../../functions/http/problem.ts";
import type { Registration } from "../../functions/http/route.ts";
import { webhookRoutes } from "../../functions/webhooks.ts";
import { HEADER_VALUE_WHITELIST } from "../../shared/contract/header-rules.ts";
import type { AppError } from "../../shared/lib/errors.ts";
import { PROBLEMS } from "../../shared/contract/problem.ts";

/** A route as docs/api.md writes it: method, path, role (`none` without a token), names of query parameters. */
export type ContractRoute = [method: string, path: string, role: string, query: string];

/** Every method of every route, asked for by a caller without a role and then with the role that the refusal names. */
export async function contractRoutes(): Promise<ContractRoute[]> {
  const routes: ContractRoute[] = [];
  for (const registration of registrations()) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const refusal = await ask(registration, method, "no-role");
      if (refusal.status === 405) continue;
      const [, role = "none"] = /lacks the role (\S+)\.$/.exec(refusal.text) ?? [];
      const { text } = role === "none" ? { text: "" } : await ask(registration, method, role);
      const [, query = ""] = /; known here: (.+)\.$/.exec(text) ?? [];
      routes.push([method, shortPath(registration.route), role, query]);
    }
  }
  return routes;
}

function shortPath(route: string): string {
  return `/api/${route}`.replace("/api/clients/{client}/programs/{program}/environments/{environment}/", "…/");
}

/** Status and `detail` of the answer to a request with this role that names an unknown query parameter. */
async function ask({ route, handler }: Registration, method: string, role: string): Promise<Refusal> {
  const request = new HttpRequest({
    method,
    url: `http://localhost/api/${route}?unheard-of=1`,
    headers: { authorization: `Bearer ${role}` },
    params: { client: "acme", program: "canary", environment: "uat", id: "none" },
  });
  const answer = await handler(request, new InvocationContext({ invocationId: "asked", functionName: "asked" }));
  const body = parsed(answer);
  const detail = typeof body === "object" && body !== null && "detail" in body ? body.detail : "";
  return { status: answer.status ?? 200, text: String(detail) };
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

/** The real doors; refusals come before anything behind them is called. */
function registrations(): Registration[] {
  const notAsked = (): Promise<never> => Promise.reject(new Error("A refused request went on."));
  const clock = (): Date => new Date(0);
  const deps = {
    verifyToken: (role: string) => Promise.resolve({ subject: "s", roles: new Set([role]), clients: "*" as const }),
    logFor: () => () => undefined,
    corsOrigins: () => new Set<string>(),
    clock,
    now: clock,
    random: (bytes: number) => new Uint8Array(bytes),
    headerCharacters: HEADER_VALUE_WHITELIST,
    busEnabled: () => true,
  };
  const credentials = {
    create: notAsked,
    get: notAsked,
    list: notAsked,
    uses: notAsked,
    replace: notAsked,
    remove: notAsked,
  };
  const webhooks = { ...credentials, configurationVersion: notAsked, all: notAsked, setPaused: notAsked };
  const deliveries = { get: notAsked, attempts: notAsked, list: notAsked };
  const operations = {
    version: "0",
    heartbeats: { all: notAsked },
    box: { check: notAsked },
    buses: new Map(),
    checkMs: 1,
    publishMs: 1,
    newId: () => "",
  };
  return [
    aliveRoute("0", deps),
    readyRoute({ ...deps, ...operations }),
    ...webhookRoutes({ ...deps, webhooks, credentials }),
    ...credentialRoutes({ ...deps, credentials }),
    ...deliveryRoutes({ ...deps, deliveries }),
    canaryRoute({ ...deps, ...operations }),
  ];
}

/** The problem document that callers get for this error. */
export function problemDocument(error: AppError, requestId = ""): unknown {
  return parsed(problemOf(error, requestId, undefined));
}

function parsed({ body }: HttpResponseInit): unknown {
  return typeof body === "string" ? JSON.parse(body) : {};
}

/** `status code` of every problem. */
export function contractProblems(): string[] {
  return Object.entries(PROBLEMS).map(([code, [status]]) => `${String(status)} ${code}`);
}
