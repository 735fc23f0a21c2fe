import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { TableClient } from "@azure/data-tables";
import { startTables } from "../../../local/tables/start.ts";
import type { DataKeyStore, MessageKeys, SealPlace, SecretBox } from "../../../shared/core/ports/secrets.ts";
import { appIdentity } from "../../../shared/platform/app-identity.ts";
import { keyVaultBox } from "../../../shared/secrets/key-vault-box.ts";
import type { KeyVaultBoxOptions } from "../../../shared/secrets/key-vault-box.ts";
import { tableDataKeyStore } from "../../../shared/tables/data-key-store.ts";
import { tableOpener } from "../../../shared/tables/open-tables.ts";
import { openTables } from "../../../shared/tables/open-tables.ts";
import { startKeyVault, VAULT_RESOURCE } from "../../support/key-vault.ts";
import type { KeyVault } from "../../support/key-vault.ts";
import "../../support/localhost-names.ts";
import { startManagedIdentity } from "../../support/managed-identity.ts";
import type { ManagedIdentity } from "../../support/managed-identity.ts";

/** Vault, identity and tables, each a server on this machine, and instances of the app's box that use them. */
export interface VaultFixture {
  readonly identity: ManagedIdentity;
  readonly vault: KeyVault;
  /** The box of an instance of the app of its own: nothing in memory yet. */
  instance(options?: Partial<KeyVaultBoxOptions>): SecretBox & MessageKeys;
  store(): DataKeyStore;
  /** A table as who has only the tables sees it. */
  table(name: string): Promise<TableClient>;
  /** A place of a client that does not have a data key yet. */
  newPlace(): SealPlace;
  /** Time of all instances; moves only by {@link VaultFixture.pass}. */
  now(): Date;
  pass(ms: number): void;
  close(): Promise<void>;
}

export async function startVaultFixture(): Promise<VaultFixture> {
  const identity = await startManagedIdentity();
  Object.assign(process.env, identity.env);
  const vault = await startKeyVault((token) => token === identity.token(VAULT_RESOURCE));
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(vault.ca, "utf8")]);
  const tables = await startTables({ port: 0 });
  let time = Date.now();
  let clients = 0;
  const now = (): Date => new Date(time);
  const account = { kind: "connection-string", value: tables.connectionString } as const;
  const store = (): DataKeyStore => tableDataKeyStore(openTables(account));
  return {
    identity,
    vault,
    store,
    table: tableOpener(account),
    now,
    instance: (options) =>
      keyVaultBox({ keyUrl: vault.keyUrl, identity: appIdentity(), store: store(), clock: now, ...options }),
    newPlace: () => {
      clients += 1;
      const scope = { client: `c${String(clients)}`, program: "rewards", environment: "uat" };
      return { scope, row: "wh_1", field: "headers/0" };
    },
    pass: (ms) => {
      time += ms;
    },
    close: async () => {
      await Promise.all([identity.close(), vault.close(), tables.close()]);
    },
  };
}
