import type { HttpRequest, HttpResponseInit } from "@azure/functions";
import { etagOf } from "./etag.ts";

/** What a handler answers. */
export interface Answer {
  /** 503 is an answer like the others: its body says what is not ready. */
  readonly status: 200 | 201 | 202 | 204 | 503;
  /** Written as JSON; left out with 204. */
  readonly body?: unknown;
  /** Version of the resource, as stored; it becomes the `ETag`. */
  readonly version?: string;
  /** Id of a created resource; it becomes `Location`, below the path of the request. */
  readonly createdId?: string;
}

/** The answer as the host takes it. */
export function encode(answer: Answer, request: HttpRequest): HttpResponseInit {
  const headers: Record<string, string> = {};
  if (answer.version !== undefined) headers["etag"] = etagOf(answer.version);
  if (answer.createdId !== undefined) {
    headers["location"] = `${withoutSlashesAtEnd(new URL(request.url).pathname)}/${answer.createdId}`;
  }
  if (answer.body === undefined) return { status: answer.status, headers };
  headers["content-type"] = "application/json";
  return { status: answer.status, headers, body: JSON.stringify(answer.body) };
}

/** Not by a pattern: one would begin anew at each slash of a path that is full of them. */
function withoutSlashesAtEnd(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}
