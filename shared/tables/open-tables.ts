import { TableClient } from "@azure/data-tables";

/** Gives the app's access tokens: as much of a credential of `@azure/identity` as the tables need. */
interface Identity {
  getToken(scopes: string | string[]): Promise<{ token: string; expiresOnTimestamp: number } | null>;
}

/** How to reach the account: a connection string (development, where plain HTTP is allowed), or an endpoint with an identity. */
export type TablesSettings =
  | { readonly kind: "connection-string"; readonly value: string }
  | { readonly kind: "identity"; readonly endpoint: string; readonly credential: Identity };

/** Clients of tables that exist. */
export interface Tables {
  /** The client of a table, which is made when it is missing. Asks the service once per table and process. */
  readonly table: (name: string) => Promise<TableClient>;
}

/**
 * Opens nothing yet: each table is created on first use. A creation that fails is tried again by the next caller.
 */
export function openTables(settings: TablesSettings): Tables {
  const known = new Map<string, Promise<TableClient>>();
  return {
    table: (name) => {
      const there = known.get(name);
      if (there !== undefined) return there;
      const opening = open(settings, name);
      known.set(name, opening);
      opening.catch(() => known.delete(name));
      return opening;
    },
  };
}

async function open(settings: TablesSettings, name: string): Promise<TableClient> {
  const client =
    settings.kind === "connection-string"
      ? TableClient.fromConnectionString(settings.value, name, { allowInsecureConnection: true })
      : new TableClient(settings.endpoint, name, settings.credential);
  await client.createTable(); // No error when it is there already.
  return client;
}
