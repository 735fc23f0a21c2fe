/** Table Storage for development and tests: Azurite's table server inside this process. Its telemetry never starts this way. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import TableConfigurationModule from "azurite/dist/src/table/TableConfiguration.js";
import TableServerModule from "azurite/dist/src/table/TableServer.js";
import "./mend-batches.ts";
import "./mend-limits.ts";
import "./mend-requests.ts";
import { mendLookups } from "./mend-lookups.ts";

const TableConfiguration =
  "default" in TableConfigurationModule ? TableConfigurationModule.default : TableConfigurationModule;
const TableServer = "default" in TableServerModule ? TableServerModule.default : TableServerModule;

const ACCOUNT = "devstoreaccount1";
/** How often changes are written to disk. Azurite's own 5 s would lose that much when the process is killed. */
const SAVE_MS = 250;
/** Azurite's published account key; it guards nothing. */
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export interface Tables {
  /** Plain http, unless `tls` was given: clients need `allowInsecureConnection: true`. */
  readonly connectionString: string;
  /** The account's address, for clients with an access token. */
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface TablesOptions {
  /** 0 means any. */
  readonly port: number;
  readonly location?: string;
  /**
   * With a certificate (PEM files) it speaks HTTPS and takes access tokens of Entra ID's form too, as the service does: lifetime, issuer and
   * audience are checked, the signature is not.
   */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/**
 * Starts the table server on the loopback address. Without `location` everything stays in memory; with it, in a file of that folder,
 * written four times a second when something changed, and on close: a killed process loses a quarter of a second at most. A taken port is replaced by a free one.
 */
export async function startTables(options: TablesOptions): Promise<Tables> {
  const server = await startOn(options).catch(async (thrown: unknown) => {
    const taken = typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === "EADDRINUSE";
    if (!taken || options.port === 0) throw thrown;
    return await startOn({ ...options, port: 0 });
  });
  const address = server.getHttpServerAddress();
  const saving = options.location === undefined ? undefined : saveOften(server.metadataStore.db);
  return {
    connectionString: `DefaultEndpointsProtocol=${new URL(address).protocol.slice(0, -1)};AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=${address}/${ACCOUNT}`,
    endpoint: `${address}/${ACCOUNT}`,
    port: Number(new URL(address).port),
    close: async () => {
      clearInterval(saving);
      await server.close();
    },
  };
}

function saveOften(db: {
  autosaveDirty(): boolean;
  saveDatabase(done: (failure?: unknown) => void): void;
}): NodeJS.Timeout {
  let busy = false;
  return setInterval(() => {
    if (busy || !db.autosaveDirty()) return;
    busy = true;
    db.saveDatabase((failure) => {
      busy = false;
      if (failure !== undefined && failure !== null) console.error("The tables could not be saved:", failure);
    });
  }, SAVE_MS);
}

async function startOn({ port, location, tls }: TablesOptions) {
  if (location !== undefined) mkdirSync(location, { recursive: true });
  const file = join(location ?? ".", "tables.json");
  const inMemory = location === undefined;
  const configuration = new TableConfiguration(
    "127.0.0.1",
    port,
    5,
    file,
    false,
    false,
    undefined,
    undefined,
    false,
    false,
    tls?.certificateFile ?? "",
    tls?.keyFile ?? "",
    "",
    tls ? "basic" : undefined,
    false,
    inMemory,
  );
  const server = new TableServer(configuration);
  await server.start();
  mendLookups(server.metadataStore.db);
  return server;
}
