import type { TransactionAction } from "@azure/data-tables";
import type { Submit } from "../../shared/tables/transactions/batch-writer.ts";
import type { OpenTable } from "../../shared/tables/open-tables.ts";
import type { RowWrite } from "../../shared/tables/transactions/row-write.ts";

/** Transactions through the SDK. */
export function sdkTransactions(openTable: OpenTable): Submit {
  return async (table, partition, writes) => {
    const actions = writes.map(({ write }) => actionOf(partition, write));
    const { subResponses } = await (await openTable(table)).submitTransaction(actions);
    // The answers come in the order of the actions.
    return new Map(writes.map(({ write }, index) => [write.row, subResponses[index]?.etag ?? ""]));
  };
}

function actionOf(partitionKey: string, write: RowWrite): TransactionAction {
  const keys = { partitionKey, rowKey: write.row };
  switch (write.kind) {
    case "insert":
      return ["create", { ...keys, ...write.properties }];
    case "put":
      return ["upsert", { ...keys, ...write.properties }, "Replace"];
    case "merge":
      return ["update", { ...keys, ...write.properties }, "Merge", { etag: write.version }];
    case "delete":
      return ["delete", keys];
  }
}
