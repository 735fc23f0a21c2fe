/**
 * Most bytes of an entity as {@link entityBytes} counts them.
 * @see https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
export const MAX_ENTITY_BYTES = 1_048_576;

/** Most bytes of a transaction's request. @see https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions */
export const MAX_REQUEST_BYTES = 4_194_304;

/** Most operations of a transaction. */
export const MAX_OPERATIONS = 100;

/**
 * What an entity takes beside its keys and properties. Microsoft documents 4 bytes; the service was found to refuse 88 bytes earlier
 * (github.com/MicrosoftDocs/azure-docs/issues/68661), and the author of that measurement came to 160 later (github.com/NuGet/Insights).
 */
const ENTITY_BYTES = 4 + 160;

/** What the service counts nothing for, or adds itself. */
const NOT_STORED = new Set(["partitionKey", "rowKey", "etag", "timestamp"]);

/**
 * Size of an entity by the service's own reckoning, in bytes: UTF-16, 8 bytes for a property and 4 more for a text or bytes. An entity may have
 * {@link MAX_ENTITY_BYTES} of them.
 * @see https://learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage
 */
export function entityBytes(entity: { readonly partitionKey: string; readonly rowKey: string }): number {
  const keys = (entity.partitionKey.length + entity.rowKey.length) * 2;
  return Object.entries(entity).reduce(
    (sum, [name, value]) => (NOT_STORED.has(name) ? sum : sum + 8 + name.length * 2 + valueBytes(value)),
    ENTITY_BYTES + keys,
  );
}

/** Of the kinds of values that our rows hold: texts, bytes, numbers, true and false. */
function valueBytes(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (value instanceof Uint8Array) return 4 + value.length;
  return typeof value === "string" ? 4 + value.length * 2 : 8;
}
