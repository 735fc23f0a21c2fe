import type { TableClient, TransactionAction } from "@azure/data-tables";
import * as z from "zod";
import { EVENT_GROUP, EVENT_TYPES } from "../../contract/event-types.ts";
import { isId } from "../../core/ids.ts";
import { isPassing } from "../../lib/passing-trouble.ts";
import { lastingReason } from "../../lib/lasting-reason.ts";
import type { SecretBox } from "../../core/ports/secrets.ts";
import type { UnreadableWebhook, WebhookStore, Written, WrittenWebhook } from "../../core/ports/configuration.ts";
import type { Scope } from "../../core/scope.ts";
import type { PersonalizationAttribute } from "../../contract/webhook.ts";
import type { Webhook, WebhookConfig } from "../../core/configuration/webhook.ts";
import { RETRY_POLICIES } from "../../contract/webhook.ts";
import type { Row, RowRead } from "./rows.ts";
import {
  allRows,
  updateWithRetry,
  CONFIGURATION_TABLE,
  findEntity,
  findRow,
  key,
  openPairs,
  pageOfRows,
  readConfigurationVersion,
  renameActions,
  rowOf,
  sealedPair,
  sealPairs,
  bumpVersion,
  submit,
  sweep,
  tombstone,
} from "./rows.ts";
import { statusOf } from "../table-error.ts";
import { nameKey } from "../keys.ts";
import type { Tables } from "../open-tables.ts";
import type { ReadRow } from "../transactions/point-read.ts";

const attribute = z
  .object({ name: z.string(), ifMissing: z.enum(["empty", "fallback", "fail"]), fallback: z.string().optional() })
  .transform(({ name, ifMissing, fallback }): PersonalizationAttribute =>
    fallback === undefined ? { name, ifMissing } : { name, ifMissing, fallback },
  );

/** The document of a row. Read leniently where a rule may become stricter: what was stored once stays readable. */
const documentSchema = z.object({
  name: z.string(),
  description: z.string(),
  eventGroup: z.literal(EVENT_GROUP),
  eventTypes: z.array(z.enum(EVENT_TYPES)),
  method: z.literal("POST"),
  url: z.string(),
  credentialId: z.string().nullable(),
  headers: z.array(sealedPair),
  body: z.string(),
  attributes: z.array(attribute),
  retryPolicy: z.enum(RETRY_POLICIES),
  timeoutSeconds: z.number(),
  success: z.object({ alsoStatuses: z.array(z.number()) }).default({ alsoStatuses: [] }),
});

const stateSchema = z.object({ enabled: z.boolean(), pausedReason: z.string() });

/**
 * Webhooks in the configuration table (its layout is in rows.ts). Names are unique in a scope, and a
 * credential that is used cannot vanish, whatever happens at the same time: each write is one transaction.
 */
export function tableWebhookStore(tables: Tables, box: SecretBox, readRow: ReadRow): WebhookStore {
  const open = (): Promise<TableClient> => tables.table(CONFIGURATION_TABLE);
  const read = (scope: Scope, row: Row): Promise<Webhook> => webhookOf(box, scope, row);

  return {
    async create(scope, id, config, at) {
      const table = await open();
      const state = { enabled: true, pausedReason: null, createdAt: at };
      const row = await rowFor(box, scope, id, config, state, at);
      try {
        const version = await submit(table, [
          ["create", row],
          ["create", { ...key(scope, nameKey("nw", config.name)), owner: id }],
          ...(config.credentialId === null ? [] : newUse(scope, config.credentialId, id, config.name)),
          bumpVersion(scope),
        ]);
        return { kind: "written", value: { ...config, id, ...state, updatedAt: at, version } };
      } catch (error) {
        if (statusOf(error) === 404 && config.credentialId !== null) return { kind: "credential-not-found" };
        if (statusOf(error) !== 409) throw error;
        // The SDK repeats a request whose answer was lost: then the row that is in the way is our own.
        const mine = await findRow(table, scope, id);
        return mine === undefined ? { kind: "name-taken" } : { kind: "written", value: await read(scope, mine) };
      }
    },

    async get(scope, id) {
      if (!isId("wh", id)) return undefined;
      const row = await findRow(await open(), scope, id);
      return row === undefined ? undefined : read(scope, row);
    },

    async list(scope, page) {
      const { rows, next } = await pageOfRows(await open(), scope, "wh", page);
      return { items: await Promise.all(rows.map((row) => read(scope, row))), next };
    },

    configurationVersion: (scope) => readConfigurationVersion(readRow, scope),

    async all(scope) {
      const rows = await allRows(await open(), scope, "wh");
      const all = await Promise.all(rows.map((found) => readOrTell(found, (row) => read(scope, row))));
      return {
        webhooks: all.filter((one): one is Webhook => !("reason" in one)),
        unreadable: all.filter((one) => "reason" in one),
      };
    },

    async replace(scope, id, version, config, at) {
      const table = await open();
      return updateWithRetry<WrittenWebhook>(table, scope, "wh", id, version, async (row) => {
        const before = documentSchema.parse(row.document);
        const state = { ...stateOf(row), createdAt: row.createdAt };
        const entity = await rowFor(box, scope, id, config, state, at);
        try {
          const etag = await submit(table, [
            ["update", entity, "Replace", { etag: row.etag }],
            ...renameActions(scope, "nw", id, before.name, config.name),
            ...usesChanged(scope, id, before, config),
            bumpVersion(scope),
          ]);
          return { kind: "written", value: { ...config, id, ...state, updatedAt: at, version: etag } };
        } catch (error) {
          if (statusOf(error) === 409) return { kind: "name-taken" };
          if (statusOf(error) !== 404 || config.credentialId === null) throw error;
          // Of the rows that must exist, only the credential's can go while the webhook stays.
          if ((await findEntity(table, scope, `o_${config.credentialId}`)) === undefined)
            return { kind: "credential-not-found" };
          throw error;
        }
      });
    },

    async setPaused(scope, id, version, reason, at) {
      const table = await open();
      return updateWithRetry<Written<Webhook>>(table, scope, "wh", id, version, async (row) => {
        const state = { enabled: reason === null, pausedReason: reason ?? "", updatedAt: at.toISOString() };
        const etag = await submit(table, [
          ["update", { ...key(scope, id), ...state }, "Merge", { etag: row.etag }],
          bumpVersion(scope),
        ]);
        const webhook = await read(scope, row);
        return {
          kind: "written",
          value: { ...webhook, enabled: reason === null, pausedReason: reason, updatedAt: at, version: etag },
        };
      });
    },

    async remove(scope, id, version) {
      const table = await open();
      return updateWithRetry<Written<undefined>>(table, scope, "wh", id, version, async (row) => {
        const { name, credentialId } = documentSchema.parse(row.document);
        await submit(table, [
          tombstone(scope, row),
          ["delete", key(scope, nameKey("nw", name))],
          ...(credentialId === null ? [] : noUse(scope, credentialId, id)),
          bumpVersion(scope),
        ]);
        await sweep(table, scope, [id]);
        return { kind: "written", value: undefined };
      });
    },
  };
}

async function rowFor(
  box: SecretBox,
  scope: Scope,
  id: string,
  config: WebhookConfig,
  state: { enabled: boolean; pausedReason: string | null; createdAt: Date },
  at: Date,
): Promise<ReturnType<typeof rowOf>> {
  const headers = await sealPairs(box, { scope, row: id, field: "headers" }, config.headers);
  return rowOf(
    scope,
    id,
    { ...config, headers },
    {
      enabled: state.enabled,
      pausedReason: state.pausedReason ?? "",
      createdAt: state.createdAt.toISOString(),
      updatedAt: at.toISOString(),
    },
  );
}

async function webhookOf(box: SecretBox, scope: Scope, row: Row): Promise<Webhook> {
  const document = documentSchema.parse(row.document);
  const headers = await openPairs(box, { scope, row: row.rowKey, field: "headers" }, document.headers);
  const { createdAt, updatedAt } = row;
  return { ...document, headers, id: row.rowKey, ...stateOf(row), createdAt, updatedAt, version: row.etag };
}

/** @throws what can pass: it says nothing about the row */
async function readOrTell(found: RowRead, read: (row: Row) => Promise<Webhook>): Promise<Webhook | UnreadableWebhook> {
  const { id, row } = found;
  if (row === undefined) return { id, enabled: true, eventTypes: [], reason: lastingReason(found.error) };
  try {
    return await read(row);
  } catch (error) {
    if (isPassing(error)) throw error;
    const state = stateSchema.safeParse(row.properties).data;
    const document = documentSchema.safeParse(row.document).data;
    const known = { enabled: state?.enabled ?? true, eventTypes: document?.eventTypes ?? [] };
    return { id, ...known, reason: lastingReason(error) };
  }
}

function stateOf(row: Row): { enabled: boolean; pausedReason: string | null } {
  const { enabled, pausedReason } = stateSchema.parse(row.properties);
  return { enabled, pausedReason: pausedReason === "" ? null : pausedReason };
}

type Used = Pick<WebhookConfig, "name" | "credentialId">;

function usesChanged(scope: Scope, id: string, before: Used, after: Used): TransactionAction[] {
  if (before.credentialId === after.credentialId) {
    return before.credentialId === null || before.name === after.name
      ? []
      : [use(scope, before.credentialId, id, after.name)];
  }
  return [
    ...(before.credentialId === null ? [] : noUse(scope, before.credentialId, id)),
    ...(after.credentialId === null ? [] : newUse(scope, after.credentialId, id, after.name)),
  ];
}

function newUse(scope: Scope, credentialId: string, id: string, name: string): TransactionAction[] {
  return [
    ["update", key(scope, `o_${credentialId}`), "Merge"],
    ["upsert", { ...key(scope, `t_${credentialId}`), touchedBy: id }, "Replace"],
    use(scope, credentialId, id, name),
  ];
}

function noUse(scope: Scope, credentialId: string, id: string): TransactionAction[] {
  return [["delete", key(scope, `u_${credentialId}_${id}`)]];
}

function use(scope: Scope, credentialId: string, id: string, name: string): TransactionAction {
  return ["upsert", { ...key(scope, `u_${credentialId}_${id}`), webhookId: id, webhookName: name }, "Replace"];
}
