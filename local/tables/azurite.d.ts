/** The two classes of Azurite that are used; it ships no types. Node gives the CommonJS module, Jest its default export. */
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
    oauth: undefined,
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
    /** `http://127.0.0.1:PORT` */
    getHttpServerAddress(): string;
    /** Where the rows are kept: a LokiJS database. */
    readonly metadataStore: { readonly db: LokiDatabase };
  }
  interface LokiDatabase {
    autosaveDirty(): boolean;
    saveDatabase(done: (failure?: unknown) => void): void;
  }
  type Constructor = new (configuration: object) => TableServer;
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}
