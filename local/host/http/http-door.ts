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

/** The limit of the Functions host. */
const MAX_BODY_BYTES = 104_857_600;

/** The HTTP server of the host, not listening yet; `running` holds the invocations in progress. */
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
  // Kestrel's default; Node's 5 s closes connections that a client is about to reuse.
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
    // The rest of the body is not read, so the connection cannot be reused.
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
    // invoke has logged the reason; the caller gets an empty 500, as from the real host.
    end(response, 500);
    return;
  }
  writeResponse(response, result.returnValue, request.method === "HEAD");
}

/** As in the real host, `/` is the home page with any method, once no function has matched it. */
function answerUnmatched(path: string, response: ServerResponse): void {
  if (path !== "/") {
    end(response, 404);
    return;
  }
  const { status, html } = homePage(process.env);
  response.writeHead(status, { "content-type": "text/html" }).end(html);
}

/** The first route that matches path and method. One that matches with another method is skipped: the outcome is 404, never 405. */
function findRoute(routes: readonly HttpPlan[], method: string, path: string) {
  for (const plan of routes) {
    if (plan.methods.size > 0 && !plan.methods.has(method)) continue;
    const params = matchRoute(plan.route, path);
    if (params) return { plan, params };
  }
  return undefined;
}

/** The whole body; undefined when it exceeds the limit. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > MAX_BODY_BYTES) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    size += chunk.length;
    if (size > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Every header once, its values joined by commas, as in the host's dictionary. */
function headersOf(request: IncomingMessage): Record<string, NullableText> {
  const headers: Record<string, NullableText> = {};
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    if (values) headers[name] = { value: values.join(name === "cookie" ? "; " : ",") };
  }
  return headers;
}

/** Every query parameter once, its values joined by commas, as in the host's dictionary. */
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
