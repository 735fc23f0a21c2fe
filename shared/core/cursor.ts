import { createHash } from "node:crypto";
import { AppError } from "../lib/errors.ts";
import type { Scope } from "./scope.ts";
import { scopeKey } from "./scope.ts";

/** The list that a cursor goes on with. */
export interface ListName {
  /** For example `webhooks`. */
  readonly list: string;
  readonly scope: Scope;
  /** What the list is narrowed to, by the names of the query's parameters; `undefined` is the same as absent. */
  readonly filter?: Readonly<Record<string, string | undefined>>;
}

const DIGEST_BYTES = 16;

/**
 * The cursor of a position in a list: opaque to callers, and good for this list in this scope with this filter only.
 *
 * It is a digest over all of these and the position, which follows it. A keyed one (a MAC) would protect nothing more: a reader takes scope and
 * filter from the request, never from the cursor, so that whoever computes one can only begin elsewhere in a list that is theirs to read.
 * @param position where the list goes on, as its store writes it
 */
export function writeCursor(name: ListName, position: string): string {
  return Buffer.concat([digestOf(name, position), Buffer.from(position, "utf8")]).toString("base64url");
}

/**
 * The position in a cursor that {@link writeCursor} made for the same list, scope and filter.
 * @throws AppError `malformed-request` for any other text
 */
export function readCursor(name: ListName, cursor: string): string {
  const bytes = Buffer.from(cursor, "base64url");
  const position = bytes.subarray(DIGEST_BYTES).toString("utf8");
  // Written anew and compared, so that spellings which base64url and UTF-8 read leniently are not taken either.
  if (writeCursor(name, position) === cursor) return position;
  throw badCursor();
}

/** For a position that a store cannot go on from. */
export function badCursor(): AppError {
  return new AppError(
    "malformed-request",
    "cursor is not one that this list gave for this filter; leave it out to begin anew.",
  );
}

function digestOf({ list, scope, filter = {} }: ListName, position: string): Buffer {
  const narrowed = Object.entries(filter)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([list, scopeKey(scope), narrowed, position]);
  return createHash("sha256").update(text, "utf8").digest().subarray(0, DIGEST_BYTES);
}
