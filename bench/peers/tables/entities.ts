import * as z from "zod";

/** A refusal, with the service's own error code. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** One write. `text` is the JSON of the entity, empty for a deletion. */
export interface Operation {
  readonly kind: "insert" | "replace" | "merge" | "delete";
  readonly partition: string;
  readonly row: string;
  readonly text: string;
  /** The ETag that the entity must have, or `*` if it only has to exist. Without it, replace and merge are upserts. */
  readonly ifMatch: string | undefined;
}

export interface Entity {
  readonly etag: string;
  /** JSON of its properties as sent. */
  readonly text: string;
}

interface Partition {
  readonly rows: Map<string, Entity>;
  /** Row keys in order; undefined after a change until the next query. */
  order: readonly string[] | undefined;
}

/** A range of rows of one partition, in key order. */
export interface Range {
  readonly partition: string;
  readonly holds: (row: string) => boolean;
  /** No row below this key is in the range or on this page. */
  readonly from: string;
  readonly top: number;
}

export interface Page {
  readonly entities: readonly Entity[];
  /** First row key of the next page. */
  readonly next: string | undefined;
}

export interface Entities {
  createTable(name: string): Refusal | undefined;
  /** All or nothing: the ETags in order, or the refusal and the index of the refused operation. */
  write(table: string, operations: readonly Operation[]): readonly string[] | { readonly refusal: Refusal; at: number };
  get(table: string, partition: string, row: string): Entity | Refusal;
  query(table: string, range: Range): Page | Refusal;
  clear(): void;
}

const MAX_OPERATIONS = 100;
const properties = z.record(z.string(), z.unknown());

const refusal = (status: number, code: string): Refusal => ({ status, code });
const NO_TABLE = refusal(404, "TableNotFound");
const NO_ENTITY = refusal(404, "ResourceNotFound");

/** Tables in memory, with the service's transaction rules: one partition, each row once, at most 100 operations, all or nothing. */
export function entities(): Entities {
  const tables = new Map<string, Map<string, Partition>>();
  let version = 0;

  const partitionOf = (table: Map<string, Partition>, key: string): Partition => {
    const partition = table.get(key) ?? { rows: new Map<string, Entity>(), order: [] };
    table.set(key, partition);
    return partition;
  };
  const apply = (partition: Partition, { kind, row, text }: Operation): string => {
    const before = partition.rows.get(row);
    if (kind === "delete") {
      partition.rows.delete(row);
      partition.order = undefined;
      return "";
    }
    if (before === undefined) partition.order = undefined;
    version += 1;
    const etag = `W/"datetime'${String(version)}'"`;
    const merged = kind === "merge" && before ? JSON.stringify({ ...read(before.text), ...read(text) }) : text;
    partition.rows.set(row, { etag, text: merged });
    return etag;
  };

  return {
    createTable: (name) => {
      if (tables.has(name)) return refusal(409, "TableAlreadyExists");
      tables.set(name, new Map());
      return undefined;
    },
    write: (name, operations) => {
      const refused = wrongTransaction(operations);
      if (refused) return { refusal: refused, at: 0 };
      const table = tables.get(name);
      if (!table) return { refusal: NO_TABLE, at: 0 };
      const partition = partitionOf(table, operations[0]?.partition ?? "");
      for (const [at, operation] of operations.entries()) {
        const refusal = condition(operation, partition.rows.get(operation.row));
        if (refusal) return { refusal, at };
      }
      return operations.map((operation) => apply(partition, operation));
    },
    get: (name, partition, row) => {
      const table = tables.get(name);
      if (!table) return NO_TABLE;
      return table.get(partition)?.rows.get(row) ?? NO_ENTITY;
    },
    query: (name, { partition: key, holds, from, top }) => {
      const table = tables.get(name);
      if (!table) return NO_TABLE;
      const partition = table.get(key);
      if (!partition) return { entities: [], next: undefined };
      partition.order ??= [...partition.rows.keys()].sort();
      const { rows, order } = partition;
      const found: Entity[] = [];
      for (let at = firstAt(order, from); at < order.length; at += 1) {
        const row = order[at] ?? "";
        const entity = rows.get(row);
        if (!entity || !holds(row)) {
          // Only the lower bound itself may be excluded; any other miss is past the end of the range.
          if (row !== from) break;
          continue;
        }
        if (found.length === top) return { entities: found, next: row };
        found.push(entity);
      }
      return { entities: found, next: undefined };
    },
    clear: () => {
      tables.clear();
    },
  };
}

function wrongTransaction(operations: readonly Operation[]): Refusal | undefined {
  if (operations.length === 0 || operations.length > MAX_OPERATIONS) return refusal(400, "InvalidInput");
  const [first] = operations;
  if (operations.some(({ partition }) => partition !== first?.partition))
    return refusal(400, "CommandsInBatchActOnDifferentPartitions");
  if (new Set(operations.map(({ row }) => row)).size < operations.length) return refusal(400, "InvalidDuplicateRow");
  return undefined;
}

function condition({ kind, ifMatch }: Operation, before: Entity | undefined): Refusal | undefined {
  if (kind === "insert") return before && refusal(409, "EntityAlreadyExists");
  if (kind === "delete" && ifMatch === undefined) return refusal(400, "MissingRequiredHeader");
  if (ifMatch === undefined) return undefined;
  if (!before) return NO_ENTITY;
  return ifMatch === "*" || ifMatch === before.etag ? undefined : refusal(412, "UpdateConditionNotSatisfied");
}

function read(text: string): Record<string, unknown> {
  return properties.parse(JSON.parse(text));
}

/** Index of the first key that is not less than `from`. */
function firstAt(order: readonly string[], from: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((order[middle] ?? "") < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
