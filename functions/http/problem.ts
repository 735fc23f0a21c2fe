import type { HttpResponseInit } from "@azure/functions";
import { cut } from "../../shared/core/configuration/text-rules.ts";
import type { AppError, ErrorCode, FieldError } from "../../shared/lib/errors.ts";

/** Most entries of `errors` in an answer; `errorCount` says how many there are. */
const MAX_ERRORS = 100;
/** Longest pointer in an answer, in characters (UTF-16 units). */
const MAX_POINTER = 200;

/** Status and title of every code; a new code does not compile until it has both. */
const PROBLEMS = {
  "malformed-request": [400, "The request cannot be read"],
  unauthenticated: [401, "A valid access token is needed"],
  forbidden: [403, "The role is missing"],
  "not-found": [404, "Not found"],
  "method-not-allowed": [405, "Method not allowed"],
  "not-acceptable": [406, "Not acceptable"],
  "name-taken": [409, "The name is taken"],
  "credential-in-use": [409, "The credential is in use"],
  "service-bus-not-enabled": [409, "Webhooks are not turned on for this client"],
  "version-mismatch": [412, "Changed by someone else meanwhile"],
  "too-large": [413, "The request is too large"],
  "unsupported-media-type": [415, "Unsupported media type"],
  invalid: [422, "A rule is broken"],
  "if-match-required": [428, "If-Match is required"],
} as const satisfies Record<ErrorCode, readonly [status: number, title: string]>;

/** What every answer carries: nothing is cached (answers are somebody's configuration), and the id that finds it in the log. */
export function answerHeaders(requestId: string): Record<string, string> {
  return { "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestId };
}

/**
 * The problem document of something the caller may not do or did wrong.
 * @param allow the methods that the path has, for a 405
 * @see RFC 9457
 */
export function problemOf(error: AppError, requestId: string, allow: string | undefined): HttpResponseInit {
  const [status, title] = PROBLEMS[error.code];
  return problem(status, title, error.code, error.message, requestId, problemHeaders(error, allow), {
    ...shownErrors(error.errors),
    ...error.extensions,
  });
}

/** The problem document of our own trouble: it says nothing of the inside; the log has it under the request's id. */
export function internalProblem(requestId: string): HttpResponseInit {
  const detail = "Something went wrong on our side. Try again; if it stays, give the request id to support.";
  return problem(500, "Internal error", "internal", detail, requestId, {}, shownErrors([]));
}

/** The caller chooses how many fields are wrong and what they are called: the answer stays of a size. */
function shownErrors(errors: readonly FieldError[]): Record<string, unknown> {
  const shown = errors.slice(0, MAX_ERRORS).map((error) => ({ ...error, pointer: cut(error.pointer, MAX_POINTER) }));
  return { errors: shown, errorCount: errors.length };
}

function problem(
  status: number,
  title: string,
  code: string,
  detail: string,
  requestId: string,
  headers: Record<string, string>,
  members: Record<string, unknown>,
): HttpResponseInit {
  return {
    status,
    headers: { ...answerHeaders(requestId), ...headers, "content-type": "application/problem+json" },
    body: JSON.stringify({
      type: `urn:kls-webhooks:problem:${code}`,
      title,
      status,
      code,
      detail,
      requestId,
      ...members,
    }),
  };
}

function problemHeaders(error: AppError, allow: string | undefined): Record<string, string> {
  // RFC 6750, section 3: a challenge on every 401; the reason stands in the problem document.
  if (error.code === "unauthenticated") return { "www-authenticate": "Bearer" };
  // RFC 9110, section 15.5.6.
  if (error.code === "method-not-allowed" && allow !== undefined) return { allow };
  return {};
}
