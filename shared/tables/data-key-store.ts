import * as z from "zod";
import { Trouble } from "../lib/errors.ts";
import type { DataKeyStore, WrappedDataKey } from "../core/ports/secrets.ts";
import { statusOf } from "./table-error.ts";
import { tableKey, quoted } from "./keys.ts";
import type { Tables } from "./open-tables.ts";

/** A table of its own: one partition a client, so that erasing a client's secrets is deleting its partition. */
const DATA_KEYS_TABLE = "datakeys";

const rowSchema = z
  .object({
    rowKey: z.string().regex(/^k\d{4,}$/),
    wrapped: z.string(),
    wrappedBy: z.string(),
    createdAt: z.iso.datetime(),
  })
  .transform(({ rowKey: id, wrapped, wrappedBy, createdAt }) => ({
    id,
    wrapped: Buffer.from(wrapped, "base64url"),
    wrappedBy,
    createdAt: new Date(createdAt),
  }));

/** The wrapped data keys of clients, one row each. Rows are inserted and read, never changed. */
export function tableDataKeyStore(tables: Tables): DataKeyStore {
  return {
    async all(client) {
      const table = await tables.table(DATA_KEYS_TABLE);
      const keys: WrappedDataKey[] = [];
      const filter = `PartitionKey eq ${quoted(tableKey(client))}`;
      for await (const row of table.listEntities({ queryOptions: { filter } })) keys.push(keyOf(client, row));
      return keys;
    },

    async add(client, { id, wrapped, wrappedBy, createdAt }) {
      const table = await tables.table(DATA_KEYS_TABLE);
      const text = Buffer.from(wrapped).toString("base64url");
      const keys = { partitionKey: tableKey(client), rowKey: tableKey(id) };
      try {
        await table.createEntity({ ...keys, wrapped: text, wrappedBy, createdAt: createdAt.toISOString() });
        return true;
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        return false;
      }
    },
  };
}

/** One that cannot be read stops all use of the client's keys: it may be the newest, and if it were skipped, its id would be issued twice. */
function keyOf(client: string, row: { readonly rowKey?: string }): WrappedDataKey {
  const read = rowSchema.safeParse(row);
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
  const name = `${client} ${row.rowKey ?? ""}`;
  throw new Trouble(
    `The row ${name} of the table ${DATA_KEYS_TABLE} is not a valid data key (${faults}). Restore it, or remove it if the app did not write it.`,
  );
}
