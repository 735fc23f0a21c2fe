import { busSetting, isScopeId } from "../../shared/core/scope.ts";
import { AzError } from "./call.ts";
import { type Json, fieldOf, parseJson, textOf } from "./json.ts";
import { type State, namespacesOf } from "./state.ts";

/** One request that `az rest` sends to the app. */
export interface ApiRequest {
  readonly app: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  /** Roles in the caller's token; none without a token. */
  readonly roles: readonly string[] | undefined;
}

/** What the CLI adds after a 401 that has a challenge, on lines of its own. */
const AFTER_401 = "\nInteractive authentication is needed. Please run:\naz logout\naz login";

/** An answer as `az rest` ends on it: its reason and its body, in one line. */
function refuse(reason: string, code: string, detail: string): AzError {
  const line = `${reason}(${JSON.stringify({ type: "about:blank", title: reason, code, detail })})`;
  return new AzError(reason === "Unauthorized" ? line + AFTER_401 : line);
}

const notFound = (): AzError => refuse("Not Found", "not-found", "Not found, or you have no access.");

/** The app's own API, as far as onboarding uses it and as api.md has it. @throws AzError for every answer but 2xx */
export function answerApi(state: State, request: ApiRequest): Json {
  const { app, method, path } = request;
  if (state.packages[app] === undefined) throw new AzError("Not Found()");
  if (path === "/api/health" && method === "get") return { status: "alive", version: "0.1.0" };
  if (!request.roles) throw refuse("Unauthorized", "unauthenticated", "There is no token.");
  if (path === "/api/health/ready" && method === "get") return ready(state, request);
  return answerScope(state, request);
}

/** The routes of one client's canary scope. */
function answerScope(state: State, request: ApiRequest): Json {
  const { method, path } = request;
  const match = /^\/api\/clients\/([^/]+)\/programs\/canary\/environments\/canary\/(.+)$/.exec(path);
  const [, client = "", rest = ""] = match ?? [];
  if (!isScopeId(client) || !mayTouch(request, client)) throw notFound();
  if (rest === "canaries" && method === "post") return publish(state, request, client);
  if (rest === "webhooks") return webhooks(state, request, client);
  if (rest.startsWith("webhooks/") && method === "put") return replace(state, request, client, rest.slice(9));
  if (rest.startsWith("deliveries") && method === "get") return deliveries(state, request, client, rest.slice(11));
  throw notFound();
}

function needs(request: ApiRequest, role: string): void {
  if (!request.roles?.includes(role)) throw refuse("Forbidden", "forbidden", `The token lacks the role ${role}.`);
}

/** A client is a role of its own, and `*` is every client. */
function mayTouch({ roles = [] }: ApiRequest, client: string): boolean {
  return roles.includes("*") || roles.includes(client);
}

/** Whether the app delivers this client's events: its settings name the bus, its function is known, the bus is there with its rights. */
function serves(state: State, app: string, client: string): boolean {
  const settings = state.settings[app] ?? {};
  const host = settings[`${busSetting(client)}__fullyQualifiedNamespace`] ?? "";
  const namespace = namespacesOf(state).find(({ name }) => host === `${name}.servicebus.windows.net`);
  const rights = (entity: string): number =>
    Object.values(state.resources).filter(
      ({ id, properties }) =>
        id.startsWith(`${namespace?.id ?? "none"}/${entity}/providers/Microsoft.Authorization/roleAssignments/`) &&
        String(properties["principalId"]).includes("userAssignedIdentities/id-webhooks-"),
    ).length;
  return (
    (state.functions[app]?.includes(`deliver-${client}`) ?? false) &&
    namespace !== undefined &&
    rights("queues/deliveries") === 2 &&
    rights("topics/events") === 1
  );
}

function ready(state: State, request: ApiRequest): Json {
  needs(request, "Webhooks.Operate");
  const { app } = request;
  const asked = request.query.get("client");
  const known = (state.functions[app] ?? []).map((name) => name.replace(/^deliver-/, ""));
  const clients = asked === null ? known.filter((client) => mayTouch(request, client)) : [asked];
  const hasBus = (client: string) =>
    state.settings[app]?.[`${busSetting(client)}__fullyQualifiedNamespace`] !== undefined;
  if (asked !== null && !(hasBus(asked) && mayTouch(request, asked))) throw notFound();
  const waits = state.restarting[app] ?? 0;
  state.restarting[app] = Math.max(0, waits - 1);
  const failing = clients.filter((client) => !serves(state, app, client));
  if (waits > 0 || failing.length > 0) throw new AzError(`Service Unavailable(${notReady(failing)})`);
  return { status: "ready", version: "0.1.0", clients };
}

/** The app passes on Azure's answer: its own rights are missing for some minutes after they were assigned. */
function notReady(failing: readonly string[]): string {
  const checks = [
    { name: "tables", ok: false, ms: 4, reason: "Unauthorized: AuthorizationPermissionMismatch" },
    { name: "key", ok: false, ms: 3, reason: "The app could not wrap a data key: 403 Forbidden" },
  ];
  const reason =
    "Receiving from deliveries: Unauthorized access. 'Listen' claim(s) are required to perform this operation.";
  const clients = failing.map((client) => ({ client, bus: { ok: false, ms: 2, reason } }));
  return JSON.stringify({ status: "not-ready", checks, clients });
}

function webhooks(state: State, request: ApiRequest, client: string): Json {
  const known = (state.webhooks[client] ??= []);
  if (request.method === "get") {
    needs(request, "Webhooks.Read");
    return { items: known.map((one) => ({ ...one })), next: null };
  }
  needs(request, "Webhooks.Write");
  const { name, url } = checked(request.body);
  if (known.some((one) => one.name === name)) throw refuse("Conflict", "name-taken", "There is one of this name.");
  const webhook = { id: `wh_${client}${String(known.length + 1)}`, name, url };
  known.push(webhook);
  return { ...webhook };
}

function replace(state: State, request: ApiRequest, client: string, id: string): Json {
  needs(request, "Webhooks.Write");
  if (request.headers["If-Match"] === undefined)
    throw refuse("Precondition Required", "if-match-required", "If-Match is missing.");
  const webhook = state.webhooks[client]?.find((one) => one.id === id);
  if (!webhook) throw notFound();
  Object.assign(webhook, checked(request.body));
  return { ...webhook };
}

/** What the app would take: the fields that it needs, and a body that is JSON. */
function checked(body: Json): { name: string; url: string } {
  const [name, url] = [textOf(body, "name"), textOf(body, "url")];
  parseJson(textOf(body, "body"));
  const types = fieldOf(body, "eventTypes");
  if (name === "" || !url.startsWith("https:") || JSON.stringify(types) !== '["reward.issued"]')
    throw refuse("Unprocessable Entity", "invalid", "name, url or eventTypes are wrong.");
  return { name, url };
}

function publish(state: State, request: ApiRequest, client: string): Json {
  needs(request, "Webhooks.Operate");
  if (!serves(state, request.app, client)) throw refuse("Conflict", "service-bus-not-enabled", `${client} has no bus.`);
  if (state.closed.some((id) => id.includes(`/sbns-${client}-`))) throw new AzError("Internal Server Error()");
  const sent = (state.canaries[client] ??= []);
  const eventId = `canary-${client}-${String(sent.length + 1)}`;
  sent.push({ eventId, asked: 0 });
  return { eventId, publishedAt: "2026-11-24T10:00:00.000Z" };
}

/** Records of a canary: none at the first question, then one of each webhook; what answers /api/health refuses a POST. */
function deliveries(state: State, request: ApiRequest, client: string, id: string): Json {
  needs(request, "Webhooks.Read");
  const eventId = request.query.get("eventId") ?? "";
  const canary = state.canaries[client]?.find((one) => one.eventId === eventId);
  if (canary) canary.asked += 1;
  const all = (state.webhooks[client] ?? []).map((webhook) => recordOf(webhook, eventId));
  if (id === "") return { items: canary && canary.asked > 1 ? all : [], next: null };
  const found = all.find((one) => textOf(one, "id") === id);
  if (!found) throw notFound();
  return found;
}

/** The webhook's URL determines what its receiver answers: `https://receiver.example/503`. */
function recordOf(webhook: { id: string; url: string }, eventId: string): Json {
  const status = webhook.url.endsWith("/api/health") ? 405 : Number(/\/(\d{3})$/.exec(webhook.url)?.[1] ?? 200);
  const reason = { kind: "status", message: `The receiver answered ${String(status)}.` };
  return {
    id: `dl_${webhook.id}`,
    webhookId: webhook.id,
    eventId,
    state: status < 300 ? "delivered" : status >= 500 ? "retrying" : "failed",
    ...(status < 300 ? {} : { reason }),
    attempts: [{ number: 1, response: { status } }],
  };
}
