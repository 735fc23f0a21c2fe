/**
 * A cheap table service in memory, in its own process: as much of the service's REST API as the product uses. It checks signatures and the form of
 * requests as the service does, and writes the reason for a refusal to standard error.
 */
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import * as z from "zod";
import { servePeer } from "./parent.ts";
import { BATCH_ANSWER_TYPE, batchAnswer, readBatch, refusedPart, writtenPart } from "./tables/batch.ts";
import { entities } from "./tables/entities.ts";
import type { Entity, Refusal } from "./tables/entities.ts";
import { operationOf, placeOf, rangeOf, signatureCheck, WrongForm } from "./tables/requests.ts";
import type { Place } from "./tables/requests.ts";

const settingsSchema = z.object({ account: z.string(), key: z.string() });
const tableSchema = z.object({ TableName: z.string() });
const MAX_BODY_BYTES = 4 * 1_048_576;
const JSON_TYPE = { "content-type": "application/json;odata=minimalmetadata;streaming=true;charset=utf-8" };

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const store = entities();
const nothingYet = { batches: 0, singles: 0, gets: 0, queries: 0, rows: 0 };
let counts = { ...nothingYet };

servePeer((settings) => {
  const { account, key } = settingsSchema.parse(settings);
  const check = signatureCheck(account, key);
  const server = createServer((request, response) => {
    void readAll(request).then((body) => {
      try {
        const [path = "", query = ""] = (request.url ?? "").split("?");
        const { "x-ms-date": date = "", authorization = "" } = request.headers;
        check(path, String(date), authorization);
        send(response, answer(request, path, new URLSearchParams(query), body));
      } catch (error) {
        console.error(`table stub: ${request.method ?? ""} ${request.url ?? ""}: ${String(error)}`);
        send(response, refused({ status: error instanceof WrongForm ? 400 : 500, code: "InvalidInput" }));
      }
    });
  });
  server.keepAliveTimeout = 60_000;
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      resolve({
        port,
        connectionString: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${key};TableEndpoint=http://127.0.0.1:${String(port)}/${account}`,
        counts: () => counts,
        reset: () => {
          store.clear();
          counts = { ...nothingYet };
        },
      });
    });
  });
});

function answer(request: IncomingMessage, path: string, query: URLSearchParams, body: Buffer): Answer {
  if (body.length > MAX_BODY_BYTES) return refused({ status: 413, code: "RequestBodyTooLarge" });
  const place = placeOf(path);
  const { method = "GET", headers } = request;
  if (place.table === "Tables") {
    const refusal = store.createTable(tableSchema.parse(JSON.parse(body.toString("utf8"))).TableName);
    return refusal ? refused(refusal) : { status: 204, headers: {}, body: "" };
  }
  if (place.table === "$batch") return transaction(headers["content-type"] ?? "", body);
  if (method === "GET") return place.keys ? one(place.table, place.keys, query) : some(place.table, query);
  const operation = operationOf(method, place, headers["if-match"], body.toString("utf8"));
  counts.singles += 1;
  counts.rows += 1;
  const written = store.write(place.table, [operation]);
  if ("refusal" in written) return refused(written.refusal);
  const [etag = ""] = written;
  return { status: 204, headers: etag === "" ? {} : { etag }, body: "" };
}

function transaction(contentType: string, body: Buffer): Answer {
  const { table, operations } = readBatch(contentType, body);
  counts.batches += 1;
  counts.rows += operations.length;
  const written = store.write(table, operations);
  const parts =
    "refusal" in written
      ? [refusedPart(written.refusal.status, fault(written.refusal, `${String(written.at)}:`))]
      : written.map((etag) => writtenPart(etag));
  return { status: 202, headers: { "content-type": BATCH_ANSWER_TYPE }, body: batchAnswer(parts) };
}

function one(table: string, { partition, row }: NonNullable<Place["keys"]>, query: URLSearchParams): Answer {
  counts.gets += 1;
  const found = store.get(table, partition, row);
  if ("status" in found) return refused(found);
  return { status: 200, headers: { ...JSON_TYPE, etag: found.etag }, body: shown(selected(found, query)) };
}

function some(table: string, query: URLSearchParams): Answer {
  counts.queries += 1;
  const range = rangeOf(query);
  const page = store.query(table, range);
  if ("status" in page) return refused(page);
  const next: Record<string, string> =
    page.next === undefined
      ? {}
      : { "x-ms-continuation-nextpartitionkey": range.partition, "x-ms-continuation-nextrowkey": page.next };
  return {
    status: 200,
    headers: { ...JSON_TYPE, ...next },
    body: `{"value":[${page.entities.map((entity) => shown(selected(entity, query))).join(",")}]}`,
  };
}

const entitySchema = z.record(z.string(), z.unknown());

/** The properties that `$select` names, with their types; all of them without it. */
function selected(entity: Entity, query: URLSearchParams): Entity {
  const names = query.get("$select")?.split(",");
  if (names === undefined) return entity;
  const all = Object.entries(entitySchema.parse(JSON.parse(entity.text)));
  const some = all.filter(([name]) => names.includes(name.replace(/@odata\.type$/, "")));
  return { etag: entity.etag, text: JSON.stringify(Object.fromEntries(some)) };
}

function shown({ etag, text }: Entity): string {
  return `{"odata.etag":${JSON.stringify(etag)},${text.slice(text.indexOf("{") + 1)}`;
}

function refused(refusal: Refusal): Answer {
  return { status: refusal.status, headers: JSON_TYPE, body: fault(refusal, "") };
}

function fault({ code }: Refusal, before: string): string {
  return JSON.stringify({ "odata.error": { code, message: { lang: "en-US", value: `${before}${code}` } } });
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(body)) }).end(body);
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (chunk instanceof Buffer) chunks.push(chunk);
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
}
