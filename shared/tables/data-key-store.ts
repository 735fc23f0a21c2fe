import { odata } from "@azure/data-tables";
import * as z from "zod";
import type { DataKeyStore } from "../core/ports.ts";
import { statusOf } from "./entity.ts";
import { tableKey } from "./keys.ts";
import type { Tables } from "./open-tables.ts";

/** A table of its own: one partition a client, so that erasing a client's secrets is deleting its partition. */
const DATA_KEYS_TABLE = "datakeys";

const rowSchema = z
  .object({ rowKey: z.string(), wrapped: z.string(), wrappedBy: z.string(), createdAt: z.iso.datetime() })
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
      const rows: unknown[] = [];
      const filter = odata`PartitionKey eq ${tableKey(client)}`;
      for await (const row of table.listEntities({ queryOptions: { filter } })) rows.push(row);
      return z.array(rowSchema).parse(rows);
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
