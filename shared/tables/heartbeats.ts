import * as z from "zod";
import type { Heartbeats } from "../core/operations-ports.ts";
import { tableKey } from "./keys.ts";
import type { Tables } from "./open-tables.ts";

/** Partition: client. Row: name of its function. One row a client, so a reader reads them all. */
const HEALTH_TABLE = "health";

/** Text, since the service's own time type comes back as text from one server and as a date from another. */
const rowSchema = z.looseObject({
  rowKey: z.string(),
  lastRanAt: z.iso.datetime().transform((text) => new Date(text)),
});

/** Heartbeats in the table `health`. The last write wins: instances of one function write within a minute of each other. */
export function tableHeartbeats(tables: Tables): Heartbeats {
  return {
    beat: async (client, functionName, at, abortSignal) => {
      const entity = {
        partitionKey: tableKey(client),
        rowKey: tableKey(functionName),
        lastRanAt: at.toISOString(),
      };
      const table = await tables.table(HEALTH_TABLE);
      await table.upsertEntity(entity, "Replace", { abortSignal });
    },
    all: async (abortSignal) => {
      const table = await tables.table(HEALTH_TABLE);
      const found = new Map<string, Date>();
      for await (const entity of table.listEntities({ abortSignal })) {
        const { rowKey, lastRanAt } = rowSchema.parse(entity);
        found.set(rowKey, lastRanAt);
      }
      return found;
    },
  };
}
