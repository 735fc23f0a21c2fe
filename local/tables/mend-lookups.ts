/**
 * A fault of Azurite's look-ups, mended: it asks its database for a partition key and a row key, in this order, and the database uses an
 * index for the first of them only. Every read and write of one row then walks through its whole partition: 1,000 deliveries took 4 s in an
 * empty table and 41 s after 3,000 others of the same day, now 3 s in both. The row key first is the same question.
 */
import type { LokiCollection, LokiDatabase } from "azurite/dist/src/table/TableServer.js";

const mended = new WeakSet<LokiCollection>();

/**
 * Mends every collection of `db`, those that are added later too: what is changed is what they inherit.
 * @throws when the database is not built as the one that this was written for.
 */
export function mendLookups(db: Pick<LokiDatabase, "collections">): void {
  const shared = db.collections[0] && Reflect.getPrototypeOf(db.collections[0]);
  if (!isCollection(shared))
    throw new Error("Azurite's database has no look-ups where they were: see mend-lookups.ts.");
  if (mended.has(shared)) return;
  mended.add(shared);
  const { findOne } = shared;
  shared.findOne = function (query) {
    const { PartitionKey, RowKey, ...rest } = query;
    return findOne.call(this, RowKey === undefined ? query : { RowKey, PartitionKey, ...rest });
  };
}

function isCollection(value: object | null | undefined): value is LokiCollection {
  return value !== null && value !== undefined && Object.hasOwn(value, "findOne");
}
