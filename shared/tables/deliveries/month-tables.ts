import type { TableClient } from "@azure/data-tables";
import type { OpenTable } from "../open-tables.ts";
import { statusOf } from "../table-error.ts";
import type { Submit, Versions } from "../transactions/batch-writer.ts";
import type { RowPlace } from "./keys.ts";

/** A row as read, with its keys and version. */
export type Row = Readonly<Record<string, unknown>>;

/** A range of one partition's rows: keys from `prefix` + `from` on, all beginning with `prefix`. */
export interface RowRange {
  readonly table: string;
  readonly partition: string;
  readonly prefix: string;
  readonly from?: string;
  /** All columns when absent. */
  readonly columns?: readonly string[];
}

/** Tables that come into being when first written to and are empty until then. */
export interface MonthTables {
  readonly submit: Submit;
  /** @param columns all when absent */
  get(place: RowPlace, columns?: readonly string[]): Promise<Row | undefined>;
  /** The first rows of a range, in the order of keys: at most `count` (1 to 1,000), in one request. */
  first(range: RowRange, count: number): Promise<readonly Row[]>;
  /** All rows of a range, in the order of keys. */
  all(range: RowRange): Promise<readonly Row[]>;
}

/** @param submitTo runs a transaction of a table that exists */
export function monthTables(openTable: OpenTable, submitTo: Submit): MonthTables {
  const clients = new Map<string, Promise<TableClient>>();
  const made = new Map<string, Promise<void>>();
  const client = (name: string): Promise<TableClient> => {
    const known = clients.get(name) ?? openTable(name);
    clients.set(name, known);
    return known;
  };
  /** Creates the table once per process; one that exists already is not an error. After a failure the next writer tries again. */
  const ensure = (name: string): Promise<void> => {
    const known = made.get(name);
    if (known) return known;
    const making = client(name).then((table) => table.createTable());
    made.set(name, making);
    making.catch(() => made.delete(name));
    return making;
  };
  return {
    submit: async (table, partition, writes): Promise<Versions> => {
      await ensure(table);
      try {
        return await submitTo(table, partition, writes);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        // The table may have gone since we made it (dropped, or restored from an older state). A missing row answers 404 again.
        made.delete(table);
        await ensure(table);
        return submitTo(table, partition, writes);
      }
    },
    get: async ({ table, partition, row }, columns) => {
      try {
        return await (
          await client(table)
        ).getEntity(partition, row, columns && { queryOptions: { select: [...columns] } });
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    first: async (range, count) => (await pages(await client(range.table), range, count).next()).value ?? [],
    all: async (range) => {
      const rows: Row[] = [];
      for await (const page of pages(await client(range.table), range, 1_000)) rows.push(...page);
      return rows;
    },
  };
}

async function* pages(
  client: TableClient,
  { partition, prefix, from = "", columns }: RowRange,
  count: number,
): AsyncGenerator<readonly Row[], undefined> {
  // `~` sorts above every character that our keys are made of.
  const filter = `PartitionKey eq '${partition}' and RowKey ge '${prefix}${from}' and RowKey lt '${prefix}~'`;
  const queryOptions = columns === undefined ? { filter } : { filter, select: [...new Set(["RowKey", ...columns])] };
  try {
    yield* client.listEntities({ queryOptions }).byPage({ maxPageSize: count });
  } catch (error) {
    // The month has no table: nothing was written in it.
    if (statusOf(error) !== 404) throw error;
  }
  return undefined;
}
