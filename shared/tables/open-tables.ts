import type { TableClient } from "@azure/data-tables";

/** Gives the app's access tokens: as much of a credential of `@azure/identity` as the tables need. */
interface Identity {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** How to reach the account: a connection string (development, where plain HTTP is allowed), or an endpoint with an identity. */
export type TablesSettings =
  | { readonly kind: "connection-string"; readonly value: string }
  | { readonly kind: "identity"; readonly endpoint: string; readonly credential: Identity };

/** A client for the table of this name; the table need not exist. */
export type OpenTable = (name: string) => Promise<TableClient>;

/**
 * Opens tables of one account by name, without asking whether they exist. Connects to nothing yet. The SDK is loaded on first use: an instance that
 * starts has a message waiting.
 */
export function tableOpener(settings: TablesSettings): OpenTable {
  return async (name) => {
    const { TableClient } = await import("./table-client.ts");
    return settings.kind === "connection-string"
      ? TableClient.fromConnectionString(settings.value, name, { allowInsecureConnection: true })
      : new TableClient(settings.endpoint, name, settings.credential);
  };
}

/** Clients of tables that exist. */
export interface Tables {
  /** The client of a table, which is created when it is missing. Asks the service once per table and process. */
  readonly table: (name: string) => Promise<TableClient>;
}

/** Opens nothing yet: each table is created on first use. A creation that fails is tried again by the next caller. */
export function openTables(settings: TablesSettings): Tables {
  const openTable = tableOpener(settings);
  const opened = new Map<string, Promise<TableClient>>();
  return {
    table: (name) => {
      const known = opened.get(name);
      if (known !== undefined) return known;
      const opening = created(openTable(name));
      opened.set(name, opening);
      opening.catch(() => opened.delete(name));
      return opening;
    },
  };
}

async function created(opening: Promise<TableClient>): Promise<TableClient> {
  const table = await opening;
  await table.createTable(); // No error when it exists.
  return table;
}
