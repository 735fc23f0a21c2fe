/** What the code promises its callers, as docs/api.md writes it. */
import type { HttpResponseInit } from "@azure/functions";
import { SCOPE } from "../../functions/http/function-name.ts";
import { problemOf } from "../../functions/http/problem.ts";
import { ROUTES } from "../../functions/routes.ts";
import { PROBLEMS } from "../../shared/contract/problem.ts";
import type { AppError } from "../../shared/lib/errors.ts";

/** A route as docs/api.md writes it: method, path, role (`none` without a token), names of query parameters. */
export type ContractRoute = [method: string, path: string, role: string, query: string];

/** Every route of the table. */
export function contractRoutes(): ContractRoute[] {
  return ROUTES.map(({ method, path, role, query }) => [
    method,
    path.startsWith(SCOPE) ? path.replace(SCOPE, "…") : `/${path}`,
    role ?? "none",
    Object.keys(query.shape).join(", "),
  ]);
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
