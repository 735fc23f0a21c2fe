import { randomUUID } from "node:crypto";
import type { TableClient, TableEntity, TableTransactionResponse, TransactionAction } from "@azure/data-tables";
import * as z from "zod";
import { badCursor, readCursor, writeCursor } from "../../core/cursor.ts";
import { Trouble } from "../../lib/errors.ts";
import type { IdPrefix } from "../../core/ids.ts";
import { isId } from "../../core/ids.ts";
import { PassingTrouble } from "../../lib/passing-trouble.ts";
import type { PageRequest } from "../../core/ports/pages.ts";
import type { SealPlace, SecretBox } from "../../core/ports/secrets.ts";
import type { Scope } from "../../core/scope.ts";
import { scopeKey } from "../../core/scope.ts";
import { Secret } from "../../core/secret.ts";
import { documentEntity } from "../entity.ts";
import { statusOf } from "../table-error.ts";
import type { ReadRow } from "../transactions/point-read.ts";
import { afterPrefix, nameKey, tableKey, quoted } from "../keys.ts";
import { joinText } from "../split-text.ts";

/**
 * Webhooks and credentials of a scope lie in one partition of one table, so that one transaction holds every rule that
 * spans rows. Row keys, by their beginnings:
 *
 *     wh_…  cr_…        a webhook, a credential; newest first by the form of their ids
 *     nw_…  nc_…        hash of a name that is taken, for webhooks and credentials: insert makes names unique
 *     u_<cr>_<wh>       the webhook uses the credential
 *     o_<cr>            exists while the credential may be used: a new use merges into it, so it fails once it is gone
 *     s_webhooks        `stamp`, the configuration's version: written anew with every change of a webhook, so that one small read tells whether there was any
 *     t_<cr>            touched by every new use: deleting replaces it on condition, so it fails if a use came in between
 *
 * The SDK's transactions cannot delete on condition. Deleting therefore replaces the row with a tombstone on condition,
 * in the same transaction as everything else, and then deletes the tombstone; readers skip one that was left behind.
 */
export const CONFIGURATION_TABLE = "configuration";

/** Rounds of read, decide, write, when others write the same rows at the same time. */
const MAX_ROUNDS = 50;

/** A row read back: what every row of a webhook or credential has. */
const rowSchema = z.looseObject({
  rowKey: z.string(),
  etag: z.string(),
  deleted: z.literal(true).optional(),
  createdAt: z.iso.datetime().optional(),
  updatedAt: z.iso.datetime().optional(),
});

/** A stored row that is not a tombstone. */
export interface Row {
  readonly rowKey: string;
  readonly etag: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** The JSON document of the configuration, unchecked. */
  readonly document: unknown;
  /** All properties, for those that a store adds. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A row: the document split over as many properties as it needs. @throws AppError `invalid` when it does not fit in one row */
export function rowOf(scope: Scope, id: string, document: object, more: Record<string, unknown>): TableEntity {
  return documentEntity(key(scope, id), document, more);
}

export function key(scope: Scope, rowKey: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: tableKey(scopeKey(scope)), rowKey: tableKey(rowKey) };
}

function readRow(entity: unknown): Row | undefined {
  const row = rowSchema.parse(entity);
  if (row.deleted === true) return undefined;
  const document: unknown = JSON.parse(joinText("doc", row));
  return {
    rowKey: row.rowKey,
    etag: row.etag,
    createdAt: new Date(z.string().parse(row.createdAt)),
    updatedAt: new Date(z.string().parse(row.updatedAt)),
    document,
    properties: row,
  };
}

/** One row by its id; undefined when there is none. */
export async function findRow(table: TableClient, scope: Scope, id: string): Promise<Row | undefined> {
  const entity = await findEntity(table, scope, id);
  return entity === undefined ? undefined : readRow(entity);
}

export async function findEntity(
  table: TableClient,
  scope: Scope,
  rowKey: string,
): Promise<{ etag: string } | undefined> {
  const { partitionKey } = key(scope, rowKey);
  try {
    return await table.getEntity(partitionKey, tableKey(rowKey));
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Entities whose row keys lie between two keys, both excluded, in their order.
 * @param atATime entities asked for in one request, 1 to 1,000
 */
export async function* entitiesBetween(
  table: TableClient,
  scope: Scope,
  above: string,
  below: string,
  atATime = 1_000,
): AsyncGenerator<{ rowKey?: string }> {
  const filter = `PartitionKey eq ${quoted(scopeKey(scope))} and RowKey gt ${quoted(above)} and RowKey lt ${quoted(below)}`;
  for await (const page of table.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: atATime }))
    yield* page;
}

/** A row of a scope, or why it cannot be read. */
export type RowRead =
  | { readonly id: string; readonly row: Row }
  | { readonly id: string; readonly row: undefined; readonly error: unknown };

/** All of a scope's rows of a kind, newest first; one that cannot be read is among them with its error. */
export async function allRows(table: TableClient, scope: Scope, prefix: IdPrefix): Promise<RowRead[]> {
  const rows: RowRead[] = [];
  for await (const entity of entitiesBetween(table, scope, `${prefix}_`, afterPrefix(`${prefix}_`))) {
    const id = entity.rowKey ?? "";
    try {
      const row = readRow(entity);
      if (row) rows.push({ id, row });
    } catch (error) {
      rows.push({ id, row: undefined, error });
    }
  }
  return rows;
}

/**
 * One page of a scope's rows of a kind, newest first.
 * @throws AppError `malformed-request` for a cursor that is not one of ours
 */
export async function pageOfRows(
  table: TableClient,
  scope: Scope,
  prefix: IdPrefix,
  page: PageRequest | undefined,
): Promise<{ rows: Row[]; next: string | null }> {
  const name = { list: prefix, scope };
  const above = page?.cursor == null ? `${prefix}_` : rowKeyOf(prefix, readCursor(name, page.cursor));
  const limit = page?.limit ?? Number.POSITIVE_INFINITY;
  const below = afterPrefix(`${prefix}_`);
  const rows: Row[] = [];
  for await (const entity of entitiesBetween(table, scope, above, below, Math.min(limit + 1, 1_000))) {
    const row = readRow(entity);
    if (row === undefined) continue;
    const last = rows.at(-1);
    if (rows.length === limit && last !== undefined) return { rows, next: writeCursor(name, last.rowKey) };
    rows.push(row);
  }
  return { rows, next: null };
}

function rowKeyOf(prefix: IdPrefix, position: string): string {
  if (!isId(prefix, position)) throw badCursor();
  return position;
}

const VERSION_ROW = "s_webhooks";

/** The action that every change of a webhook carries. */
export function bumpVersion(scope: Scope): TransactionAction {
  return ["upsert", { ...key(scope, VERSION_ROW), stamp: randomUUID() }, "Replace"];
}

/** The stamp of the scope's webhooks; empty while there has never been one. */
export async function readConfigurationVersion(readRow: ReadRow, scope: Scope): Promise<string> {
  const { partitionKey, rowKey } = key(scope, VERSION_ROW);
  const entity = await readRow(CONFIGURATION_TABLE, partitionKey, rowKey);
  return entity === undefined ? "" : z.object({ stamp: z.string() }).parse(entity).stamp;
}

/** Runs a transaction; the ETag is that of its first row, which must be a create or an update. */
export async function submit(table: TableClient, actions: TransactionAction[]): Promise<string> {
  const response: TableTransactionResponse = await table.submitTransaction(actions);
  const etag = response.subResponses[0]?.etag;
  if (etag === undefined) throw new Trouble("The table service answered a transaction without an ETag.");
  return etag;
}

/** The first action of a removal. */
export function tombstone(scope: Scope, row: Row): TransactionAction {
  return ["update", { ...key(scope, row.rowKey), deleted: true }, "Replace", { etag: row.etag }];
}

/** Deletes what a removal left. Not part of the removal: one that fails here is done all the same, and readers skip the rest. */
export async function sweep(table: TableClient, scope: Scope, rowKeys: readonly string[]): Promise<void> {
  const { partitionKey } = key(scope, "all");
  await Promise.allSettled(rowKeys.map((rowKey) => table.deleteEntity(partitionKey, rowKey)));
}

/**
 * Reads the row, checks its version and writes; begins anew when the write fails because a row changed meanwhile.
 * @param write throws the table service's refusal (404, 412) when one of its conditions does not hold
 */
export async function updateWithRetry<T>(
  table: TableClient,
  scope: Scope,
  prefix: IdPrefix,
  id: string,
  version: string,
  write: (row: Row) => Promise<T>,
): Promise<T | { kind: "not-found" } | { kind: "version-mismatch" }> {
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds += 1) {
    const row = isId(prefix, id) ? await findRow(table, scope, id) : undefined;
    if (row === undefined) return { kind: "not-found" };
    if (version !== "*" && version !== row.etag) return { kind: "version-mismatch" };
    try {
      return await write(row);
    } catch (error) {
      const status = statusOf(error);
      if (status !== 412 && status !== 404) throw error;
      // 404: removed meanwhile, or else a row that must be there is not.
      if (status === 404 && (await findRow(table, scope, id))?.etag === row.etag) throw error;
    }
  }
  throw new PassingTrouble(`${id} changed under each of ${String(MAX_ROUNDS)} tries to write it.`);
}

/** What a new name changes besides the row; nothing when it stays. */
export function renameActions(
  scope: Scope,
  kind: "nw" | "nc",
  id: string,
  before: string,
  after: string,
): TransactionAction[] {
  if (before === after) return [];
  return [
    ["delete", key(scope, nameKey(kind, before))],
    ["create", { ...key(scope, nameKey(kind, after)), owner: id }],
  ];
}

interface OpenPair {
  readonly key: string;
  readonly value: Secret;
  readonly secret: boolean;
}

/** A pair as it lies in the document: its value sealed, marked secret or not (rule W12). */
export const sealedPair = z.object({ key: z.string(), value: z.string(), secret: z.boolean() });
type SealedPair = z.infer<typeof sealedPair>;

export function sealPairs(box: SecretBox, place: SealPlace, pairs: readonly OpenPair[]): Promise<SealedPair[]> {
  return Promise.all(
    pairs.map(async ({ key: name, value, secret }, index) => ({
      key: name,
      value: await box.seal(value.reveal(), { ...place, field: `${place.field}/${String(index)}` }),
      secret,
    })),
  );
}

export function openPairs(box: SecretBox, place: SealPlace, pairs: readonly SealedPair[]): Promise<OpenPair[]> {
  return Promise.all(
    pairs.map(async ({ key: name, value, secret }, index) => ({
      key: name,
      value: new Secret(await box.open(value, { ...place, field: `${place.field}/${String(index)}` })),
      secret,
    })),
  );
}
