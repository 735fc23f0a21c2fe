import type { TableClient } from "@azure/data-tables";
import * as z from "zod";
import type { Heartbeats } from "../core/ports/operations.ts";
import { statusOf } from "./table-error.ts";
import { tableKey } from "./keys.ts";
import type { OpenTable } from "./open-tables.ts";

/** Partition: client. Row: name of its function. One row a client, so a reader reads them all. */
const HEALTH_TABLE = "health";

const rowSchema = z.looseObject({
  rowKey: z.string(),
  lastRanAt: z.iso.datetime().transform((text) => new Date(text)),
});

/**
 * Heartbeats in the table `health`, which the first one makes. The last write wins: instances of one function write within a minute of each
 * other. Every call ends when its signal says so.
 */
export function tableHeartbeats(openTable: OpenTable): Heartbeats {
  let opened: Promise<TableClient> | undefined;
  const open = (): Promise<TableClient> => (opened ??= openTable(HEALTH_TABLE));
  return {
    beat: async (client, functionName, at, abortSignal) => {
      const table = await open();
      const keys = { partitionKey: tableKey(client), rowKey: tableKey(functionName) };
      const write = async (): Promise<void> => {
        await table.upsertEntity({ ...keys, lastRanAt: at.toISOString() }, "Replace", { abortSignal });
      };
      try {
        await write();
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await table.createTable({ abortSignal }); // No error when another was faster.
        await write();
      }
    },
    all: async (abortSignal) => {
      const found = new Map<string, Date>();
      const table = await open();
      try {
        for await (const entity of table.listEntities({ abortSignal })) {
          // An unreadable row is skipped; the next message rewrites it.
          const { data: row } = rowSchema.safeParse(entity);
          if (row) found.set(row.rowKey, row.lastRanAt);
        }
      } catch (error) {
        // No table: nothing was delivered yet. The service has answered all the same.
        if (statusOf(error) !== 404) throw error;
      }
      return found;
    },
  };
}
