/** Table Storage for development and tests: Azurite's table server in this process, which never starts its telemetry. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import TableConfigurationModule from "azurite/dist/src/table/TableConfiguration.js";
import TableServerModule from "azurite/dist/src/table/TableServer.js";
import "./fix-batches.ts";
import "./fix-limits.ts";
import "./fix-queries.ts";
import "./fix-requests.ts";
import { fixLookups } from "./fix-lookups.ts";

const TableConfiguration =
  "default" in TableConfigurationModule ? TableConfigurationModule.default : TableConfigurationModule;
const TableServer = "default" in TableServerModule ? TableServerModule.default : TableServerModule;

const ACCOUNT = "devstoreaccount1";
/** How often changes are written to disk. With Azurite's default of 5 s, a killed process would lose that much. */
const SAVE_MS = 250;
/** Every save writes all rows: the rest between two is at least so many times as long as a save, or a large table would do nothing else. */
const REST_PER_SAVE = 4;
/** Azurite's published account key: not a secret. */
const KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

export interface Tables {
  /** Plain http, unless `tls` was given: clients need `allowInsecureConnection: true`. */
  readonly connectionString: string;
  /** URL of the account, for clients with an access token. */
  readonly endpoint: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface TablesOptions {
  /** 0 is any free one. */
  readonly port: number;
  readonly location?: string;
  /**
   * With a certificate (PEM files) it serves HTTPS and accepts access tokens in the form of Entra ID's too, as the service does: lifetime, issuer
   * and audience are checked, the signature is not.
   */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
}

/**
 * Starts the table server on the loopback address, on a free port when the given one is in use. Without `location` everything stays in memory;
 * with it, rows are in a file of that folder, written four times a second while they change, more rarely once they are many, and on close: a
 * killed process loses what changed since the last time.
 */
export async function startTables(options: TablesOptions): Promise<Tables> {
  const server = await startOn(options).catch(async (thrown: unknown) => {
    const taken = typeof thrown === "object" && thrown !== null && "code" in thrown && thrown.code === "EADDRINUSE";
    if (!taken || options.port === 0) throw thrown;
    return await startOn({ ...options, port: 0 });
  });
  const address = server.getHttpServerAddress();
  const stopSaving = options.location === undefined ? undefined : saveOften(server.metadataStore.db);
  return {
    connectionString: `DefaultEndpointsProtocol=${new URL(address).protocol.slice(0, -1)};AccountName=${ACCOUNT};AccountKey=${KEY};TableEndpoint=${address}/${ACCOUNT}`,
    endpoint: `${address}/${ACCOUNT}`,
    port: Number(new URL(address).port),
    close: async () => {
      stopSaving?.();
      await server.close();
    },
  };
}

/** Saves what has changed again and again, until the returned function is called. */
function saveOften(db: {
  autosaveDirty(): boolean;
  saveDatabase(done: (failure?: unknown) => void): void;
}): () => void {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const saveIn = (ms: number): void => {
    if (!stopped) timer = setTimeout(save, ms);
  };
  const save = (): void => {
    if (!db.autosaveDirty()) {
      saveIn(SAVE_MS);
      return;
    }
    const begun = performance.now();
    db.saveDatabase((failure) => {
      if (failure !== undefined && failure !== null) console.error("The tables could not be saved:", failure);
      saveIn(Math.max(SAVE_MS, REST_PER_SAVE * (performance.now() - begun)));
    });
  };
  saveIn(SAVE_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
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
  fixLookups(server.metadataStore.db);
  return server;
}
