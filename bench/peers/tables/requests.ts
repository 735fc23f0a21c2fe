import { createHmac, createSecretKey } from "node:crypto";
import * as z from "zod";
import type { Operation, Range } from "./entities.ts";

/** A malformed request; the message is for whoever wrote the client. */
export class WrongForm extends Error {}

/** What a path names. */
export interface Place {
  readonly table: string;
  /** Undefined for a whole table. */
  readonly keys: { readonly partition: string; readonly row: string } | undefined;
}

const PLACE = /^\/\w+\/(\$batch|[A-Za-z][A-Za-z0-9]{2,62})(?:\(\)|\(PartitionKey='([^?]*)',RowKey='([^?]*)'\))?$/;

/** @param path as sent, with the account @throws WrongForm */
export function placeOf(path: string): Place {
  const [, table, partition, row] = PLACE.exec(path) ?? [];
  if (table === undefined) throw new WrongForm(`${path} names neither a table nor an entity.`);
  if (partition === undefined || row === undefined) return { table, keys: undefined };
  return { table, keys: { partition: keyOf(partition), row: keyOf(row) } };
}

function keyOf(text: string): string {
  return decodeURIComponent(text).replaceAll("''", "'");
}

const keysSchema = z.looseObject({ PartitionKey: z.string(), RowKey: z.string() });

const KINDS: ReadonlyMap<string, Operation["kind"]> = new Map([
  ["POST", "insert"],
  ["PUT", "replace"],
  ["PATCH", "merge"],
  ["MERGE", "merge"],
  ["DELETE", "delete"],
]);

/** A write, alone or in a transaction. @throws WrongForm */
export function operationOf(method: string, place: Place, ifMatch: string | undefined, text: string): Operation {
  const kind = KINDS.get(method);
  if (!kind) throw new WrongForm(`${method} writes nothing.`);
  if (kind !== "delete" && kind !== "insert" && !place.keys) throw new WrongForm(`${method} needs an entity's keys.`);
  if (kind === "delete") {
    if (!place.keys) throw new WrongForm("DELETE needs an entity's keys.");
    return { kind, ...place.keys, text: "", ifMatch };
  }
  const sent = keysSchema.parse(JSON.parse(text));
  const keys = place.keys ?? { partition: sent.PartitionKey, row: sent.RowKey };
  if (keys.partition !== sent.PartitionKey || keys.row !== sent.RowKey)
    throw new WrongForm("The keys of the address are not those of the body.");
  return { kind, ...keys, text, ifMatch };
}

const COMPARISON = /^(PartitionKey|RowKey) (eq|gt|ge|lt|le) '((?:[^']|'')*)'$/;
const MAX_PAGE = 1_000;

/** A query over one partition, as the product sends it. @throws WrongForm for any other */
export function rangeOf(query: URLSearchParams): Range {
  for (const name of query.keys())
    if (!["$filter", "$select", "$top", "NextPartitionKey", "NextRowKey"].includes(name))
      throw new WrongForm(`The stub does not know the query option ${name}.`);
  let partition: string | undefined;
  let from = query.get("NextRowKey") ?? "";
  const conditions: ((row: string) => boolean)[] = [];
  for (const part of splitFilter(query.get("$filter") ?? "")) {
    const [, name, operator, quoted = ""] = COMPARISON.exec(part) ?? [];
    const value = quoted.replaceAll("''", "'");
    if (name === "PartitionKey" && operator === "eq") partition = value;
    else if (name === "RowKey" && operator !== undefined) {
      conditions.push(comparison(operator, value));
      if (operator.startsWith("g") && value > from) from = value;
    } else throw new WrongForm(`The stub does not know the filter ${part}.`);
  }
  if (partition === undefined) throw new WrongForm("The stub only knows queries over one partition.");
  const top = Math.min(Number(query.get("$top") ?? MAX_PAGE), MAX_PAGE);
  return { partition, from, top, holds: (row) => conditions.every((holds) => holds(row)) };
}

function splitFilter(filter: string): string[] {
  return filter
    .replace(/^\((.*)\)$/, "$1")
    .split(/\)? and \(?/)
    .filter((part) => part !== "");
}

function comparison(operator: string, value: string): (row: string) => boolean {
  switch (operator) {
    case "gt":
      return (row) => row > value;
    case "ge":
      return (row) => row >= value;
    case "lt":
      return (row) => row < value;
    case "le":
      return (row) => row <= value;
    default:
      return (row) => row === value;
  }
}

/**
 * Checks a request's signature: Shared Key Lite for tables signs date and path.
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 */
export function signatureCheck(account: string, base64Key: string): (path: string, date: string, sent: string) => void {
  const key = createSecretKey(Buffer.from(base64Key, "base64"));
  return (path, date, sent) => {
    const signed = createHmac("sha256", key).update(`${date}\n/${account}${path}`).digest("base64");
    if (sent !== `SharedKeyLite ${account}:${signed}`) throw new WrongForm("The signature is not that of the request.");
  };
}
