/**
 * What the table service of Azure rejects and Azurite does not. Sources:
 *
 * - the documented limits: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 *   and its error codes: …/storageservices/table-service-error-codes, …/querying-tables-and-entities
 * - the size of an entity: learn.microsoft.com/archive/blogs/avkashchauhan/how-the-size-of-an-entity-is-caclulated-in-windows-azure-table-storage
 * - messages, codes and the pattern of property names: Microsoft's own older emulator (`TableStatusEntries`, `TableDataContextHelper`)
 * - the code for each kind of key, time and value, alone and in transactions: the tests of github.com/Andrei15193/CloudStub, which run
 *   against a real account too; for whole entities, names and requests that are too large the tests of github.com/Azure/azure-storage-java
 *   and azure-storage-net.
 */

/** An error of the service. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Properties of an entity as its JSON has them, with their types beside them as `<name>@odata.type`. */
export type Properties = Readonly<Record<string, unknown>>;

const MAX_ENTITY_BYTES = 1_048_576;
/** Not counting `PartitionKey`, `RowKey` and `Timestamp`. */
const MAX_PROPERTIES = 252;
const MAX_NAME_UNITS = 255;
/** 64 KiB of UTF-16. */
const MAX_STRING_UNITS = 32_768;
const MAX_BINARY_BYTES = 65_536;
/** 1 KiB of UTF-16. */
const MAX_KEY_UNITS = 512;
const MAX_PAGE = 1_000;
const MAX_COMPARISONS = 15;

/** A C# identifier: the rule for property names since version 2009-04-14. */
const NAME = /^(?!.*[\u{10000}-\u{10ffff}])[_\p{L}\p{Nl}][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}\p{Cf}]*$/u;
const KEY_CHARACTERS = /^[^/\\#?\p{Cc}]*$/u;
const KEYS = new Set(["PartitionKey", "RowKey"]);
/** 1601-01-01, the first time of the service; the last is in the year 9999. */
const EARLIEST = Date.UTC(1601, 0, 1);

const refusal = (code: string, message: string): Refusal => ({ status: 400, code, message });

const INVALID_INPUT = refusal("InvalidInput", "One of the request inputs is not valid.");

/** Why the body of a write is rejected while it is read, before the table is looked up. */
export function whileReading(properties: Properties): Refusal | undefined {
  for (const [name, value] of Object.entries(properties)) {
    const found = propertyFault(name, value, properties[`${name}@odata.type`]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function propertyFault(name: string, value: unknown, type: unknown): Refusal | undefined {
  if (isAnnotation(name) || name === "Timestamp") return undefined;
  if (KEYS.has(name)) {
    return typeof value === "string" && !KEY_CHARACTERS.test(value) ? outOfRange(name, value) : undefined;
  }
  if (!NAME.test(name)) return refusal("PropertyNameInvalid", "The property name is invalid.");
  return type === "Edm.DateTime" && typeof value === "string" ? timeFault(name, value) : undefined;
}

function timeFault(name: string, value: string): Refusal | undefined {
  const at = Date.parse(value);
  if (Number.isNaN(at) || /^[+-]/.test(value)) return INVALID_INPUT;
  if (at >= EARLIEST) return undefined;
  const [date = "", time = ""] = new Date(at).toISOString().slice(0, 19).split("T");
  const [year = "", month = "", day = ""] = date.split("-");
  return outOfRange(name, `${month}/${day}/${year} ${time}`);
}

function outOfRange(name: string, value: string): Refusal {
  return refusal("OutOfRangeInput", `The '${name}' parameter of value '${value}' is out of range.`);
}

/** Why a key in a URL is rejected, before the body is read. */
export function inUrl(key: string): Refusal | undefined {
  if (/[/\\]/.test(key)) return refusal("InvalidInput", "Bad Request - Error in query syntax.");
  if (KEY_CHARACTERS.test(key)) return undefined;
  return refusal("OutOfRangeInput", "One of the request inputs is out of range.");
}

/** Why an entity is rejected when it is stored in a table that exists. */
export function whenStored(partitionKey: string, rowKey: string, properties: Properties): Refusal | undefined {
  const own = ownProperties(properties);
  if (own.length > MAX_PROPERTIES) {
    return refusal(
      "TooManyProperties",
      "The entity contains more properties than allowed. Each entity can include up to 252 properties to store data. Each entity also has 3 system properties.",
    );
  }
  if (own.some(({ name }) => name.length > MAX_NAME_UNITS))
    return refusal("PropertyNameTooLong", "The property name exceeds the maximum allowed length (255).");
  if (entityBytes(partitionKey, rowKey, own) > MAX_ENTITY_BYTES)
    return refusal("EntityTooLarge", "The entity is larger than the maximum allowed size (1MB).");
  const tooLong = [partitionKey, rowKey].some((key) => key.length > MAX_KEY_UNITS) || own.some(isTooLarge);
  if (!tooLong) return undefined;
  return refusal(
    "PropertyValueTooLarge",
    "The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is UTF-16 encoded and the maximum number of characters should be 32K or less.",
  );
}

/** The result of a merge: null leaves a property as it is. */
export function merged(before: Properties, after: Properties): Properties {
  const result = { ...before };
  for (const { name, value, type } of ownProperties(after)) {
    result[name] = value;
    result[`${name}@odata.type`] = type;
  }
  return result;
}

/** Why a query is rejected. */
export function inQuery(top: number | undefined, filter: string | undefined): Refusal | undefined {
  if (top !== undefined && (top < 1 || top > MAX_PAGE)) return INVALID_INPUT;
  const outsideTexts = (filter ?? "").replace(/'(?:[^']|'')*'/g, "''");
  const comparisons = outsideTexts.match(/\s(?:eq|ne|gt|ge|lt|le)\s/g) ?? [];
  return comparisons.length > MAX_COMPARISONS ? INVALID_INPUT : undefined;
}

interface Property {
  readonly name: string;
  readonly value: unknown;
  readonly type: unknown;
}

/** Without system properties and annotations; null is not stored. */
function ownProperties(properties: Properties): Property[] {
  return Object.entries(properties)
    .filter(([name, value]) => !isAnnotation(name) && !KEYS.has(name) && name !== "Timestamp" && isThere(value))
    .map(([name, value]) => ({ name, value, type: properties[`${name}@odata.type`] }));
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined;

const isAnnotation = (name: string): boolean => name.startsWith("odata.") || name.includes("@odata.");

function isTooLarge({ value, type }: Property): boolean {
  if (typeof value !== "string") return false;
  return type === "Edm.Binary" ? binaryBytes(value) > MAX_BINARY_BYTES : value.length > MAX_STRING_UNITS;
}

function entityBytes(partitionKey: string, rowKey: string, own: readonly Property[]): number {
  const keys = 4 + (partitionKey.length + rowKey.length) * 2;
  return own.reduce((sum, property) => sum + 8 + property.name.length * 2 + valueBytes(property), keys);
}

const FIXED_BYTES: ReadonlyMap<unknown, number> = new Map([
  ["Edm.Boolean", 1],
  ["Edm.Int32", 4],
  ["Edm.Int64", 8],
  ["Edm.Double", 8],
  ["Edm.DateTime", 8],
  ["Edm.Guid", 16],
]);

function valueBytes({ value, type }: Property): number {
  const fixed = FIXED_BYTES.get(type);
  if (fixed !== undefined) return fixed;
  if (typeof value === "string") return 4 + (type === "Edm.Binary" ? binaryBytes(value) : value.length * 2);
  if (typeof value === "boolean") return 1;
  return Number.isInteger(value) ? 4 : 8;
}

const binaryBytes = (base64: string): number => Buffer.byteLength(base64, "base64");
