import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type { Caller } from "../../shared/core/caller.ts";
import { AppError, notFound } from "../../shared/lib/errors.ts";
import type { ApiDeps } from "../api-deps.ts";
import { encode } from "./answer.ts";
import type { VerifyToken } from "./authenticate.ts";
import { authenticate, requireRole, scopeOf } from "./authenticate.ts";
import { acceptsJson, readJson } from "./body.ts";
import { readIfMatch } from "./etag.ts";
import { API, LAST_NAME } from "./function-name.ts";
import type { Registration, RespondDeps, Responder } from "./respond.ts";
import { wrap } from "./respond.ts";
import type { OperatorRoute, Route, ScopedRoute } from "./route.ts";

/** What the wrapper needs. */
export interface RouteDeps extends RespondDeps {
  readonly verifyToken: VerifyToken;
}

/** A function for each path of the routes without a token. */
export function openRegistrations(routes: readonly Route[], deps: RespondDeps): Registration[] {
  return byPath(routes.filter((route) => route.kind === "open")).map(([path, methods]) =>
    wrap(path, allowed(methods), async (request) => encode(await routeOf(methods, request).run(), request), deps),
  );
}

/**
 * A function for each path of the routes with a token, and one for every other path below `api`: 401 without a valid token, else 404, so that callers
 * cannot probe which paths exist.
 */
export function registrations(routes: readonly Route[], deps: RouteDeps & ApiDeps): Registration[] {
  const closed = (path: string, allow: string | undefined, respond: Closed, name?: string): Registration =>
    wrap(path, allow, authenticated(respond, deps.verifyToken), deps, name);
  const scoped = byPath(routes.filter((route) => route.kind === "scoped"));
  const operators = byPath(routes.filter((route) => route.kind === "operator"));
  return [
    ...scoped.map(([path, methods]) => closed(path, allowed(methods), scopedResponder(methods, deps))),
    ...operators.map(([path, methods]) => closed(path, allowed(methods), operatorResponder(methods, deps))),
    closed(`${API}/{*rest}`, undefined, () => Promise.reject(notFound()), LAST_NAME),
  ];
}

type Closed = (request: HttpRequest, caller: Caller) => Promise<HttpResponseInit>;

function authenticated(respond: Closed, verifyToken: VerifyToken): Responder {
  return async (request, seen) => {
    const caller = await authenticate(request, verifyToken);
    seen(caller);
    return respond(request, caller);
  };
}

/** Order of refusals: 404 (another's client, or not a scope), 405, 403, 406, 400 (query), 428, 413, 415, 400 (body); then the story. */
function scopedResponder(methods: readonly ScopedRoute[], deps: ApiDeps): Closed {
  return async (request, caller) => {
    const scope = scopeOf(request, caller);
    const route = permitted(methods, request, caller);
    const story = route.admit(request);
    const ifMatch = route.ifMatch === true ? readIfMatch(request.headers.get("if-match")) : "";
    const body = route.body === undefined ? undefined : await readJson(request);
    return encode(await story({ caller, scope, id: request.params["id"] ?? "", body, ifMatch }, deps), request);
  };
}

/** Order of refusals: 405, 403, 406, 400 (query); then the story. */
function operatorResponder(methods: readonly OperatorRoute[], deps: ApiDeps): Closed {
  return async (request, caller) =>
    encode(await permitted(methods, request, caller).admit(request)({ caller }, deps), request);
}

/** @throws AppError `method-not-allowed`, `forbidden`, `not-acceptable`, in this order */
function permitted<One extends ScopedRoute | OperatorRoute>(
  methods: readonly One[],
  request: HttpRequest,
  caller: Caller,
): One {
  const route = routeOf(methods, request);
  requireRole(caller, route.role);
  if (!acceptsJson(request.headers.get("accept"))) {
    throw new AppError("not-acceptable", "Answers are application/json, which the Accept header rules out.");
  }
  return route;
}

function routeOf<One extends Route>(methods: readonly One[], { method }: HttpRequest): One {
  const route = methods.find((one) => one.method === method);
  if (route === undefined) throw new AppError("method-not-allowed", `Allowed here: ${allowed(methods)}.`);
  return route;
}

function allowed(methods: readonly Route[]): string {
  return methods.map(({ method }) => method).join(", ");
}

function byPath<One extends Route>(routes: readonly One[]): [path: string, methods: readonly One[]][] {
  return [...new Set(routes.map(({ path }) => path))].map((path) => [path, routes.filter((one) => one.path === path)]);
}
