/** What the third party does with a request: receivers below `/in/`, token endpoints below `/oauth/token`. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import { checkTokenRequest } from "./check-token-request.ts";
import { faultTurns } from "./fault-turns.ts";
import { faultStatus, pairsOf, playFault } from "./faults.ts";
import { headerOf } from "./records.ts";
import type { RecordedRequest, Records } from "./records.ts";
import type { Fault, Pair, Receiver, TokenEndpoint } from "./settings.ts";
import type { State } from "./state.ts";

export interface ThirdParty {
  readonly state: State;
  readonly records: Records;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** Where a request is addressed, by its raw target. */
interface Place {
  readonly kind: RecordedRequest["kind"];
  readonly name: string;
}

interface Answer {
  readonly status: number;
  readonly headers: readonly Pair[];
  readonly body: string;
  /** Why the request was refused, for the record. */
  readonly why: string | null;
}

type Received = Pick<RecordedRequest, "method" | "url" | "headers" | "body">;

/** The request listener of the third party; `reset` resets the TCP connection of a request. */
export function thirdParty(
  { state, records, now }: ThirdParty,
  reset: (request: IncomingMessage) => void,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const nextFault = faultTurns(state);
  return async (request, response) => {
    const place = placeOf(request.url ?? "");
    if (place === undefined) {
      response.writeHead(404).end("Not found. Receivers are below /in/, token endpoints below /oauth/token.\n");
      return;
    }
    const headers = pairsOf(request.rawHeaders);
    const at = now();
    const { faults } = place.kind === "receiver" ? state.receiver(place.name) : state.token(place.name);
    const fault = nextFault(faults, headerOf({ headers }, "webhook-id"), at);
    const unread = fault?.kind === "reset" && fault.when === "before-reading";
    const { body, complete } = unread ? { body: Buffer.alloc(0), complete: false } : await readBody(request);
    const received = { method: request.method ?? "", url: request.url ?? "", headers, body: bodyOf(body) };
    const answer = fault === undefined && complete ? answerTo(place, received, state, now()) : undefined;
    records.add({
      ...place,
      at: new Date(at).toISOString(),
      tls: request.socket instanceof TLSSocket,
      ...received,
      complete,
      answered: answered(fault, answer, complete),
    });
    if (fault !== undefined)
      playFault(fault, {
        request,
        response,
        body,
        reset: () => {
          reset(request);
        },
      });
    else if (answer !== undefined) send(response, answer);
  };
}

/** `/in/<name>…` and `/oauth/token[/<name>]`. */
function placeOf(target: string): Place | undefined {
  const receiver = /^\/in\/([^/?]+)/.exec(target)?.[1];
  if (receiver !== undefined) return { kind: "receiver", name: receiver };
  const token = /^\/oauth\/token(?:\/([^/?]*))?(?:$|[/?])/.exec(target);
  if (token === null) return undefined;
  const name = token[1] ?? "";
  return { kind: "token", name: name === "" ? "default" : name };
}

function answerTo(place: Place, received: Received, state: State, now: number): Answer {
  return place.kind === "receiver"
    ? receive(state.receiver(place.name), received, state, now)
    : giveToken(place.name, state.token(place.name), received, state, now);
}

/** RFC 6750, section 3: a missing token gets a bare challenge, an invalid one `invalid_token`. */
function receive({ auth, answer }: Receiver, received: Received, state: State, now: number): Answer {
  if (auth === undefined) return { ...answer, why: null };
  const value = headerOf(received, auth.header);
  const refusal =
    value === undefined
      ? `The header ${auth.header} is missing.`
      : value.startsWith(auth.prefix)
        ? state.refusal(value.slice(auth.prefix.length), auth.token, now)
        : `The header ${auth.header} does not start with "${auth.prefix}".`;
  if (refusal === undefined) return { ...answer, why: null };
  const detail =
    value === undefined ? "" : `, error="invalid_token", error_description="${refusal.replaceAll('"', "'")}"`;
  return {
    status: 401,
    headers: [["www-authenticate", `Bearer realm="partner"${detail}`]],
    body: refusal,
    why: refusal,
  };
}

/** RFC 6749, sections 5.1 and 5.2. */
function giveToken(
  name: string,
  { expect, answer }: TokenEndpoint,
  received: Received,
  state: State,
  now: number,
): Answer {
  const json: Pair[] = [
    ["content-type", "application/json"],
    ["cache-control", "no-store"],
  ];
  const wrong = checkTokenRequest({ ...received, body: received.body.text }, expect);
  if (wrong !== undefined) {
    const challenge: Pair[] = wrong.status === 401 ? [["www-authenticate", 'Basic realm="partner"']] : [];
    const body = JSON.stringify({ error: wrong.error, error_description: wrong.description });
    return { status: wrong.status, headers: [...json, ...challenge], body, why: wrong.description };
  }
  const token = answer.token ?? randomBytes(24).toString("base64url");
  state.issue(token, name, now + answer.expiresIn * 1000, now);
  const fields: [string | null, string | number][] = [
    [answer.tokenPath, token],
    [answer.typePath, answer.type],
    [answer.expiresInPath, answer.expiresInAsText ? String(answer.expiresIn) : answer.expiresIn],
  ];
  const body: Record<string, unknown> = {};
  for (const [path, value] of fields) if (path !== null) put(body, path.split("."), value);
  return { status: 200, headers: json, body: JSON.stringify(body), why: null };
}

/** `put({}, ["a", "b"], 1)` makes `{ a: { b: 1 } }`. */
function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const present = target[key];
  const inner: Record<string, unknown> = typeof present === "object" && present !== null ? { ...present } : {};
  put(inner, rest, value);
  target[key] = inner;
}

function answered(
  fault: Fault | undefined,
  answer: Answer | undefined,
  complete: boolean,
): RecordedRequest["answered"] {
  if (fault !== undefined) return { status: complete ? faultStatus(fault) : null, fault: fault.kind, why: null };
  if (answer !== undefined) return { status: answer.status, fault: null, why: answer.why };
  return { status: null, fault: null, why: "The connection ended before the whole body had arrived." };
}

function send(response: ServerResponse, answer: Answer): void {
  for (const [key, value] of answer.headers) response.appendHeader(key, value);
  response.writeHead(answer.status).end(answer.body);
}

function bodyOf(body: Buffer): RecordedRequest["body"] {
  return { text: body.toString("utf8"), base64: body.toString("base64") };
}

async function readBody(request: IncomingMessage): Promise<{ body: Buffer; complete: boolean }> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of request) if (chunk instanceof Uint8Array) chunks.push(chunk);
    return { body: Buffer.concat(chunks), complete: true };
  } catch {
    return { body: Buffer.concat(chunks), complete: false };
  }
}
