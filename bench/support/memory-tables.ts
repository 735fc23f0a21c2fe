import type { MonthTables, Row, RowRange } from "../../shared/tables/deliveries/month-tables.ts";
import { TableRefusal } from "../../shared/tables/table-error.ts";
import type { EncodedWrite } from "../../shared/tables/transactions/row-write.ts";

interface Partition {
  readonly rows: Map<string, Row>;
  /** Keys in their order; undefined after a write that changed them. */
  keys: string[] | undefined;
}

/** Tables in memory that count the requests which real ones would take: one for a row, and one for up to a thousand rows of a range. */
export function memoryTables(): { readonly tables: MonthTables; readonly reads: () => number } {
  const partitions = new Map<string, Partition>();
  let reads = 0;
  let version = 0;
  const at = (table: string, partition: string): Partition => {
    const name = `${table}/${partition}`;
    const there = partitions.get(name) ?? { rows: new Map<string, Row>(), keys: undefined };
    partitions.set(name, there);
    return there;
  };
  const rangeOf = ({ table, partition, prefix, from = "" }: RowRange, count: number): Row[] => {
    const { rows, keys } = sorted(at(table, partition));
    const found: Row[] = [];
    for (let index = firstFrom(keys, prefix + from); found.length < count; index += 1) {
      const key = keys[index];
      const row = key?.startsWith(prefix) === true ? rows.get(key) : undefined;
      if (row === undefined) break;
      found.push(row);
    }
    reads += Math.max(1, Math.ceil(found.length / 1_000));
    return found;
  };
  const tables: MonthTables = {
    submit: (table, partition, writes) => {
      const there = at(table, partition);
      const guilty = writes.findIndex((write) => isRefused(write, there.rows));
      if (guilty !== -1) return Promise.reject(new TableRefusal({ status: 409, code: "Conflict", index: guilty }));
      const versions = new Map<string, string>();
      for (const { write } of writes) {
        const before = there.rows.get(write.row);
        if ((before === undefined) !== (write.kind === "delete")) there.keys = undefined;
        if (write.kind === "delete") {
          there.rows.delete(write.row);
          continue;
        }
        const etag = String((version += 1));
        const kept = write.kind === "merge" ? before : {};
        there.rows.set(write.row, { ...kept, ...write.properties, rowKey: write.row, etag });
        versions.set(write.row, etag);
      }
      return Promise.resolve(versions);
    },
    get: ({ table, partition, row }) => {
      reads += 1;
      return Promise.resolve(at(table, partition).rows.get(row));
    },
    first: (range, count) => Promise.resolve(rangeOf(range, count)),
    all: (range) => Promise.resolve(rangeOf(range, Number.POSITIVE_INFINITY)),
  };
  return { tables, reads: () => reads };
}

function isRefused({ write }: EncodedWrite, rows: ReadonlyMap<string, Row>): boolean {
  const there = rows.get(write.row);
  if (write.kind === "insert") return there !== undefined;
  if (write.kind === "merge") return there?.["etag"] !== write.version;
  return write.kind === "delete" && there === undefined;
}

function sorted(partition: Partition): { rows: ReadonlyMap<string, Row>; keys: readonly string[] } {
  partition.keys ??= [...partition.rows.keys()].toSorted();
  return { rows: partition.rows, keys: partition.keys };
}

/** Where the first key is that does not sort below `key`. */
function firstFrom(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? "") < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
