import { randomUUID } from "node:crypto";
import { TableRefusal } from "../table-error.ts";
import type { Submit } from "./batch-writer.ts";
import { contentType, readAnswer, transactionBody } from "./multipart.ts";
import { askTables } from "./service.ts";
import type { ServiceDeps } from "./service.ts";

/**
 * Entity group transactions over a pooled connection. Recording deliveries is most of what the app does, and the SDK takes several times the
 * processor of the request that is recorded; what is here is what it does for a transaction, and no more.
 */
export function transactionClient(deps: ServiceDeps): Submit {
  const boundary = randomUUID();
  const headers = { "content-type": contentType(boundary), accept: "application/json" };
  return (table, partition, writes) => {
    const body = transactionBody(`${deps.account.endpoint}/${table}`, partition, writes, boundary);
    return askTables(
      "/$batch",
      { method: "POST", headers, body },
      (answer) => {
        const read = readAnswer(answer.status, answer.body);
        return read.kind === "done"
          ? { kind: "done", value: new Map(writes.map(({ write }, at) => [write.row, read.versions[at] ?? ""])) }
          : { kind: "refused", status: read.status, error: new TableRefusal(read) };
      },
      deps,
    );
  };
}
