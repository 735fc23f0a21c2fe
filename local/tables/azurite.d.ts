/** The classes of Azurite that are used; it ships no types. Node gives the CommonJS module, Jest its default export. */
declare module "azurite/dist/src/table/TableConfiguration.js" {
  type Constructor = new (
    host: string,
    port: number,
    keepAliveTimeout: number,
    metadataDBPath: string,
    enableDebugLog: boolean,
    enableAccessLog: boolean,
    accessLogWriteStream: undefined,
    debugLogFilePath: undefined,
    loose: boolean,
    skipApiVersionCheck: boolean,
    cert: string,
    key: string,
    pwd: string,
    oauth: "basic" | undefined,
    disableProductStyleUrl: boolean,
    isMemoryPersistence: boolean,
  ) => object;
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}

declare module "azurite/dist/src/table/TableServer.js" {
  interface TableServer {
    start(): Promise<void>;
    close(): Promise<void>;
    /** `http://127.0.0.1:PORT`, `https` with a certificate. */
    getHttpServerAddress(): string;
    /** Where the rows are kept: a LokiJS database. */
    readonly metadataStore: { readonly db: LokiDatabase };
  }
  interface LokiDatabase {
    /** Never empty once the server has started: the list of tables is one of them. */
    readonly collections: readonly LokiCollection[];
    autosaveDirty(): boolean;
    saveDatabase(done: (failure?: unknown) => void): void;
  }
  interface LokiCollection {
    /** The first row that has all of these values. */
    findOne: (this: LokiCollection, query: Readonly<Record<string, unknown>>) => unknown;
  }
  type Constructor = new (configuration: object) => TableServer;
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
  export type { LokiCollection, LokiDatabase };
}

declare module "azurite/dist/src/table/batch/TableBatchOrchestrator.js" {
  interface Orchestrator {
    /** Runs one transaction, whose requests are those of `body`. */
    processBatchRequestAndSerializeResponse: (this: Orchestrator, body: string) => Promise<string>;
    readonly context: { readonly account?: string };
    readonly repository: {
      getBatchRequests(): readonly { getPath(): string }[];
      endBatchTransaction(
        account: string,
        table: string,
        batchId: string,
        context: object,
        succeeded: boolean,
      ): Promise<void>;
    };
  }
  interface Constructor {
    readonly prototype: Orchestrator;
  }
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}
