import type { HttpResponseInit } from "@azure/functions";
import type { FieldError } from "../../shared/contract/field-errors.ts";
import { MAX_POINTER_CHARACTERS, MAX_PROBLEM_ERRORS } from "../../shared/contract/limits.ts";
import { cut } from "../../shared/contract/plain-text.ts";
import { PROBLEM_TYPE, PROBLEMS } from "../../shared/contract/problem.ts";
import type { AppError } from "../../shared/lib/errors.ts";

/** Headers of every response: never cached; `x-request-id` matches the log. */
export function answerHeaders(requestId: string): Record<string, string> {
  return { "cache-control": "no-store", "x-content-type-options": "nosniff", "x-request-id": requestId };
}

/**
 * The problem document of something that the caller did wrong or may not do.
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

/** The problem document of a failure of ours: no internals; the log has them under the request's id. */
export function internalProblem(requestId: string): HttpResponseInit {
  const detail = "Something went wrong on our side. Try again. If it persists, contact support with the request id.";
  const [status, title] = PROBLEMS.internal;
  return problem(status, title, "internal", detail, requestId, {}, shownErrors([]));
}

/** Bounded: the caller decides how many fields are wrong and what they are called. */
function shownErrors(errors: readonly FieldError[]): Record<string, unknown> {
  const shown = errors
    .slice(0, MAX_PROBLEM_ERRORS)
    .map((error) => ({ ...error, pointer: cut(error.pointer, MAX_POINTER_CHARACTERS) }));
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
      type: PROBLEM_TYPE + code,
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
  // RFC 6750, section 3: a challenge on every 401; the problem document has the reason.
  if (error.code === "unauthenticated") return { "www-authenticate": "Bearer" };
  // RFC 9110, section 15.5.6.
  if (error.code === "method-not-allowed" && allow !== undefined) return { allow };
  return {};
}
