/** The classes of Azurite in use; it ships no types. Node imports the CommonJS module, Jest its default export. */
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
    /** The rows: a LokiJS database. */
    readonly metadataStore: { readonly db: LokiDatabase };
  }
  interface LokiDatabase {
    /** Never empty once the server has started: one of them is the list of tables. */
    readonly collections: readonly LokiCollection[];
    autosaveDirty(): boolean;
    saveDatabase(done: (failure?: unknown) => void): void;
  }
  /** A query being built; its first `find` uses an index. */
  interface LokiRows {
    find(query: Readonly<Record<string, unknown>>): LokiRows;
  }
  interface LokiCollection {
    /** The first row that has all of these values. */
    findOne: (this: LokiCollection, query: Readonly<Record<string, unknown>>) => unknown;
  }
  /** The rows of one table. */
  interface LokiTable extends LokiCollection {
    chain(): LokiRows;
  }
  type Constructor = new (configuration: object) => TableServer;
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
  export type { LokiCollection, LokiDatabase, LokiTable };
}

declare module "azurite/dist/src/table/TableRequestListenerFactory.js" {
  import type { RequestListener } from "node:http";
  interface Factory {
    createRequestListener: (this: Factory) => RequestListener;
  }
  interface Constructor {
    readonly prototype: Factory;
  }
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}

declare module "azurite/dist/src/table/errors/StorageError.js" {
  /** The context of a single request or of an operation in a transaction. */
  interface Context {
    readonly contextID?: string | undefined;
    readonly accept?: string | undefined;
    /** Absent until the request is parsed. */
    readonly request?:
      { getHeader(name: string): string | undefined; getQuery(name: string): string | undefined } | undefined;
    /** The keys in the URL of a single request. */
    readonly context?: { readonly partitionKey?: string; readonly rowKey?: string };
  }
  type Constructor = new (
    statusCode: number,
    code: string,
    message: string,
    requestId: string,
    additional: undefined,
    context: Context,
  ) => Error;
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
  export type { Context };
}

declare module "azurite/dist/src/table/errors/StorageErrorFactory.js" {
  import type { Context } from "azurite/dist/src/table/errors/StorageError.js";
  interface Factory {
    getInvalidResourceName: (context: Context) => Error;
    getOutOfRangeName: (context: Context) => Error;
  }
  const exported: Factory | { readonly default: Factory };
  export { exported as default };
}

declare module "azurite/dist/src/table/handlers/TableHandler.js" {
  import type { Context } from "azurite/dist/src/table/errors/StorageError.js";
  type Key = string | undefined;
  interface QueryOptions {
    readonly queryOptions?: { readonly top?: number; readonly filter?: string };
  }
  /** Operations, called for single requests and for those of a transaction. */
  interface Handler {
    updateEntity: (
      this: Handler,
      table: string,
      pk: Key,
      rk: Key,
      options: object,
      context: Context,
    ) => Promise<object>;
    mergeEntity: (this: Handler, table: string, pk: Key, rk: Key, options: object, context: Context) => Promise<object>;
    deleteEntity: (
      this: Handler,
      table: string,
      pk: Key,
      rk: Key,
      ifMatch: string | undefined,
      options: object,
      context: Context,
    ) => Promise<object>;
    queryEntities: (this: Handler, table: string, options: QueryOptions, context: Context) => Promise<object>;
    queryEntitiesWithPartitionAndRowKey: (
      this: Handler,
      table: string,
      pk: Key,
      rk: Key,
      options: object,
      context: Context,
    ) => Promise<object>;
    checkProperties: (this: Handler, context: Context, properties: Readonly<Record<string, unknown>>) => void;
    validateKey: (this: Handler, context: Context, key: string) => void;
    /** For one entity; {@link checkBodyLimit} is for any request. */
    checkEntityLimit: (this: Handler, context: Context, body: string | undefined) => void;
    checkBodyLimit: (this: Handler, context: Context, body: string | undefined) => void;
  }
  interface Constructor {
    readonly prototype: Handler;
  }
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}

declare module "azurite/dist/src/table/persistence/LokiTableMetadataStore.js" {
  import type { Context } from "azurite/dist/src/table/errors/StorageError.js";
  import type { LokiTable } from "azurite/dist/src/table/TableServer.js";
  interface Entity {
    readonly PartitionKey: string;
    readonly RowKey: string;
    readonly properties: Readonly<Record<string, unknown>>;
  }
  type Change = (
    this: Store,
    context: Context,
    table: string,
    account: string,
    entity: Entity,
    ifMatch: string | undefined,
    batchId: string | undefined,
  ) => Promise<object>;
  interface Store {
    insertTableEntity: (
      this: Store,
      context: Context,
      table: string,
      account: string,
      entity: Entity,
      batchId: string | undefined,
    ) => Promise<object>;
    updateTableEntity: Change;
    mergeTableEntity: Change;
    /** The matching rows in order, and the keys to continue from. */
    queryTableEntities: (
      this: Store,
      context: Context,
      account: string,
      table: string,
      options: { readonly filter?: string },
      ...next: readonly (string | undefined)[]
    ) => Promise<object>;
    /** The table's rows. @throws TableNotFound */
    getEntityCollection(account: string, table: string, context: Context): LokiTable;
  }
  interface Constructor {
    readonly prototype: Store;
  }
  const exported: Constructor | { readonly default: Constructor };
  export { exported as default };
}

declare module "azurite/dist/src/table/persistence/QueryInterpreter/QueryParser.js" {
  /** A node of a parsed filter: `and`, `eq`, `ge` … with both sides; `id` with an identifier; `constant` with a value. */
  interface QueryNode {
    readonly name: string;
    readonly left?: QueryNode;
    readonly right?: QueryNode;
    readonly identifier?: string;
    readonly value?: unknown;
  }
  /** @throws when the filter is not valid. */
  type Parse = (filter: string) => QueryNode;
  const exported: Parse | { readonly default: Parse };
  export { exported as default };
  export type { QueryNode };
}

declare module "azurite/dist/src/table/batch/TableBatchOrchestrator.js" {
  import type { Context } from "azurite/dist/src/table/errors/StorageError.js";
  interface Orchestrator {
    /** Runs the transaction in `body`. */
    processBatchRequestAndSerializeResponse: (this: Orchestrator, body: string) => Promise<string>;
    /** Called before each request runs. */
    validateBatchRequest: (
      this: Orchestrator,
      partitionKey: string | undefined,
      rowKey: string,
      context: Context,
    ) => void;
    /** Partition keys of the requests so far. */
    readonly partitionKeyMap: ReadonlyMap<string, string>;
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
