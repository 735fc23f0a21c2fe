import type { HttpHandler, HttpMethod, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { Caller } from "../../shared/core/caller.ts";
import type { Role } from "../../shared/contract/roles.ts";
import { hasRole, mayTouchClient } from "../../shared/core/caller.ts";
import { AppError, notFound } from "../../shared/lib/errors.ts";
import type { Log } from "../../shared/lib/log.ts";
import { placeOf, readableReason } from "../../shared/lib/readable-reason.ts";
import type { Scope } from "../../shared/core/scope.ts";
import { isScopeId } from "../../shared/core/scope.ts";
import { encode } from "./answer.ts";
import type { Answer } from "./answer.ts";
import { acceptsJson, readJson } from "./body.ts";
import { bearerToken } from "./caller.ts";
import { corsHeaders, preflightHeaders } from "./cors.ts";
import { readIfMatch } from "./etag.ts";
import { functionName, LAST_NAME } from "./function-name.ts";
import { answerHeaders, internalProblem, problemOf } from "./problem.ts";
import { readQuery } from "./query.ts";

/** The one base of all resources; the scope is in every path. */
const SCOPE_PATH = "clients/{client}/programs/{program}/environments/{environment}";

/** Every method is registered, so that the wrong one answers 405 in our form and not the host's bare 404. */
const EVERY_METHOD: HttpMethod[] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/** What a handler gets. All of it is checked: the token, the client, the role, the query names, the body's form. */
interface Call {
  readonly caller: Caller;
  readonly scope: Scope;
  /** The `{id}` of the path; empty when the path has none. */
  readonly id: string;
  /** Query parameters, only those that the handler names, each at most once. */
  readonly query: ReadonlyMap<string, string>;
  /** The parsed JSON body of a handler with `body: true`, else undefined. */
  readonly body: unknown;
  /** The version that `If-Match` names, or `*`; empty for a handler without `ifMatch`. */
  readonly ifMatch: string;
  readonly log: Log;
}

/** One method of a resource. */
interface Handler {
  readonly role: Role;
  /** Names of allowed query parameters; any other is a 400. None by default. */
  readonly query?: readonly string[];
  /** True: a JSON body is required (400, 413, 415). False or absent: a body is ignored. */
  readonly body?: boolean;
  /** True: `If-Match` is required (428). */
  readonly ifMatch?: boolean;
  /** Throws AppError for what the caller did wrong; anything else becomes a 500 without internals. */
  readonly run: (call: Call) => Promise<Answer>;
}

/** The methods that a resource has; the others answer 405. */
export type Handlers = Readonly<Partial<Record<"GET" | "POST" | "PUT" | "DELETE", Handler>>>;

/** What the wrapper needs of the outside. */
export interface RouteDeps {
  /** The caller of a bearer token. @throws AppError `unauthenticated` saying why the token does not verify. */
  readonly verifyToken: (token: string) => Promise<Caller>;
  /** The log of one invocation. */
  readonly logFor: (context: InvocationContext) => Log;
  /** Origins whose pages may call from a browser; asked for with each request, since one route is there before the settings are. */
  readonly corsOrigins: () => ReadonlySet<string>;
}

const wrapped: unique symbol = Symbol("wrapped");

/**
 * What functions/main.ts registers with `app.http(name, rest)`. Only this file can make one, so a route without
 * authentication cannot be written.
 */
export interface Registration {
  readonly [wrapped]: true;
  /** Name of the function: `^[a-z][a-z0-9_-]{0,127}$`. It decides which route the host tries first. */
  readonly name: string;
  readonly route: string;
  readonly methods: HttpMethod[];
  readonly authLevel: "anonymous";
  readonly handler: HttpHandler;
}

/**
 * A resource below a scope. Order of refusals: 401, 404 (a client that is not the caller's, or no scope), 405, 403, 406,
 * 400 (query), 428, 413, 415, 400 (body); then `run`.
 *
 *     resource("webhooks/{id}", { GET: { role: "Webhooks.Read", run: async (call) => … } }, deps)
 *
 * @param path below `…/environments/{environment}/`, with at most one parameter, `{id}`; it names the function ({@link functionName})
 */
export function resource(path: string, handlers: Handlers, deps: RouteDeps): Registration {
  return register(
    functionName(path),
    `${SCOPE_PATH}/${path}`,
    deps,
    async (request, caller, log) => {
      const scope = scopeOf(request, caller);
      const handler = handlerOf(handlers, request.method);
      if (handler === undefined) throw new AppError("method-not-allowed", `Allowed here: ${allowed(handlers)}.`);
      const query = admitted(request, caller, handler);
      const ifMatch = handler.ifMatch === true ? readIfMatch(request.headers.get("if-match")) : "";
      const body = handler.body === true ? await readJson(request) : undefined;
      const answer = await handler.run({ caller, scope, id: request.params["id"] ?? "", query, body, ifMatch, log });
      return encode(answer, request);
    },
    { allow: allowed(handlers) },
  );
}

/** What an operator may read of the whole app, below no scope. */
interface OperatorView {
  /** Names of allowed query parameters; any other is a 400. */
  readonly query: readonly string[];
  /** Throws AppError for what the caller did wrong; anything else becomes a 500 without internals. */
  readonly run: (call: Pick<Call, "caller" | "query">) => Promise<Answer>;
}

/**
 * A read-only route of operators, who need the role `Webhooks.Operate`. Its path has no client: `run` shows of clients only those of the
 * caller. Order of refusals: 401, 405, 403, 406, 400 (query); then `run`.
 */
export function operatorView(path: string, view: OperatorView, deps: RouteDeps): Registration {
  return register(
    functionName(path),
    path,
    deps,
    async (request, caller) => {
      if (request.method !== "GET") throw new AppError("method-not-allowed", "Allowed here: GET.");
      const query = admitted(request, caller, { role: "Webhooks.Operate", query: view.query });
      return encode(await view.run({ caller, query }), request);
    },
    { allow: "GET" },
  );
}

/** Every path below `/api` that is no resource: 401 for a bare request, else 404, so that paths cannot be felt out. */
export function unknownPaths(deps: RouteDeps): Registration {
  return register(LAST_NAME, "{*rest}", deps, () => Promise.reject(notFound()), {});
}

/** The only paths that answer without a token. */
export type OpenPath = "health" | "openapi.json";

/** A route without a token, read-only; what may be one is the closed list of {@link OpenPath}. */
export function openRoute(
  path: OpenPath,
  run: () => Promise<Answer>,
  deps: Pick<RouteDeps, "logFor" | "corsOrigins">,
): Registration {
  return wrap(
    functionName(path),
    path,
    deps,
    async (request) => {
      if (request.method !== "GET") throw new AppError("method-not-allowed", "Allowed here: GET.");
      return encode(await run(), request);
    },
    { allow: "GET" },
  );
}

type Inner = (request: HttpRequest, caller: Caller, log: Log) => Promise<HttpResponseInit>;

function register(name: string, route: string, deps: RouteDeps, inner: Inner, more: { allow?: string }): Registration {
  return wrap(
    name,
    route,
    deps,
    async (request, log, seen) => {
      const caller = await deps.verifyToken(bearerToken(request.headers.get("authorization")));
      seen(caller);
      return inner(request, caller, log);
    },
    more,
  );
}

type Bare = (request: HttpRequest, log: Log, seen: (caller: Caller) => void) => Promise<HttpResponseInit>;

/** Turns errors into problem documents and writes the request's one log line. */
function wrap(
  name: string,
  route: string,
  deps: Pick<RouteDeps, "logFor" | "corsOrigins">,
  bare: Bare,
  more: { allow?: string },
): Registration {
  const handler: HttpHandler = async (request, context) => {
    const requestId = context.invocationId;
    const log = deps.logFor(context);
    let subject: string | undefined;
    let code: string | undefined;
    let response: HttpResponseInit;
    const preflight = preflightHeaders(request, deps.corsOrigins(), more.allow);
    try {
      // Browsers send no token with a preflight, and it tells nothing but what the contract says anyway.
      response =
        preflight === undefined
          ? await bare(request, log, (caller) => (subject = caller.subject))
          : { status: 204, headers: preflight };
      response.headers = { ...answerHeaders(requestId), ...plain(response.headers) };
    } catch (error) {
      if (error instanceof AppError) {
        code = error.code;
        response = problemOf(error, requestId, more.allow);
      } else {
        code = "internal";
        response = internalProblem(requestId);
        log("error", "request.failed", {
          requestId,
          route: name,
          why: readableReason(error),
          at: placeOf(error),
        });
      }
    }
    response.headers = { ...corsHeaders(request, deps.corsOrigins()), ...plain(response.headers) };
    const { client, program, environment } = request.params;
    const status = response.status ?? 200;
    log("info", "request.answered", {
      requestId,
      route: name,
      method: request.method,
      status,
      code,
      subject,
      client,
      program,
      environment,
    });
    return response;
  };
  return { [wrapped]: true, name, route, methods: EVERY_METHOD, authLevel: "anonymous", handler };
}

/** The query of a request that may pass. @throws AppError `forbidden`, `not-acceptable`, `malformed-request`, in this order */
function admitted(
  request: HttpRequest,
  caller: Caller,
  { role, query = [] }: Pick<Handler, "role" | "query">,
): Call["query"] {
  if (!hasRole(caller, role)) throw new AppError("forbidden", `The token lacks the role ${role}.`);
  if (!acceptsJson(request.headers.get("accept"))) {
    throw new AppError("not-acceptable", "Answers are application/json; the Accept header leaves no room for it.");
  }
  return readQuery(request, query);
}

/** The scope of the path. A client that is not the caller's gives the very answer of one that does not exist. */
function scopeOf(request: HttpRequest, caller: Caller): Scope {
  const { client = "", program = "", environment = "" } = request.params;
  if (!isScopeId(client) || !mayTouchClient(caller, client) || !isScopeId(program) || !isScopeId(environment)) {
    throw notFound();
  }
  return { client, program, environment };
}

function handlerOf(handlers: Handlers, method: string): Handler | undefined {
  switch (method) {
    case "GET":
    case "POST":
    case "PUT":
    case "DELETE":
      return handlers[method];
    default:
      return undefined;
  }
}

function allowed(handlers: Handlers): string {
  return Object.keys(handlers).join(", ");
}

function plain(headers: HttpResponseInit["headers"]): Record<string, string> {
  return Object.fromEntries(new Headers(headers ?? {}).entries());
}
