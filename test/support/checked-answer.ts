import { problemsOf } from "../../functions/http/route.ts";
import type { Route } from "../../functions/http/route.ts";
import { ROUTES } from "../../functions/routes.ts";
import { matchRoute, parseRoute } from "../../local/host/http/route.ts";
import { problemSchema } from "../../shared/contract/problem.ts";

/**
 * Holds an answer of the API against the table of routes: its body must be exactly what the schema of its status says, and a problem one that the
 * route can answer. @param path below the host, with or without a query @throws for an answer that the contract does not describe
 */
export function checkAnswer(method: string, path: string, status: number, json: unknown): void {
  const there = pathOf(path.split("?")[0] ?? "");
  const route = there.find((one) => one.method === method);
  const [, schema] = Object.entries(route?.answers ?? {}).find(([code]) => Number(code) === status) ?? [];
  if (schema === null || (method === "OPTIONS" && status === 204)) {
    if (json !== undefined) throw new Error(`${method} ${path} answered ${String(status)} with a body.`);
    return;
  }
  if (schema !== undefined) {
    schema.parse(json);
    return;
  }
  const { code } = problemSchema.parse(json);
  const possible = route ? problemsOf(route) : new Set(["unauthenticated", "not-found", ...onAnyMethod(there)]);
  if (!possible.has(code)) throw new Error(`${method} ${path} answered ${code}, which its route does not list.`);
}

/** Routes of one path; none for a path that does not exist. */
function pathOf(path: string): readonly Route[] {
  return ROUTES.filter((route) => matchRoute(parseRoute(route.path), path) !== undefined);
}

function onAnyMethod(there: readonly Route[]): string[] {
  return there.length === 0 ? [] : ["method-not-allowed", "internal"];
}
