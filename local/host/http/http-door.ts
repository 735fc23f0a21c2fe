import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { handleAdmin } from "./admin.ts";
import type { AppRegistry } from "../worker/core-api.ts";
import type { NullableText } from "../worker/core-types.ts";
import { inHostOrder } from "./function-order.ts";
import type { FunctionPlan, HttpPlan } from "../function-plan.ts";
import { homePage, isReservedPath } from "./host-paths.ts";
import { writeResponse } from "./http-response.ts";
import { invoke } from "../worker/invoke.ts";
import { describe, hostLine } from "../log.ts";
import { matchRoute } from "./route.ts";

/** Largest request body, in bytes: that of the Functions host. */
const MAX_BODY = 104_857_600;

/** The HTTP server of the host, not yet listening; `running` counts the invocations under way. */
export function createHttpDoor(
  registry: AppRegistry,
  plans: readonly FunctionPlan[],
  running: Set<Promise<unknown>>,
): Server {
  const routes = inHostOrder(plans.filter((plan) => plan.kind === "http"));
  const server = createServer((request, response) => {
    const work = answer(registry, plans, routes, request, response).catch((thrown: unknown) => {
      hostLine(`HTTP request failed: ${describe(thrown)}`);
      if (!response.headersSent) response.writeHead(500, { "content-length": "0" });
      response.end();
    });
    running.add(work);
    void work.finally(() => running.delete(work));
  });
  // Kestrel's value; Node's 5 s closes connections under a client that is about to use them.
  server.keepAliveTimeout = 130_000;
  return server;
}

async function answer(
  registry: AppRegistry,
  plans: readonly FunctionPlan[],
  routes: readonly HttpPlan[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = request.url ?? "/";
  const path = target.split("?", 1)[0] ?? "/";
  const body = await readBody(request);
  if (body === undefined) {
    // The rest of the body is not read, so the connection cannot be used again.
    end(response, 413, { connection: "close" });
    return;
  }
  if (isReservedPath(path)) {
    await handleAdmin(registry, plans, { method: request.method ?? "GET", path, body }, response);
    return;
  }
  let found: { plan: HttpPlan; params: Readonly<Record<string, string>> } | undefined;
  try {
    found = findRoute(routes, request.method ?? "GET", path);
  } catch (thrown) {
    if (!(thrown instanceof URIError)) throw thrown;
    end(response, 400);
    return;
  }
  if (!found) {
    answerUnmatched(path, response);
    return;
  }
  const url = new URL(target, `http://${request.headers.host ?? "localhost"}`);
  let result;
  try {
    result = await invoke(registry, found.plan.target, {
      trigger: found.plan.trigger,
      data: {
        http: {
          url: url.href,
          method: request.method ?? "GET",
          nullableHeaders: headersOf(request),
          nullableQuery: queryOf(url),
          nullableParams: nullable(found.params),
          body: { bytes: body },
        },
      },
      metadata: {},
    });
  } catch {
    // invoke has written why; the caller gets an empty 500 as from the real host.
    end(response, 500);
    return;
  }
  writeResponse(response, result.returnValue, request.method === "HEAD");
}

/** Any method of `/` gets the home page, as from the real host; a function whose route matches `/` comes first. */
function answerUnmatched(path: string, response: ServerResponse): void {
  if (path !== "/") {
    end(response, 404);
    return;
  }
  const { status, html } = homePage(process.env);
  response.writeHead(status, { "content-type": "text/html" }).end(html);
}

/** The first route that fits path and method; a route that fits with another method leads on to the next, in the end to 404. */
function findRoute(routes: readonly HttpPlan[], method: string, path: string) {
  for (const plan of routes) {
    if (plan.methods.size > 0 && !plan.methods.has(method)) continue;
    const params = matchRoute(plan.route, path);
    if (params) return { plan, params };
  }
  return undefined;
}

/** The whole body, or undefined when it is larger than the host takes. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Every header once, values joined by a comma, as the host's dictionary has them. */
function headersOf(request: IncomingMessage): Record<string, NullableText> {
  const headers: Record<string, NullableText> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values) headers[name] = { value: values.join(name === "cookie" ? "; " : ",") };
  }
  return headers;
}

/** Every query name once, values of a repeated one joined by a comma, as the host's dictionary has them. */
function queryOf(url: URL): Record<string, NullableText> {
  const query: Record<string, NullableText> = {};
  for (const name of new Set(url.searchParams.keys())) query[name] = { value: url.searchParams.getAll(name).join(",") };
  return query;
}

function nullable(values: Readonly<Record<string, string>>): Record<string, NullableText> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

function end(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-length": "0", ...headers }).end();
}
