import { operationOf, placeOf, WrongForm } from "./requests.ts";
import type { Operation } from "./entities.ts";

/** An entity group transaction as it was sent. */
export interface Batch {
  readonly table: string;
  readonly operations: readonly Operation[];
}

const BLANK_LINE = Buffer.from("\r\n\r\n");
const BOUNDARY = /^multipart\/mixed; *boundary="?([^";]+)"?/i;
const REQUEST_LINE = /^(POST|PUT|PATCH|MERGE|DELETE) https?:\/\/[^/ ]+(\/[^ ?]*) HTTP\/1\.1(?:\r\n|$)/;

/**
 * Reads a `$batch` request: one change set of embedded requests. Strict, so that a client that passes here speaks the service's format.
 * @see https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions
 * @throws WrongForm
 */
export function readBatch(contentType: string, body: Buffer): Batch {
  const outer = parts(body, boundaryOf(contentType));
  const [changeSet] = outer;
  if (!changeSet || outer.length !== 1) throw new WrongForm("A batch holds one change set.");
  const { head, rest } = split(changeSet);
  const inner = parts(rest, boundaryOf(/^content-type: *(.*)$/im.exec(head)?.[1] ?? ""));
  const tables = new Set<string>();
  const operations = inner.map((part) => {
    const { table, operation } = readPart(part);
    tables.add(table);
    return operation;
  });
  const [table] = tables;
  if (table === undefined || tables.size !== 1) throw new WrongForm("A change set writes to one table.");
  return { table, operations };
}

function readPart(part: Buffer): { table: string; operation: Operation } {
  const { head, rest } = split(part);
  if (!/^content-type: *application\/http *$/im.test(head) || !/^content-transfer-encoding: *binary *$/im.test(head))
    throw new WrongForm("A part of a change set is application/http, binary.");
  const request = split(rest);
  const [, method, path] = REQUEST_LINE.exec(request.head) ?? [];
  if (method === undefined || path === undefined)
    throw new WrongForm(`A part begins with no request: ${request.head.slice(0, 80)}`);
  const ifMatch = /^if-match: *(.+)$/im.exec(request.head)?.[1]?.trim();
  const place = placeOf(path);
  const text = request.rest.toString("utf8").trim();
  if (text !== "" && !/^content-type: *application\/json/im.test(request.head))
    throw new WrongForm("An entity is sent as application/json.");
  return { table: place.table, operation: operationOf(method, place, ifMatch, text) };
}

function boundaryOf(contentType: string): string {
  const boundary = BOUNDARY.exec(contentType)?.[1];
  if (boundary === undefined) throw new WrongForm(`"${contentType}" has no boundary.`);
  return boundary;
}

/** The parts between boundaries; the closing boundary ends in two hyphens. */
function parts(body: Buffer, boundary: string): Buffer[] {
  const mark = Buffer.from(`--${boundary}`);
  const found: Buffer[] = [];
  let start = body.indexOf(mark);
  while (start !== -1) {
    const after = start + mark.length;
    if (body.toString("latin1", after, after + 2) === "--") return found;
    const end = body.indexOf(mark, after);
    if (end === -1) break;
    found.push(body.subarray(after + 2, end));
    start = end;
  }
  throw new WrongForm(`The boundary ${boundary} is not closed.`);
}

function split(part: Buffer): { head: string; rest: Buffer } {
  const end = part.indexOf(BLANK_LINE);
  if (end === -1) return { head: part.toString("latin1"), rest: Buffer.alloc(0) };
  return { head: part.toString("latin1", 0, end), rest: part.subarray(end + BLANK_LINE.length) };
}

const ANSWER_BOUNDARY = "batchresponse_stub";
const CHANGE_SET = "changesetresponse_stub";

/** Content type of what {@link batchAnswer} writes. */
export const BATCH_ANSWER_TYPE = `multipart/mixed; boundary=${ANSWER_BOUNDARY}`;

/** The answer to a batch: one part for each operation, or a single one with what was refused. */
export function batchAnswer(answers: readonly string[]): string {
  const inner = answers
    .map(
      (one) => `--${CHANGE_SET}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n${one}`,
    )
    .join("");
  return `--${ANSWER_BOUNDARY}\r\nContent-Type: multipart/mixed; boundary=${CHANGE_SET}\r\n\r\n${inner}--${CHANGE_SET}--\r\n--${ANSWER_BOUNDARY}--\r\n`;
}

/** Answer to one operation. */
export function writtenPart(etag: string): string {
  const version = etag === "" ? "" : `ETag: ${etag}\r\n`;
  return `HTTP/1.1 204 No Content\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-cache\r\nDataServiceVersion: 1.0;\r\n${version}\r\n\r\n`;
}

/** The only part of a refused batch. */
export function refusedPart(status: number, json: string): string {
  return `HTTP/1.1 ${String(status)} Refused\r\nContent-Type: application/json;odata=minimalmetadata;streaming=true;charset=utf-8\r\n\r\n${json}\r\n`;
}
