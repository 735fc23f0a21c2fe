/** The control API: plain HTTP on loopback, JSON, and a page for browsers. `control.ts` is its client. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { pageAnswer } from "./page/doors.ts";
import { byDelivery } from "./records.ts";
import type { RecordedRequest, Records } from "./records.ts";
import { receiverSchema, tokenSchema } from "./settings.ts";
import type { State } from "./state.ts";

/** `body` is sent as JSON. */
interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Call {
  readonly method: string;
  readonly path: readonly string[];
  readonly query: URLSearchParams;
  readonly body: string;
}

const waitSchema = z.strictObject({
  receiver: z.string().optional(),
  token: z.string().optional(),
  count: z.coerce.number().int().min(1).default(1),
  timeoutMs: z.coerce.number().int().min(0).max(600_000).default(10_000),
  /** Counts deliveries (distinct `webhook-id`s) instead of requests. */
  deliveries: z.stringbool().default(false),
});

const HELP = [
  "GET /  DELETE / (resets everything)  PUT /receivers/{name}  PUT /tokens/{name}  POST /tokens/{name}/revoke",
  "GET /receivers/{name}/requests[?view=deliveries]  GET /tokens/{name}/requests  DELETE /requests",
  "GET / in a browser: a page of all requests",
  "GET /requests/wait?receiver=|token=&count=&timeoutMs=&deliveries=",
];

/** The request listener of the control API. */
export function controlApi(
  state: State,
  records: Records,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const url = new URL(request.url ?? "/", "http://control");
    const method = request.method ?? "";
    const seen = { method, pathname: url.pathname, query: url.searchParams, accept: request.headers.accept ?? "" };
    const shown = pageAnswer(seen, state, records);
    if (shown !== undefined) {
      response.writeHead(shown.status, shown.headers).end(shown.body);
      return;
    }
    const path = url.pathname
      .split("/")
      .filter((part) => part !== "")
      .map(decodeURIComponent);
    const call = { method, path, query: url.searchParams, body: await text(request) };
    const { status, body } = await answerTo(call, state, records).catch((error: unknown): Answer => ({
      status: 400,
      body: { error: error instanceof Error ? error.message : String(error) },
    }));
    if (response.destroyed) return;
    response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body, null, 2)}\n`);
  };
}

async function answerTo({ method, path, query, body }: Call, state: State, records: Records): Promise<Answer> {
  const [first, name = ""] = path;
  const pattern = path.map((part, index) => (index === 1 && first !== "requests" ? "*" : part)).join("/");
  switch (`${method} /${pattern}`) {
    case "GET /":
      return { status: 200, body: { ...state.all(), help: HELP } };
    case "DELETE /":
      state.reset();
      records.clear();
      return { status: 200, body: {} };
    case "PUT /receivers/*":
      state.setReceiver(name, receiverSchema.parse(JSON.parse(body)));
      return { status: 200, body: state.receiver(name) };
    case "PUT /tokens/*":
      state.setToken(name, tokenSchema.parse(JSON.parse(body)));
      return { status: 200, body: state.token(name) };
    case "POST /tokens/*/revoke":
      return { status: 200, body: { revoked: state.revoke(name) } };
    case "GET /receivers/*/requests":
    case "GET /tokens/*/requests": {
      const list = records.of(first === "tokens" ? "token" : "receiver", name);
      return { status: 200, body: query.get("view") === "deliveries" ? byDelivery(list) : list };
    }
    case "DELETE /requests":
      records.clear();
      return { status: 200, body: {} };
    case "GET /requests/wait":
      return wait(records, query);
    default:
      return { status: 404, body: { error: `There is no ${method} /${path.join("/")}.`, help: HELP } };
  }
}

/** 200 as soon as that many have arrived; 408, with those that have, when time is up. */
async function wait(records: Records, query: URLSearchParams): Promise<Answer> {
  const { receiver, token, count, timeoutMs, deliveries } = waitSchema.parse(Object.fromEntries(query));
  const name = receiver ?? token;
  if (name === undefined)
    return { status: 400, body: { error: "Name whose requests to wait for: receiver= or token=." } };
  const list = (): readonly RecordedRequest[] => records.of(receiver === undefined ? "token" : "receiver", name);
  const enough = (): boolean => (deliveries ? byDelivery(list()) : list()).length >= count;
  if (enough()) return { status: 200, body: list() };
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const stop = records.watch(() => {
    if (enough()) resolve(undefined);
  });
  const timer = setTimeout(() => {
    resolve(undefined);
  }, timeoutMs);
  await promise;
  stop();
  clearTimeout(timer);
  return { status: enough() ? 200 : 408, body: list() };
}
