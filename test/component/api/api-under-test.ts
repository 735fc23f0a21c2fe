import { HttpRequest, InvocationContext } from "@azure/functions";
import type { HttpResponseInit } from "@azure/functions";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRegistrations, registrations } from "../../../functions/http/resource.ts";
import type { Registration } from "../../../functions/http/respond.ts";
import { logOf } from "../../../functions/log.ts";
import { ROUTES } from "../../../functions/routes.ts";
import { inHostOrder } from "../../../local/host/http/function-order.ts";
import { matchRoute, parseRoute } from "../../../local/host/http/route.ts";
import { startIssuer } from "../../../local/identity/issuer.ts";
import type { Issuer } from "../../../local/identity/issuer.ts";
import { startTables } from "../../../local/tables/start.ts";
import { HEADER_VALUE_WHITELIST } from "../../../shared/contract/header-rules.ts";
import type { Heartbeats } from "../../../shared/core/ports/operations.ts";
import type { SecretBox } from "../../../shared/core/ports/secrets.ts";
import type { CanaryDeps } from "../../../shared/management/canary.ts";
import type { ReadinessDeps } from "../../../shared/management/readiness.ts";
import { tokenVerifier } from "../../../shared/platform/verify-token.ts";
import { keyFileBox } from "../../../shared/secrets/key-file-box.ts";
import { tableCredentialStore } from "../../../shared/tables/configuration/credential-store.ts";
import { openTestStore } from "../../support/delivery-store.ts";
import { tableHeartbeats } from "../../../shared/tables/heartbeats.ts";
import { tableOpener } from "../../../shared/tables/open-tables.ts";
import type { Tables } from "../../../shared/tables/open-tables.ts";
import { openTables } from "../../../shared/tables/open-tables.ts";
import { pointReads } from "../../../shared/tables/transactions/point-read.ts";
import type { ReadRow } from "../../../shared/tables/transactions/point-read.ts";
import { tableService } from "../../support/table-service.ts";
import { tableWebhookStore } from "../../../shared/tables/configuration/webhook-store.ts";
import { checkAnswer } from "../../support/checked-answer.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** The body as parsed JSON; undefined when there is none. */
  readonly json: unknown;
  readonly text: string;
}

interface Asked {
  /** Serialized as JSON, or sent unchanged when `raw` is given. */
  readonly body?: unknown;
  readonly raw?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string;
  readonly client?: string;
}

export interface ApiUnderTest {
  readonly issuer: Issuer;
  readonly tables: Tables;
  readonly readRow: ReadRow;
  /** Clients of their own to the same tables, for tests that intercept calls between a client and the service. */
  readonly otherTables: () => Tables;
  readonly box: SecretBox;
  readonly registrations: readonly Registration[];
  /** What the doors of operators are given. */
  readonly operations: ReadinessDeps & CanaryDeps;
  readonly heartbeats: Heartbeats;
  readonly logs: string[];
  /** Calls a path below the scope of acme (or `client`) as a writer of acme and initech. */
  call(method: string, path: string, asked?: Asked): Promise<Reply>;
  /** Calls any path below `/api`; without a token unless one is given. */
  callPath(method: string, path: string, asked?: Asked): Promise<Reply>;
  /** POSTs and expects 201. */
  create(path: string, body: Readonly<Record<string, unknown>>): Promise<{ id: string; etag: string; json: unknown }>;
  /** Stops the table server, as if the account were unreachable. */
  closeTables(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The real doors, stories and stores on a table server in memory, with a real token issuer; the bus of acme is on, initech's is not. Operators
 * see the buses that `operations` gives them; none by default.
 */
export async function startApi(
  more: {
    headerCharacters?: RegExp;
    corsOrigins?: readonly string[];
    operations?: Partial<ReadinessDeps & CanaryDeps>;
  } = {},
): Promise<ApiUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), "management-"));
  const keyFile = join(folder, "keys.json");
  writeFileSync(keyFile, JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } }));
  const server = await startTables({ port: 0 });
  const issuer = await startIssuer();
  // Never the same millisecond twice, so that the order of a list is the order of creation.
  let latestMs = 0;
  const now = (): Date => new Date((latestMs = Math.max(Date.now(), latestMs + 1)));
  const account = { kind: "connection-string", value: server.connectionString } as const;
  const otherTables = (): Tables => openTables(account);
  const heartbeats = tableHeartbeats(tableOpener(account));
  const tables = otherTables();
  const readRow = pointReads(tableService(account));
  const box = keyFileBox(keyFile);
  const deps = {
    verifyToken: tokenVerifier(
      { issuer: issuer.issuer, audience: issuer.audience, jwksUrl: issuer.jwksUrl, clientsClaim: "clients" },
      now,
    ),
    logFor: logOf,
    corsOrigins: () => new Set(more.corsOrigins),
    webhooks: tableWebhookStore(tables, box, readRow),
    credentials: tableCredentialStore(tables, box),
    busEnabled: (client: string) => client === "acme" || client === "globex",
    deliveries: openTestStore(server.connectionString),
    headerCharacters: more.headerCharacters ?? HEADER_VALUE_WHITELIST,
    clock: now,
    random: randomBytes,
  };
  const operations = {
    version: "0.0.0-test",
    clock: now,
    heartbeats,
    box,
    buses: new Map(),
    checkMs: 5_000,
    publishMs: 5_000,
    newId: randomUUID,
    ...more.operations,
  };
  const registered = [...openRegistrations(ROUTES, deps), ...registrations(ROUTES, { ...deps, ...operations })];
  const writer = await issuer.token({
    subject: "writer",
    roles: ["Webhooks.Read", "Webhooks.Write"],
    clients: ["acme", "initech"],
  });
  const logs: string[] = [];

  const callPath: ApiUnderTest["callPath"] = (method, path, asked = {}) => send(registered, logs, method, path, asked);
  const call: ApiUnderTest["call"] = (method, path, asked = {}) =>
    callPath(method, `clients/${asked.client ?? "acme"}/programs/rewards/environments/uat/${path}`, {
      token: writer,
      ...asked,
    });
  return {
    issuer,
    tables,
    readRow,
    otherTables,
    box,
    registrations: registered,
    operations,
    heartbeats,
    logs,
    call,
    callPath,
    create: async (path, body) => {
      const reply = await call("POST", path, { body });
      if (reply.status !== 201) throw new Error(`POST ${path} answered ${String(reply.status)}: ${reply.text}`);
      return { id: String(at(reply.json, "id")), etag: reply.headers.get("etag") ?? "", json: reply.json };
    },
    closeTables: () => server.close(),
    close: async () => {
      await Promise.all([server.close(), issuer.close()]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** The value at a path of names and indexes in parsed JSON. */
export function at(json: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined),
    json,
  );
}

/** Parsed JSON as an object whose fields can be spread; empty for anything else. */
export function fields(json: unknown): Record<string, unknown> {
  return typeof json === "object" && json !== null ? { ...json } : {};
}

/** `[pointer, code]` of every field error. */
export function fieldCodes(json: unknown): [unknown, unknown][] {
  const errors = at(json, "errors");
  return Array.isArray(errors) ? errors.map((error) => [at(error, "pointer"), at(error, "code")]) : [];
}

async function send(
  registrations: readonly Registration[],
  logs: string[],
  method: string,
  path: string,
  asked: Asked,
): Promise<Reply> {
  const [route, params] = routed(registrations, `api/${path.split("?")[0] ?? ""}`);
  const raw = asked.raw ?? (asked.body === undefined ? undefined : JSON.stringify(asked.body));
  const request = new HttpRequest({
    method,
    url: `http://localhost:7071/api/${path}`,
    params,
    headers: {
      ...(raw === undefined ? {} : { "content-type": "application/json" }),
      ...(asked.token === undefined ? {} : { authorization: `Bearer ${asked.token}` }),
      ...asked.headers,
    },
    ...(raw === undefined || method === "GET" || method === "HEAD" ? {} : { body: { bytes: Buffer.from(raw) } }),
  });
  const context = new InvocationContext({
    invocationId: randomUUID(),
    functionName: route.name,
    logHandler: (_level, ...parts) => logs.push(parts.map(String).join(" ")),
  });
  const response: HttpResponseInit = await route.handler(request, context);
  const text = typeof response.body === "string" ? response.body : "";
  const json: unknown = text === "" ? undefined : JSON.parse(text);
  checkAnswer(method, `api/${path}`, response.status ?? 200, json);
  return { status: response.status ?? 200, headers: new Headers(response.headers ?? {}), json, text };
}

/** The registration of a path, as the host finds it. */
function routed(registrations: readonly Registration[], path: string): [Registration, Record<string, string>] {
  for (const registration of inHostOrder(registrations)) {
    const params = matchRoute(parseRoute(registration.route), path);
    if (params !== undefined) return [registration, { ...params }];
  }
  throw new Error(`No route takes ${path}.`);
}
