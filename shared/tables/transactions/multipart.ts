import * as z from "zod";
import type { EncodedWrite, RowWrite } from "./row-write.ts";

export const contentType = (boundary: string): string => `multipart/mixed; boundary=batch_${boundary}`;

const METHODS: Readonly<Record<RowWrite["kind"], string>> = {
  insert: "POST",
  put: "PUT",
  merge: "PATCH",
  delete: "DELETE",
};

/**
 * The body of an entity group transaction.
 * @param url of the table, absolute
 * @param boundary between the parts: must not occur in a row's text, so it must be unpredictable
 * @see https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 */
export function transactionBody(
  url: string,
  partition: string,
  writes: readonly EncodedWrite[],
  boundary: string,
): string {
  let body = `--batch_${boundary}\r\nContent-Type: multipart/mixed; boundary=changes_${boundary}\r\n\r\n`;
  for (const { write, json } of writes) {
    const target =
      write.kind === "insert" ? url : `${url}(PartitionKey='${inUrl(partition)}',RowKey='${inUrl(write.row)}')`;
    body +=
      `--changes_${boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n` +
      `${METHODS[write.kind]} ${target} HTTP/1.1\r\n${headersOf(write)}DataServiceVersion: 3.0\r\n\r\n${json}\r\n`;
  }
  return `${body}--changes_${boundary}--\r\n--batch_${boundary}--\r\n`;
}

/** A key in a URL; ours are made of characters that need nothing. */
export function inUrl(key: string): string {
  return /^[\w.~-]*$/.test(key) ? key : encodeURIComponent(key.replaceAll("'", "''"));
}

const JSON_BODY = "Content-Type: application/json;odata=nometadata\r\nAccept: application/json;odata=nometadata\r\n";

function headersOf(write: RowWrite): string {
  switch (write.kind) {
    case "insert":
      return `${JSON_BODY}Prefer: return-no-content\r\n`;
    case "put":
      return JSON_BODY;
    case "merge":
      return `${JSON_BODY}If-Match: ${write.version}\r\n`;
    case "delete":
      return "Accept: application/json;odata=nometadata\r\nIf-Match: *\r\n";
  }
}

/** What the service said of each write, or why it refused all of them. */
export type TransactionAnswer =
  | { readonly kind: "done"; readonly versions: readonly string[] }
  | { readonly kind: "refused"; readonly status: number; readonly code: string; readonly index: number | undefined };

/** A part's status line, or its ETag. */
const LINE = /^(?:HTTP\/1\.1 (\d{3})\b|ETag: ([^\r\n]+))/gim;

/** @param status of the answer as a whole */
export function readAnswer(status: number, body: string): TransactionAnswer {
  if (status !== 202) return refusal(status, body);
  const versions: string[] = [];
  for (const [, partStatus, version] of body.matchAll(LINE)) {
    if (partStatus === undefined) versions[versions.length - 1] = version ?? "";
    // One part alone says why none was written.
    else if (partStatus.startsWith("2")) versions.push("");
    else return refusal(Number(partStatus), body);
  }
  return { kind: "done", versions };
}

const errorSchema = z.object({
  "odata.error": z.object({ code: z.string(), message: z.object({ value: z.string() }) }),
});

/** What the service says when it refuses. */
export function refusal(status: number, body: string): Extract<TransactionAnswer, { kind: "refused" }> {
  const json = body.slice(body.indexOf("{"), body.lastIndexOf("}") + 1);
  const error = parsed(json)?.["odata.error"];
  // The text begins with the place of the write that was refused, from 0.
  const [, index] = /^(\d{1,3}):/.exec(error?.message.value ?? "") ?? [];
  return { kind: "refused", status, code: error?.code ?? "", index: index === undefined ? undefined : Number(index) };
}

function parsed(json: string): z.infer<typeof errorSchema> | undefined {
  try {
    return errorSchema.safeParse(JSON.parse(json)).data;
  } catch {
    return undefined; // A proxy's page, for example: the status is all that it says.
  }
}
