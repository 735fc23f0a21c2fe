/** What a property may be. Times are texts (RFC 3339), and there is no null: a property that is not there stands for one. */
export type RowValue = string | number | boolean | Uint8Array;

export type RowProperties = Readonly<Record<string, RowValue>>;

/** One row of a transaction. */
export type RowWrite =
  /** Refused with 409 when the row exists. */
  | { readonly kind: "insert"; readonly row: string; readonly properties: RowProperties }
  /** Writes the row whether it exists or not. */
  | { readonly kind: "put"; readonly row: string; readonly properties: RowProperties }
  /** Changes these properties; refused with 412 when the row is not of this version any more. */
  | { readonly kind: "merge"; readonly row: string; readonly properties: RowProperties; readonly version: string }
  /** Refused with 404 when there is no such row. */
  | { readonly kind: "delete"; readonly row: string };

/** A write as it goes over the wire: encoded once, so that its size is known before it is sent. */
export interface EncodedWrite {
  readonly write: RowWrite;
  /** The entity; empty for a delete. */
  readonly json: string;
  /** What it takes of the transaction's request, in bytes, with what is around it. */
  readonly bytes: number;
}

/** Request line, headers and boundaries around an operation, with an account's URL; a few hundred bytes of it are spare. */
const OPERATION_BYTES = 1_000;

/** @see https://learn.microsoft.com/rest/api/storageservices/payload-format-for-table-service-operations */
export function encodeWrite(partition: string, write: RowWrite): EncodedWrite {
  const json = write.kind === "delete" ? "" : JSON.stringify(entityOf(partition, write.row, write.properties));
  // In the URL and in the entity; nine bytes is the most that a UTF-16 unit takes percent-encoded.
  const keys = 9 * (partition.length + write.row.length);
  return { write, json, bytes: OPERATION_BYTES + keys + Buffer.byteLength(json, "utf8") };
}

const MAX_INT32 = 0x7f_ff_ff_ff;

function entityOf(
  partition: string,
  row: string,
  properties: RowProperties,
): Record<string, string | number | boolean> {
  const entity: Record<string, string | number | boolean> = { PartitionKey: partition, RowKey: row };
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "object") {
      entity[`${name}@odata.type`] = "Edm.Binary";
      entity[name] = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
    } else {
      // Numbers are taken as Edm.Int32 unless they say otherwise.
      if (typeof value === "number" && !(Number.isInteger(value) && Math.abs(value) <= MAX_INT32))
        entity[`${name}@odata.type`] = "Edm.Double";
      entity[name] = value;
    }
  }
  return entity;
}
