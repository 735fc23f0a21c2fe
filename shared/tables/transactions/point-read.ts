import * as z from "zod";
import { TableRefusal } from "../table-error.ts";
import { inUrl, refusal } from "./multipart.ts";
import { askTables } from "./service.ts";
import type { ServiceDeps } from "./service.ts";

/** Reads one row by its keys; undefined when there is none, or no table. @throws the table's refusal */
export type ReadRow = (
  table: string,
  partition: string,
  row: string,
) => Promise<Readonly<Record<string, unknown>> | undefined>;

const HEADERS = { accept: "application/json;odata=nometadata" };
const entitySchema = z.record(z.string(), z.unknown());

/**
 * Point reads over the pooled connection of {@link ServiceDeps.call}, for what every event asks: the SDK takes several times the processor.
 * Values are as JSON has them, without types.
 */
export function pointReads(deps: ServiceDeps): ReadRow {
  return (table, partition, row) =>
    askTables(
      `/${table}(PartitionKey='${inUrl(partition)}',RowKey='${inUrl(row)}')`,
      { method: "GET", headers: HEADERS, body: null },
      ({ status, body }) => {
        if (status === 200) return { kind: "done", value: entitySchema.parse(JSON.parse(body)) };
        if (status === 404) return { kind: "done", value: undefined };
        return { kind: "refused", status, error: new TableRefusal(refusal(status, body)) };
      },
      deps,
    );
}
