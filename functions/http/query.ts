import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../shared/lib/errors.ts";
import { cut } from "../../shared/contract/plain-text.ts";

/** How much of an unknown name is said back, in characters. */
const MAX_NAME = 100;

/**
 * The query parameters of a request. Read from the URL, not from the host's map, which joins repeated names with a comma.
 * @param names those that the route knows
 * @throws AppError `malformed-request` for an unknown or a repeated one
 */
export function readQuery(request: HttpRequest, names: readonly string[]): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!names.includes(name)) {
      const known = names.length === 0 ? "none are known here" : `known here: ${names.join(", ")}`;
      throw new AppError(
        "malformed-request",
        `The query parameter ${JSON.stringify(cut(name, MAX_NAME))} is unknown; ${known}.`,
      );
    }
    if (query.has(name))
      throw new AppError("malformed-request", `The query parameter ${name} is given more than once.`);
    query.set(name, value);
  }
  return query;
}
