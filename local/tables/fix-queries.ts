/**
 * A fault of Azurite's queries, fixed: it evaluates the filter for every row of the table although its database has indices, so that listing the
 * attempts of one delivery costs more with every delivery before it. Here the key bounds in the filter select rows by index first; the filter itself
 * still decides.
 */
import ParserModule from "azurite/dist/src/table/persistence/QueryInterpreter/QueryParser.js";
import StoreModule from "azurite/dist/src/table/persistence/LokiTableMetadataStore.js";
import type { QueryNode } from "azurite/dist/src/table/persistence/QueryInterpreter/QueryParser.js";

const parse = "default" in ParserModule ? ParserModule.default : ParserModule;
const { prototype: store } = "default" in StoreModule ? StoreModule.default : StoreModule;
const { queryTableEntities } = store;

store.queryTableEntities = function (context, account, table, options, ...next) {
  const narrowing = narrowingOf(options.filter ?? "");
  if (narrowing === undefined) return queryTableEntities.call(this, context, account, table, options, ...next);
  const rows = this.getEntityCollection(account, table, context);
  const narrowed = (): object => ({ chain: () => rows.chain().find(narrowing) });
  const view = new Proxy(this, {
    get: (target, name): unknown => (name === "getEntityCollection" ? narrowed : Reflect.get(target, name, target)),
  });
  return queryTableEntities.call(view, context, account, table, options, ...next);
};

/** A database query, answered by an index, for a superset of the matching rows; undefined when the filter has no such bounds. */
export function narrowingOf(filter: string): Readonly<Record<string, unknown>> | undefined {
  const terms = conjuncts(filter);
  const valueOf = (key: string, ...operators: readonly string[]): string | undefined =>
    terms.find((term) => term.key === key && operators.includes(term.operator))?.value;

  const lower = valueOf("RowKey", "eq", "ge", "gt");
  const upper = valueOf("RowKey", "eq", "le", "lt");
  if (lower !== undefined && upper !== undefined && isOrdinal(lower) && isOrdinal(upper))
    return { RowKey: { $between: [lower, upper] } };
  const partition = valueOf("PartitionKey", "eq");
  return partition === undefined ? undefined : { PartitionKey: partition };
}

/**
 * The index sorts what looks like a number before all other strings. Nothing between two keys that start with a lower-case letter does, so its
 * order is the service's there.
 */
function isOrdinal(key: string): boolean {
  return /^[a-z]/.test(key);
}

interface Term {
  readonly key: string;
  readonly operator: string;
  readonly value: string;
}

/** Comparisons with a string that must all hold; none when the filter is not valid, which Azurite itself reports. */
function conjuncts(filter: string): readonly Term[] {
  try {
    return filter === "" ? [] : termsOf(parse(filter));
  } catch {
    return [];
  }
}

function termsOf({ name, left, right }: QueryNode): readonly Term[] {
  if (left === undefined || right === undefined) return [];
  if (name === "and") return [...termsOf(left), ...termsOf(right)];
  const { identifier } = left;
  const { value } = right;
  return identifier !== undefined && right.name === "constant" && typeof value === "string"
    ? [{ key: identifier, operator: name, value }]
    : [];
}
