import { Agent, type Dispatcher } from "undici";
import { Trouble } from "../lib/errors.ts";
import { refusalOf } from "./guard.ts";
import type { GuardOptions } from "./guard.ts";
import { asksForCertificate, guardedConnector } from "./connector.ts";
import { faultOf } from "./faults.ts";
import { readableBody } from "./body.ts";
import { DeadlineError } from "./errors.ts";
import { MAX_HEAD_BYTES } from "./answer-head.ts";
import { expectAnswer } from "./lenient-socket.ts";
import type { OutboundReply, OutboundRequest, OutboundTimings, Send } from "../core/ports/outbound.ts";

/** The way out: one pool of connections for everything that leaves. */
export interface Outbound {
  readonly send: Send;
  /** Closes every connection; calls under way fail. */
  close(): Promise<void>;
}

/**
 * Connections per receiver (origin). Far more than the slow requests that a process ever has in flight, so that webhooks which hang do not block
 * others on the same host; none is opened while another is idle.
 */
export const CONNECTIONS = 256;

/**
 * Opens the only way to the network: HTTPS over HTTP/1.1 with keep-alive, to public addresses or those that `options.allow` exempts.
 * A call ends within its `timeoutMs`, follows no redirect, reads at most `maxBytes` of the answer, and never throws.
 */
export function openOutbound(options: GuardOptions): Outbound {
  const agent = new Agent({
    // HTTP/2 costs more CPU in Node, and newer versions of undici enable it by default.
    allowH2: false,
    pipelining: 1,
    connections: CONNECTIONS,
    // Heads were already cut by our own reader.
    maxHeaderSize: 2 * MAX_HEAD_BYTES,
    // A call has one timer of its own for all of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: guardedConnector(options),
  });
  return { send: (request) => send(agent, options, request), close: () => agent.destroy() };
}

/** What is known about a call so far. */
interface Progress {
  connectMs?: number;
  firstByteMs?: number;
  status?: number;
  headers: { key: string; value: string }[];
  contentType: string;
  encoding: string;
  chunks: Buffer[];
  size: number;
  /** The answer ended before it was whole. */
  cutOff: boolean;
  /** The receiver asked for a client certificate. */
  certificateAsked: boolean;
}

async function send(agent: Agent, options: GuardOptions, request: OutboundRequest): Promise<OutboundReply> {
  const url = URL.parse(request.url);
  if (url?.protocol !== "https:") {
    return { kind: "failed", fault: { kind: "template", message: "The URL is not a valid https: URL." }, timings: {} };
  }
  const refusal = refusalOf(url, options);
  if (refusal !== undefined)
    return { kind: "failed", fault: { kind: "address-refused", message: refusal }, timings: {} };
  const progress: Progress = {
    headers: [],
    contentType: "",
    encoding: "",
    chunks: [],
    size: 0,
    cutOff: false,
    certificateAsked: false,
  };
  const ended = await exchange(agent, url, request, progress);
  const timings: OutboundTimings = {
    ...(progress.connectMs === undefined ? {} : { connectMs: progress.connectMs }),
    ...(progress.firstByteMs === undefined ? {} : { firstByteMs: progress.firstByteMs }),
  };
  if (ended.kind === "failed" && progress.status === undefined) {
    const { certificateAsked } = progress;
    return { kind: "failed", fault: faultOf(ended.error, { host: url.host, certificateAsked }), timings };
  }
  const raw = Buffer.concat(progress.chunks);
  const seen = await readableBody(raw, progress.encoding, progress.contentType, request.maxBytes);
  return {
    kind: "answered",
    status: progress.status ?? 0,
    headers: progress.headers,
    body: seen.text,
    truncated: seen.truncated || progress.cutOff || ended.kind === "failed",
    timings,
  };
}

type Ended = { readonly kind: "ended" } | { readonly kind: "failed"; readonly error: unknown };

/**
 * One exchange at the level of undici's dispatcher: the cheapest one, and the only one where a single timer can end a call in any state: queued,
 * connecting, waiting or reading a slow drip.
 */
function exchange(agent: Agent, url: URL, request: OutboundRequest, progress: Progress): Promise<Ended> {
  return new Promise((resolve) => {
    const start = performance.now();
    let controller: Dispatcher.DispatchController | undefined;
    let over = false;
    const end = (ended: Ended): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      resolve(ended);
    };
    const timer = setTimeout(() => {
      const error = new DeadlineError(request.timeoutMs);
      end({ kind: "failed", error });
      controller?.abort(error);
    }, request.timeoutMs);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        // Its time was up while it waited for a connection: nothing may be sent now.
        if (over) {
          started.abort(new DeadlineError(request.timeoutMs));
          return;
        }
        controller = started;
        expectAnswer({
          onConnection: (socket) => (progress.certificateAsked = asksForCertificate(socket)),
          onStatus: (status) => (progress.status = status),
          onCutOff: () => (progress.cutOff = true),
        });
        progress.connectMs = Math.round(performance.now() - start);
      },
      onResponseStart: (_controller, status, headers) => {
        if (status < 200) return;
        progress.firstByteMs = Math.round(performance.now() - start);
        progress.status = status;
        readHeaders(headers, progress);
      },
      onResponseData: (reading, chunk) => {
        progress.chunks.push(chunk);
        progress.size += chunk.length;
        if (progress.size <= request.maxBytes) return;
        end({ kind: "ended" });
        reading.abort(new Trouble("the answer is longer than we read"));
      },
      onResponseEnd: () => {
        end({ kind: "ended" });
      },
      onResponseError: (_controller, error) => {
        end({ kind: "failed", error });
      },
    };
    try {
      agent.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method,
          headers: request.headers.flat(),
          body: request.method === "GET" ? null : request.body,
        },
        handler,
      );
    } catch (error) {
      end({ kind: "failed", error });
    }
  });
}

function readHeaders(headers: NodeJS.Dict<string | string[]>, progress: Progress): void {
  for (const [key, values] of Object.entries(headers)) {
    for (const value of typeof values === "string" ? [values] : (values ?? [])) {
      progress.headers.push({ key: key.toLowerCase(), value });
      if (key.toLowerCase() === "content-type") progress.contentType = value;
      if (key.toLowerCase() === "content-encoding") progress.encoding = value.trim().toLowerCase();
    }
  }
}
