import type { HttpRequest } from "@azure/functions";
import * as z from "zod";
import type { ProblemCode } from "../../shared/contract/problem.ts";
import type { Role } from "../../shared/contract/roles.ts";
import type { Caller } from "../../shared/core/caller.ts";
import type { Scope } from "../../shared/core/scope.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { Answer, AnswerOf, AnswerSchemas } from "./answer.ts";
import { API, SCOPE } from "./function-name.ts";
import { readQuery } from "./query.ts";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** What a document can say about a route. The wrapper (resource.ts) enforces all of it before the story runs. */
interface Contract {
  readonly method: Method;
  /** Below the host, without a leading slash. */
  readonly path: string;
  /** Null: open to all. */
  readonly role: Role | null;
  /** Query parameters; any other is a 400. */
  readonly query: z.ZodObject;
  /** Schema of the JSON body; the story parses it. Absent: a body is ignored. */
  readonly body?: z.ZodType;
  /** True: `If-Match` is required (428). */
  readonly ifMatch?: true;
  readonly answers: AnswerSchemas;
  /** Problems of the story; {@link problemsOf} adds those of the wrapper. */
  readonly problems: readonly ProblemCode[];
}

/** What a story gets. All of it is checked: token, client, role, query, and that the body is JSON. */
export interface Call {
  readonly caller: Caller;
  readonly scope: Scope;
  /** The `{id}` of the path; empty when the path has none. */
  readonly id: string;
  /** The parsed JSON body of a route with `body`, else undefined. */
  readonly body: unknown;
  /** The version that `If-Match` names, or `*`; empty for a route without `ifMatch`. */
  readonly ifMatch: string;
}

/** A route below a scope. */
export interface ScopedRoute extends Contract {
  readonly kind: "scoped";
  readonly role: Role;
  /** Reads the query; the result runs the story. @throws AppError `malformed-request` */
  readonly admit: (request: HttpRequest) => (call: Call, deps: ApiDeps) => Promise<Answer>;
}

/** A read-only route for operators. Its path names no client: the story shows those of the caller only. */
export interface OperatorRoute extends Contract {
  readonly kind: "operator";
  readonly role: "Webhooks.Operate";
  readonly admit: (request: HttpRequest) => (call: Pick<Call, "caller">, deps: ApiDeps) => Promise<Answer>;
}

/** A read-only route without a token. */
export interface OpenRoute extends Contract {
  readonly kind: "open";
  readonly role: null;
  readonly run: () => Promise<Answer>;
}

export type Route = ScopedRoute | OperatorRoute | OpenRoute;

/** What the table says of a route: its schemas, and a story whose answer must fit them. */
type Spec<Answers extends AnswerSchemas, Parameters, More> = More &
  Pick<Contract, "body" | "ifMatch"> & {
    readonly answers: Answers;
    readonly problems?: readonly ProblemCode[];
    /** Throws AppError for what the caller did wrong; anything else becomes a 500 without internals. */
    readonly story: (call: Parameters, deps: ApiDeps) => Promise<AnswerOf<Answers>>;
  };

const NO_QUERY = z.strictObject({});

/** A route below a scope, without query parameters. @param path below the scope, with at most one parameter, `{id}` */
export function scoped<const Answers extends AnswerSchemas>(
  method: Method,
  path: string,
  { story, problems = [], ...more }: Spec<Answers, Call, { readonly role: Role }>,
): ScopedRoute {
  const admit: ScopedRoute["admit"] = (request) => {
    readQuery(request, NO_QUERY);
    return story;
  };
  return { kind: "scoped", method, path: `${SCOPE}/${path}`, query: NO_QUERY, problems, ...more, admit };
}

/** A `GET` below a scope, with query parameters. @param path as for {@link scoped} */
export function scopedWithQuery<const Answers extends AnswerSchemas, Query extends z.ZodObject>(
  path: string,
  {
    story,
    problems = [],
    ...more
  }: Spec<Answers, Call & { readonly query: z.output<Query> }, { readonly role: Role; readonly query: Query }>,
): ScopedRoute {
  const admit: ScopedRoute["admit"] = (request) => {
    const query = readQuery(request, more.query);
    return (call, deps) => story({ ...call, query }, deps);
  };
  return { kind: "scoped", method: "GET", path: `${SCOPE}/${path}`, problems, ...more, admit };
}

/** A `GET` for operators. @param path below `api` */
export function forOperators<const Answers extends AnswerSchemas, Query extends z.ZodObject>(
  path: string,
  {
    story,
    problems = [],
    ...more
  }: Spec<Answers, Pick<Call, "caller"> & { readonly query: z.output<Query> }, { readonly query: Query }>,
): OperatorRoute {
  const admit: OperatorRoute["admit"] = (request) => {
    const query = readQuery(request, more.query);
    return ({ caller }, deps) => story({ caller, query }, deps);
  };
  const role = "Webhooks.Operate";
  return { kind: "operator", method: "GET", path: `${API}/${path}`, role, problems, ...more, admit };
}

/** The only paths below `api` that answer without a token. */
export type OpenPath = "health" | "openapi.json";

/** A `GET` without a token; it takes no query and asks for nothing. */
export function open<const Answers extends AnswerSchemas>(
  path: OpenPath,
  { answers, story }: { readonly answers: Answers; readonly story: () => AnswerOf<Answers> },
): OpenRoute {
  const run = (): Promise<Answer> => Promise.resolve(story());
  return {
    kind: "open",
    method: "GET",
    path: `${API}/${path}`,
    role: null,
    query: NO_QUERY,
    answers,
    problems: [],
    run,
  };
}

/** Every problem that a route can answer: those of its story, and those of the wrapper. */
export function problemsOf({ kind, body, ifMatch, problems }: Route): ReadonlySet<ProblemCode> {
  if (kind === "open") return new Set(["method-not-allowed", "internal"]);
  return new Set<ProblemCode>([
    ...problems,
    "unauthenticated",
    "forbidden",
    "not-acceptable",
    "malformed-request",
    "method-not-allowed",
    "internal",
    ...(kind === "scoped" ? (["not-found"] as const) : []),
    ...(ifMatch === true ? (["if-match-required", "version-mismatch"] as const) : []),
    ...(body === undefined ? [] : (["too-large", "unsupported-media-type", "invalid"] as const)),
  ]);
}
