/** The two classes of Azurite that are used; it ships no types. Node gives the CommonJS module, Jest its default export. */
declare module "azurite/dist/src/table/TableConfiguration.js" {
  class TableConfiguration {
    constructor(
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
    );
  }
  const exported: typeof TableConfiguration | { readonly default: typeof TableConfiguration };
  export default exported;
}

declare module "azurite/dist/src/table/TableServer.js" {
  class TableServer {
    constructor(configuration: object);
    start(): Promise<void>;
    close(): Promise<void>;
    /** `http://127.0.0.1:PORT` */
    getHttpServerAddress(): string;
  }
  const exported: typeof TableServer | { readonly default: typeof TableServer };
  export default exported;
}
