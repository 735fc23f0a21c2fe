import { TableClient } from "@azure/data-tables";
import type { TransactionAction } from "@azure/data-tables";
import { statusOf } from "./batch-writer.ts";
import type { Versions } from "./batch-writer.ts";
import type { TablesSettings } from "../open-tables.ts";

/** A client for the table of this name; the table need not exist. */
export type OpenTable = (name: string) => TableClient;

/** Opens tables of one account by name, without asking whether they exist. */
export function tableOpener(settings: TablesSettings): OpenTable {
  return (name) =>
    settings.kind === "connection-string"
      ? TableClient.fromConnectionString(settings.value, name, { allowInsecureConnection: true })
      : new TableClient(settings.endpoint, name, settings.credential);
}

/** A row as read, with its keys and version. */
export type Row = Readonly<Record<string, unknown>>;

/** A range of one partition's rows: keys above `after` (exclusive) or from `prefix` on, all beginning with `prefix`. */
interface RowRange {
  readonly table: string;
  readonly partition: string;
  readonly prefix: string;
  readonly after?: string | undefined;
}

/** Tables that come into being when first written to and are empty until then. */
export interface MonthTables {
  readonly submit: (table: string, actions: TransactionAction[]) => Promise<Versions>;
  get(table: string, partition: string, row: string): Promise<Row | undefined>;
  /** In the order of keys. Ends early when the reader stops. */
  range(range: RowRange, pageSize: number): AsyncGenerator<Row, void>;
}

export function monthTables(openTable: OpenTable): MonthTables {
  const clients = new Map<string, TableClient>();
  const made = new Map<string, Promise<void>>();
  const client = (name: string): TableClient => {
    const known = clients.get(name) ?? openTable(name);
    clients.set(name, known);
    return known;
  };
  /** Makes the table once per process; one that exists already is no error. A failure is tried again by the next writer. */
  const ensure = (name: string): Promise<void> => {
    const known = made.get(name);
    if (known) return known;
    const making = client(name).createTable();
    made.set(name, making);
    making.catch(() => made.delete(name));
    return making;
  };
  return {
    submit: async (table, actions) => {
      await ensure(table);
      try {
        return await submitTo(client(table), actions);
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        // The table may have gone since we made it (dropped, or restored from an older state). A missing row answers 404 again.
        made.delete(table);
        await ensure(table);
        return submitTo(client(table), actions);
      }
    },
    get: async (table, partition, row) => {
      try {
        return await client(table).getEntity(partition, row);
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    },
    range: (range, pageSize) => readRange(client(range.table), range, pageSize),
  };
}

async function submitTo(client: TableClient, actions: TransactionAction[]): Promise<Versions> {
  const { subResponses } = await client.submitTransaction(actions);
  // The answers come in the order of the actions.
  return new Map(actions.map(([, entity], index) => [entity.rowKey, subResponses[index]?.etag ?? ""]));
}

async function* readRange(client: TableClient, range: RowRange, pageSize: number): AsyncGenerator<Row, void> {
  const from = range.after === undefined ? `RowKey ge '${range.prefix}'` : `RowKey gt '${range.after}'`;
  // `~` sorts above every character that our keys are made of.
  const filter = `PartitionKey eq '${range.partition}' and ${from} and RowKey lt '${range.prefix}~'`;
  const pages = client.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: pageSize });
  try {
    for await (const page of pages) yield* page;
  } catch (error) {
    // The month has no table: nothing was written in it.
    if (statusOf(error) !== 404) throw error;
  }
}
