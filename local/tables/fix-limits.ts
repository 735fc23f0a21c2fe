/**
 * Azurite accepts some requests that the service rejects, and rejects others with different codes. The rules of azure-limits.ts are applied where
 * Azurite reads, stores and runs transactions. An error thrown there is answered as the service does: as OData JSON, in a transaction with the index
 * of the operation before the message, everything rolled back.
 */
import OrchestratorModule from "azurite/dist/src/table/batch/TableBatchOrchestrator.js";
import StorageErrorModule from "azurite/dist/src/table/errors/StorageError.js";
import ErrorFactoryModule from "azurite/dist/src/table/errors/StorageErrorFactory.js";
import HandlerModule from "azurite/dist/src/table/handlers/TableHandler.js";
import StoreModule from "azurite/dist/src/table/persistence/LokiTableMetadataStore.js";
import type { Context } from "azurite/dist/src/table/errors/StorageError.js";
import { inQuery, inUrl, merged, whenStored, whileReading } from "./azure-limits.ts";
import type { Properties, Refusal } from "./azure-limits.ts";

const StorageError = "default" in StorageErrorModule ? StorageErrorModule.default : StorageErrorModule;
const errors = "default" in ErrorFactoryModule ? ErrorFactoryModule.default : ErrorFactoryModule;
const { prototype: handler } = "default" in HandlerModule ? HandlerModule.default : HandlerModule;
const { prototype: store } = "default" in StoreModule ? StoreModule.default : StoreModule;
const { prototype: orchestrator } = "default" in OrchestratorModule ? OrchestratorModule.default : OrchestratorModule;

function errorOf({ status, code, message }: Refusal, context: Context): Error {
  return new StorageError(status, code, message, context.contextID ?? "", undefined, readable(context));
}

function refuse(found: Refusal | undefined, context: Context): void {
  if (found !== undefined) throw errorOf(found, context);
}

/** Until the request is parsed, Azurite answers in XML whatever the client accepts. */
function readable(context: Context): Context {
  if (context.request !== undefined) return context;
  const { accept } = context;
  return { contextID: context.contextID, request: { getHeader: () => accept, getQuery: () => undefined } };
}

// Table names: Azurite lacks these codes.
errors.getInvalidResourceName = (context) =>
  errorOf(
    {
      status: 400,
      code: "InvalidResourceName",
      message: "The specifed resource name contains invalid characters.", // The service's own spelling.
    },
    context,
  );
errors.getOutOfRangeName = (context) =>
  errorOf(
    {
      status: 400,
      code: "OutOfRangeInput",
      message: "The specified resource name length is not within the permissible limits.",
    },
    context,
  );

// Where a request is read.
handler.checkProperties = (context, properties) => {
  refuse(whileReading(properties), context);
};
/** Azurite's check of 512 characters with one code is replaced by {@link whileReading}, {@link inUrl} and {@link whenStored}. */
handler.validateKey = () => undefined;
/** Azurite measures the JSON of an entity, where `\u0000` has six bytes. Only the limit of any request remains. */
handler.checkEntityLimit = function (context, body) {
  this.checkBodyLimit(context, body);
};

const { updateEntity, mergeEntity, deleteEntity, queryEntities, queryEntitiesWithPartitionAndRowKey } = handler;

handler.updateEntity = async function (table, partitionKey, rowKey, options, context) {
  refuseKeys(partitionKey, rowKey, context);
  return await updateEntity.call(this, table, partitionKey, rowKey, options, context);
};
handler.mergeEntity = async function (table, partitionKey, rowKey, options, context) {
  refuseKeys(partitionKey, rowKey, context);
  return await mergeEntity.call(this, table, partitionKey, rowKey, options, context);
};
handler.deleteEntity = async function (table, partitionKey, rowKey, ifMatch, options, context) {
  refuseKeys(partitionKey, rowKey, context);
  return await deleteEntity.call(this, table, partitionKey, rowKey, ifMatch, options, context);
};
handler.queryEntitiesWithPartitionAndRowKey = async function (table, partitionKey, rowKey, options, context) {
  refuseKeys(partitionKey, rowKey, context);
  return await queryEntitiesWithPartitionAndRowKey.call(this, table, partitionKey, rowKey, options, context);
};
handler.queryEntities = async function (table, options, context) {
  refuse(inQuery(options.queryOptions?.top, options.queryOptions?.filter), context);
  return await queryEntities.call(this, table, options, context);
};

/** Keys of a single request are in its context; those of an operation in a transaction are arguments. */
function refuseKeys(partitionKey: string | undefined, rowKey: string | undefined, context: Context): void {
  for (const key of [partitionKey ?? context.context?.partitionKey, rowKey ?? context.context?.rowKey])
    refuse(inUrl(key ?? ""), context);
}

// Where an entity is stored. Azurite reads and writes a row without yielding, and so do these.
const { insertTableEntity, updateTableEntity, mergeTableEntity } = store;

store.insertTableEntity = async function (context, table, account, entity, batchId) {
  this.getEntityCollection(account, table, context); // Throws TableNotFound, which takes precedence.
  refuse(whenStored(entity.PartitionKey, entity.RowKey, entity.properties), context);
  return await insertTableEntity.call(this, context, table, account, entity, batchId);
};
store.updateTableEntity = async function (context, table, account, entity, ifMatch, batchId) {
  this.getEntityCollection(account, table, context);
  refuse(whenStored(entity.PartitionKey, entity.RowKey, entity.properties), context);
  return await updateTableEntity.call(this, context, table, account, entity, ifMatch, batchId);
};
store.mergeTableEntity = async function (context, table, account, entity, ifMatch, batchId) {
  const { PartitionKey, RowKey, properties } = entity;
  const before = this.getEntityCollection(account, table, context).findOne({ PartitionKey, RowKey });
  refuse(whenStored(PartitionKey, RowKey, merged(propertiesOf(before), properties)), context);
  return await mergeTableEntity.call(this, context, table, account, entity, ifMatch, batchId);
};

function propertiesOf(row: unknown): Properties {
  if (typeof row !== "object" || row === null || !("properties" in row)) return {};
  return typeof row.properties === "object" && row.properties !== null ? { ...row.properties } : {};
}

// Where a transaction is validated.
const { validateBatchRequest } = orchestrator;

orchestrator.validateBatchRequest = function (partitionKey, rowKey, context) {
  const [first = partitionKey] = this.partitionKeyMap.values();
  if (partitionKey !== first) {
    const message = "All commands in a batch must operate on same entity group.";
    refuse({ status: 400, code: "CommandsInBatchActOnDifferentPartitions", message }, context);
  }
  validateBatchRequest.call(this, partitionKey, rowKey, context);
};
