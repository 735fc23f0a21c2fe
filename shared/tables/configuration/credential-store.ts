import type { TableClient } from "@azure/data-tables";
import * as z from "zod";
import type { Credential, CredentialConfig } from "../../core/configuration/credential.ts";
import { isId } from "../../core/ids.ts";
import type { CredentialStore, CredentialUse, Written } from "../../core/ports/configuration.ts";
import type { SecretBox } from "../../core/ports/secrets.ts";
import type { Scope } from "../../core/scope.ts";
import type { Row } from "./rows.ts";
import {
  updateWithRetry,
  CONFIGURATION_TABLE,
  entitiesBetween,
  findEntity,
  findRow,
  key,
  openPairs,
  pageOfRows,
  renameActions,
  rowOf,
  sealedPair,
  sealPairs,
  submit,
  sweep,
  tombstone,
} from "./rows.ts";
import { statusOf } from "../table-error.ts";
import { afterPrefix, nameKey } from "../keys.ts";
import type { Tables } from "../open-tables.ts";

/** The document of a row. */
const documentSchema = z.object({
  name: z.string(),
  description: z.string(),
  method: z.enum(["POST", "GET"]),
  url: z.string(),
  contentType: z.enum(["application/x-www-form-urlencoded", "application/json"]),
  headers: z.array(sealedPair),
  body: z.array(sealedPair),
  token: z.object({ path: z.string(), expiresInPath: z.string(), typePath: z.string() }),
  placement: z.object({ header: z.string(), prefix: z.string() }),
});

const useSchema = z.object({ rowKey: z.string(), webhookId: z.string(), webhookName: z.string() });

/**
 * Credentials in the configuration table (its layout is in rows.ts). One that a webhook uses is never
 * removed, also when the webhook begins to use it at the same moment (rule C4).
 */
export function tableCredentialStore(tables: Tables, box: SecretBox): CredentialStore {
  const open = (): Promise<TableClient> => tables.table(CONFIGURATION_TABLE);

  return {
    async create(scope, id, config, at) {
      const table = await open();
      const row = await rowFor(box, scope, id, config, at, at);
      try {
        const version = await submit(table, [
          ["create", row],
          ["create", { ...key(scope, nameKey("nc", config.name)), owner: id }],
          ["create", key(scope, `o_${id}`)],
          ["create", key(scope, `t_${id}`)],
        ]);
        return { kind: "written", value: { ...config, id, createdAt: at, updatedAt: at, version } };
      } catch (error) {
        if (statusOf(error) !== 409) throw error;
        // The SDK repeats a request whose answer was lost: then the row that is in the way is our own.
        const mine = await findRow(table, scope, id);
        return mine === undefined
          ? { kind: "name-taken" }
          : { kind: "written", value: await credentialOf(box, scope, mine) };
      }
    },

    async get(scope, id) {
      if (!isId("cr", id)) return undefined;
      const row = await findRow(await open(), scope, id);
      return row === undefined ? undefined : credentialOf(box, scope, row);
    },

    async list(scope, page) {
      const { rows, next } = await pageOfRows(await open(), scope, "cr", page);
      return { items: await Promise.all(rows.map((row) => credentialOf(box, scope, row))), next };
    },

    async uses(scope, ids) {
      return usesOf(await open(), scope, ids);
    },

    async replace(scope, id, version, config, at) {
      const table = await open();
      return updateWithRetry<Written<Credential>>(table, scope, "cr", id, version, async (row) => {
        const { name } = documentSchema.parse(row.document);
        const entity = await rowFor(box, scope, id, config, row.createdAt, at);
        try {
          const etag = await submit(table, [
            ["update", entity, "Replace", { etag: row.etag }],
            ...renameActions(scope, "nc", id, name, config.name),
          ]);
          return { kind: "written", value: { ...config, id, createdAt: row.createdAt, updatedAt: at, version: etag } };
        } catch (error) {
          if (statusOf(error) === 409) return { kind: "name-taken" };
          throw error;
        }
      });
    },

    async remove(scope, id, version) {
      const table = await open();
      return updateWithRetry<Removed>(table, scope, "cr", id, version, async (row) => {
        // Before the uses: whoever begins to use the credential after this read changes the row, and the transaction fails.
        const touched = await findEntity(table, scope, `t_${id}`);
        const webhooks = (await usesOf(table, scope, [id])).get(id) ?? [];
        if (webhooks.length > 0) return { kind: "in-use", webhooks };
        if (touched === undefined) return { kind: "not-found" }; // Removed meanwhile, to the last row.
        const { name } = documentSchema.parse(row.document);
        await submit(table, [
          tombstone(scope, row),
          ["delete", key(scope, nameKey("nc", name))],
          ["delete", key(scope, `o_${id}`)],
          ["update", key(scope, `t_${id}`), "Replace", { etag: touched.etag }],
        ]);
        await sweep(table, scope, [id, `t_${id}`]);
        return { kind: "written", value: undefined };
      });
    },
  };
}

type Removed = Awaited<ReturnType<CredentialStore["remove"]>>;

/** One range read for all: the ids of a page lie next to each other, and so do their uses. */
async function usesOf(table: TableClient, scope: Scope, ids: readonly string[]): Promise<Map<string, CredentialUse[]>> {
  const uses = new Map<string, CredentialUse[]>();
  const sorted = ids.toSorted();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return uses;
  for await (const entity of entitiesBetween(table, scope, `u_${first}_`, afterPrefix(`u_${last}_`))) {
    const { rowKey, webhookId, webhookName } = useSchema.parse(entity);
    const credentialId = rowKey.slice("u_".length, -`_${webhookId}`.length);
    if (!ids.includes(credentialId)) continue;
    uses.set(credentialId, [...(uses.get(credentialId) ?? []), { id: webhookId, name: webhookName }]);
  }
  return uses;
}

async function rowFor(
  box: SecretBox,
  scope: Scope,
  id: string,
  config: CredentialConfig,
  createdAt: Date,
  updatedAt: Date,
): Promise<ReturnType<typeof rowOf>> {
  const headers = await sealPairs(box, { scope, row: id, field: "headers" }, config.headers);
  const body = await sealPairs(box, { scope, row: id, field: "body" }, config.body);
  const document = { ...config, headers, body };
  return rowOf(scope, id, document, { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() });
}

async function credentialOf(box: SecretBox, scope: Scope, row: Row): Promise<Credential> {
  const document = documentSchema.parse(row.document);
  const { rowKey: id, createdAt, updatedAt, etag: version } = row;
  const headers = await openPairs(box, { scope, row: id, field: "headers" }, document.headers);
  const body = await openPairs(box, { scope, row: id, field: "body" }, document.body);
  return { ...document, headers, body, id, createdAt, updatedAt, version };
}
