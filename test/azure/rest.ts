import * as z from "zod";
import { busSetting } from "../../shared/core/scope.ts";
import { answerApi } from "./app-api.ts";
import { AzError, type Call } from "./call.ts";
import { type Json, parseJson } from "./json.ts";
import { type State, namespacesOf } from "./state.ts";

/** A running app that receives calls of the API instead of the stand-in, and a token for it. */
export interface Forward {
  readonly baseUrl: string;
  readonly token: string;
}

export interface RestOptions {
  /** Roles in the caller's token; undefined for a token that the app does not take. */
  readonly roles: readonly string[] | undefined;
  readonly forward?: Forward;
  /** Whether the login yields no new tokens, only those already fetched. */
  readonly expired?: boolean;
}

/** `az rest`: Azure Resource Manager, Microsoft Graph, or the app's own API, by the host of the URL. */
export async function rest(call: Call, state: State, options: RestOptions): Promise<Json | undefined> {
  const text = call.one("--url");
  const url = new URL(text.includes("://") ? text : `https://management.azure.com${text}`);
  const method = call.maybe("--method") ?? "get";
  const body = call.maybe("--body");
  const platform = askPlatform(call, state, method, url, body);
  if (platform) return platform.answer;
  const app = Object.keys(state.settings).find((name) => url.hostname === `${name}.azurewebsites.net`);
  if (app === undefined)
    throw new AzError(`HTTPSConnectionPool(host='${url.hostname}', port=443): Max retries exceeded`);
  const headers = headersOf(call);
  const withToken = !call.has("--skip-authorization-header");
  if (withToken) fetchToken(call.maybe("--resource") ?? "none", state.settings[app]?.["AUTH_AUDIENCE"], state, options);
  if (options.forward)
    return await forwarded(options.forward, {
      method,
      url,
      headers,
      ...(body === undefined ? {} : { body }),
      withToken,
    });
  return answerApi(state, {
    app,
    method,
    path: url.pathname,
    query: url.searchParams,
    body: body === undefined ? null : parseJson(body),
    headers,
    roles: withToken ? options.roles : undefined,
  });
}

/** What Azure itself answers, by the host of the URL; nothing for an app's own address. */
function askPlatform(
  call: Call,
  state: State,
  method: string,
  url: URL,
  body: string | undefined,
): { answer: Json | undefined } | undefined {
  const site = /^(.+)\.scm\.azurewebsites\.net$/.exec(url.hostname)?.[1];
  if (site !== undefined && method === "get" && url.pathname === "/api/deployments/latest") {
    if (call.one("--resource") !== "https://management.azure.com") throw new AzError("Unauthorized(InvalidAudience)");
    return { answer: { id: state.packages[site] ?? null, status_text: "" } };
  }
  if (url.hostname === "graph.microsoft.com") return { answer: graph(state, method, url, body) };
  if (url.hostname === "management.azure.com") syncTriggers(state, method, url);
  else if (url.hostname.endsWith(".servicebus.windows.net")) {
    if (call.one("--resource") !== "https://servicebus.azure.net") throw new AzError("Unauthorized(InvalidAudience)");
    schedule(state, method, url, headersOf(call), body ?? "");
  } else return undefined;
  return { answer: undefined };
}

function headersOf(call: Call): Record<string, string> {
  return Object.fromEntries(
    call.many("--headers").map((pair) => [pair.replace(/=.*/s, ""), pair.replace(/^[^=]*=/, "")]),
  );
}

/** A message that an authorized sender schedules in a queue. */
function schedule(
  state: State,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const namespace = namespacesOf(state).find(({ name }) => url.hostname === `${name}.servicebus.windows.net`);
  const messages = state.messages[namespace?.id ?? ""];
  if (method !== "post" || url.pathname !== "/deliveries/messages" || !namespace || !messages)
    throw new AzError(`Not Found(${url.pathname})`);
  const queue = `${namespace.id}/queues/deliveries/providers/Microsoft.Authorization/roleAssignments/`;
  if (!Object.keys(state.resources).some((id) => id.startsWith(`${queue}Azure Service Bus Data Sender-`)))
    throw new AzError("Unauthorized('Send' claim(s) are required to perform this operation.)");
  const { ScheduledEnqueueTimeUtc: due = "" } = z
    .record(z.string(), z.string())
    .parse(JSON.parse(headers["BrokerProperties"] ?? "{}"));
  // RFC 1123, as the service writes dates itself.
  if (new Date(due).toUTCString() !== due) throw new AzError(`Bad Request(${due} is not a date)`);
  messages.deliveries.scheduledMessageCount += 1;
  state.scheduled.push(body);
}

/** @throws AzError when Entra ID issues no token for this audience */
function fetchToken(audience: string, known: string | undefined, state: State, { expired }: RestOptions): void {
  if (audience !== known)
    throw new AzError(`AADSTS500011: The resource principal named ${audience} was not found in the tenant.`);
  if (expired === true && !state.tokens.includes(audience))
    throw new AzError("AADSTS700024: Client assertion is not within its valid time range.");
}

function syncTriggers(state: State, method: string, url: URL): void {
  const site =
    /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/Microsoft\.Web\/sites\/([^/]+)\/syncfunctiontriggers$/;
  const [, app = ""] = site.exec(url.pathname) ?? [];
  const settings = state.settings[app];
  if (method !== "post" || !settings || !/^\d{4}-\d\d-\d\d$/.test(url.searchParams.get("api-version") ?? ""))
    throw new AzError(`Not Found({"error":{"code":"ResourceNotFound","message":"${url.pathname}"}})`);
  const waits = state.restarting[app] ?? 0;
  if (waits > 1) {
    state.restarting[app] = waits - 1;
    const message = "Encountered an error (ServiceUnavailable) from host runtime.";
    throw new AzError(`Bad Request({"Code":"BadRequest","Message":"${message}","Target":null,"Details":[]})`);
  }
  readTriggers(state, app);
}

/** The platform reads an app's triggers: those that the code registers, one for each bus that the settings name. Without code there are none. */
export function readTriggers(state: State, app: string): void {
  const names = Object.keys(state.settings[app] ?? {});
  const buses = names.flatMap((name) => /^(SB_\w+)__fullyQualifiedNamespace$/.exec(name)?.[1] ?? []);
  state.functions[app] = state.packages[app] === undefined ? [] : buses.map(functionOf).sort();
}

function functionOf(setting: string): string {
  const client = setting.slice(3).toLowerCase().replaceAll("_", "-");
  if (busSetting(client) !== setting) throw new Error(`No client has the setting ${setting}.`);
  return `deliver-${client}`;
}

function graph(state: State, method: string, url: URL, body: string | undefined): Json | undefined {
  const application = state.applications.find(({ id }) => url.pathname === `/v1.0/applications/${id}`);
  if (method === "patch" && application && body !== undefined) {
    application.patches.push(parseJson(body));
    return undefined;
  }
  if (
    method === "post" &&
    /^\/v1\.0\/servicePrincipals\/[0-9a-f-]{36}\/appRoleAssignedTo$/.test(url.pathname) &&
    body !== undefined
  )
    return parseJson(body);
  throw new AzError(`Not Found({"error":{"code":"Request_ResourceNotFound","message":"${url.pathname}"}})`);
}

interface Forwarded {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly withToken: boolean;
}

async function forwarded(
  { baseUrl, token }: Forward,
  { method, url, headers, body, withToken }: Forwarded,
): Promise<Json | undefined> {
  const response = await fetch(new URL(url.pathname + url.search, baseUrl), {
    method: method.toUpperCase(),
    headers: {
      ...headers,
      ...(withToken ? { authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (!response.ok) throw new AzError(`${response.statusText}(${text})`);
  return text === "" ? undefined : parseJson(text);
}
