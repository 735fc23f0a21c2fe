import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import type * as z from "zod";
import type { Answered } from "../../shared/contract/answer.ts";
import { etagOf } from "./etag.ts";

/** Statuses of answers with a body; 503 is one of them: its body says what is not ready. */
export type BodyStatus = 200 | 201 | 202 | 503;

/** What a route answers, by status; 204 has no body. */
export type AnswerSchemas = Readonly<Partial<Record<BodyStatus, z.ZodType>>> & { readonly 204?: null };

/** An answer that fits the schemas: its body has the type of its status. */
export type AnswerOf<Schemas extends AnswerSchemas> = {
  [Status in keyof Schemas & number]: Schemas[Status] extends z.ZodType
    ? Extra & { readonly status: Status; readonly body: Answered<z.output<Schemas[Status]>> }
    : { readonly status: Status };
}[keyof Schemas & number];

interface Extra {
  /** Version of the resource, as stored; it becomes the `ETag`. */
  readonly version?: string;
  /** Id of a created resource; it becomes `Location`, below the path of the request. */
  readonly createdId?: string;
}

/** An answer of any route. */
export interface Answer extends Extra {
  readonly status: number;
  /** Written as JSON; absent with 204. */
  readonly body?: unknown;
}

/** The answer as the host takes it. */
export function encode(answer: Answer, request: HttpRequest): HttpResponseInit {
  const headers: Record<string, string> = {};
  if (answer.version !== undefined) headers["etag"] = etagOf(answer.version);
  if (answer.createdId !== undefined) {
    headers["location"] = `${withoutTrailingSlashes(new URL(request.url).pathname)}/${answer.createdId}`;
  }
  if (answer.body === undefined) return { status: answer.status, headers };
  headers["content-type"] = "application/json";
  return { status: answer.status, headers, body: JSON.stringify(answer.body) };
}

/** Not by a pattern: it would start over at each slash of a path full of them. */
function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}
