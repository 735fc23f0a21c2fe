import type { HttpHandler, HttpMethod, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import type { Caller } from "../../shared/core/caller.ts";
import { AppError } from "../../shared/lib/errors.ts";
import type { Log } from "../../shared/lib/log.ts";
import { placeOf, readableReason } from "../../shared/lib/readable-reason.ts";
import { corsHeaders, preflightHeaders } from "./cors.ts";
import { functionName } from "./function-name.ts";
import { answerHeaders, internalProblem, problemOf } from "./problem.ts";

/** Every method is registered, so that a wrong one gets our 405 and not the host's bare 404. */
const EVERY_METHOD: HttpMethod[] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/** What every response needs. */
export interface RespondDeps {
  /** The log of one invocation. */
  readonly logFor: (context: InvocationContext) => Log;
  /** Origins whose pages may call from a browser. Asked for with each request: one route is registered before the settings are read. */
  readonly corsOrigins: () => ReadonlySet<string>;
}

const wrapped: unique symbol = Symbol("wrapped");

/** What functions/main.ts registers with `app.http(name, rest)`. Only this file makes one, so every response goes through it. */
export interface Registration {
  readonly [wrapped]: true;
  /** Name of the function: `^[a-z][a-z0-9_-]{0,127}$`. It decides which route the host tries first. */
  readonly name: string;
  readonly route: string;
  readonly methods: HttpMethod[];
  readonly authLevel: "anonymous";
  readonly handler: HttpHandler;
}

/** Answers a request. @param seen takes the caller as soon as it is known, for the log @throws AppError for what becomes a problem document */
export type Responder = (request: HttpRequest, seen: (caller: Caller) => void) => Promise<HttpResponseInit>;

/**
 * Wraps a path: errors become problem documents, CORS and the headers of every response are added, and each request leaves one log line.
 * @param allow methods of the path, for 405 and preflights; undefined for a path that does not exist
 */
export function wrap(
  path: string,
  allow: string | undefined,
  respond: Responder,
  deps: RespondDeps,
  name = functionName(path),
): Registration {
  const handler: HttpHandler = async (request, context) => {
    const requestId = context.invocationId;
    const log = deps.logFor(context);
    let subject: string | undefined;
    const origins = deps.corsOrigins();
    const { response, code } = await answerOf(requestId, allow, name, log, async () => {
      // Browsers send no token with a preflight; it reveals only what the contract says anyway.
      const preflight = preflightHeaders(request, origins, allow);
      return preflight === undefined
        ? respond(request, (caller) => (subject = caller.subject))
        : { status: 204, headers: preflight };
    });
    const { client, program, environment } = request.params;
    const status = response.status ?? 200;
    const { method } = request;
    const fields = { requestId, route: name, method, status, code, subject, client, program, environment };
    log("info", "request.answered", fields);
    return { ...response, headers: { ...plain(response.headers), ...corsHeaders(request, origins) } };
  };
  return { [wrapped]: true, name, route: path, methods: EVERY_METHOD, authLevel: "anonymous", handler };
}

interface Outcome {
  readonly response: HttpResponseInit;
  /** Of the problem, if it is one. */
  readonly code?: string;
}

async function answerOf(
  requestId: string,
  allow: string | undefined,
  route: string,
  log: Log,
  respond: () => Promise<HttpResponseInit>,
): Promise<Outcome> {
  try {
    const response = await respond();
    return { response: { ...response, headers: { ...answerHeaders(requestId), ...plain(response.headers) } } };
  } catch (error) {
    if (error instanceof AppError) return { code: error.code, response: problemOf(error, requestId, allow) };
    log("error", "request.failed", { requestId, route, why: readableReason(error), at: placeOf(error) });
    return { code: "internal", response: internalProblem(requestId) };
  }
}

function plain(headers: HttpResponseInit["headers"]): Record<string, string> {
  return Object.fromEntries(new Headers(headers ?? {}).entries());
}
