import { DEFAULT_PAGE_ITEMS, MAX_PAGE_ITEMS } from "../../shared/contract/limits.ts";
import { AppError } from "../../shared/lib/errors.ts";
import type { PageRequest } from "../../shared/core/ports/pages.ts";

/** Query parameters of every list; a handler names these and its own. */
export const PAGE_QUERY = ["limit", "cursor"] as const;

/**
 * The page that the query asks for: `limit` 1 to 100 (50 by default), `cursor` as the list before gave it.
 * @throws AppError `malformed-request` for a limit that is none; a bad cursor is the store's to refuse
 */
export function pageRequest(query: ReadonlyMap<string, string>): PageRequest {
  const text = query.get("limit");
  const limit = text === undefined ? DEFAULT_PAGE_ITEMS : /^[0-9]{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PAGE_ITEMS) {
    throw new AppError("malformed-request", `limit must be a whole number from 1 to ${String(MAX_PAGE_ITEMS)}.`);
  }
  return { limit, cursor: query.get("cursor") ?? null };
}
