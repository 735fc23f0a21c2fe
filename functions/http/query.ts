import type { HttpRequest } from "@azure/functions";
import type * as z from "zod";
import { cut } from "../../shared/contract/plain-text.ts";
import { AppError } from "../../shared/lib/errors.ts";

/** How much of an unknown name is repeated, in characters. */
const MAX_NAME = 100;

/**
 * The query parameters of a request. Read from the URL, not from the host's map, which joins repeated names with a comma.
 * @throws AppError `malformed-request` for a parameter that the schema does not have, a repeated one, or a bad value
 */
export function readQuery<Query extends z.ZodObject>(request: HttpRequest, schema: Query): z.output<Query> {
  const names = Object.keys(schema.shape);
  const query = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!names.includes(name)) {
      const known = names.length === 0 ? "none are known here" : `known here: ${names.join(", ")}`;
      const shown = JSON.stringify(cut(name, MAX_NAME));
      throw new AppError("malformed-request", `The query parameter ${shown} is unknown; ${known}.`);
    }
    if (query.has(name)) throw new AppError("malformed-request", `The query parameter ${name} occurs more than once.`);
    query.set(name, value);
  }
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AppError("malformed-request", `${String(issue?.path[0])} ${issue?.message ?? "is not valid."}`);
}
