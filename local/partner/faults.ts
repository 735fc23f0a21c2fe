/** The ways in which the third party can be set to misbehave. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import type { Fault } from "./settings.ts";

/** The exchange that a fault plays on. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  /** Resets the TCP connection under the TLS one. */
  readonly reset: () => void;
}

const STEP_BYTES = 10_000_000;

/** The status a fault answers; null when it does not answer. */
export function faultStatus(fault: Fault): number | null {
  switch (fault.kind) {
    case "status":
    case "drip":
    case "redirect":
      return fault.status;
    case "throttle":
      return 429;
    case "hang":
    case "reset":
      return null;
    case "raw":
      return Number(/HTTP\/1\.\d ([2-5]\d\d)/.exec(fault.pieces.join(""))?.[1] ?? Number.NaN) || null;
    case "echo":
    case "huge":
    case "gzip-bomb":
      return 200;
  }
}

/** Answers, or fails to, as the fault says. */
export function playFault(fault: Fault, { request, response, body, reset }: Exchange): void {
  switch (fault.kind) {
    case "status": {
      for (const [key, value] of fault.headers) response.appendHeader(key, value);
      if (fault.retryAfter !== undefined) response.setHeader("retry-after", String(fault.retryAfter));
      response.writeHead(fault.status).end(fault.body);
      return;
    }
    case "hang":
      return;
    case "drip":
      drip(response, fault);
      return;
    case "reset":
      reset();
      return;
    case "throttle":
      if (fault.retryAfter !== undefined) response.setHeader("retry-after", String(fault.retryAfter));
      response.writeHead(429).end(`Too many requests: at most ${String(fault.perSecond)} a second.`);
      return;
    case "echo": {
      const echo = JSON.stringify({ headers: pairsOf(request.rawHeaders), body: body.toString("utf8") });
      response.writeHead(200, { "content-type": "application/json" }).end(echo);
      return;
    }
    case "huge":
      response.writeHead(200, { "content-type": "text/plain" });
      send(response, repeat(Buffer.alloc(Math.min(fault.bytes, 65_536), "x"), fault.bytes));
      return;
    case "gzip-bomb": {
      // A gzip body may have many members (RFC 1952, section 2.2): one is compressed once, then repeated.
      const member = gzipSync(Buffer.alloc(STEP_BYTES));
      response.writeHead(200, { "content-type": "text/plain", "content-encoding": "gzip" });
      send(response, repeat(member, Math.ceil(fault.bytes / STEP_BYTES) * member.length));
      return;
    }
    case "raw":
      writeRaw(request.socket, fault, reset);
      return;
    case "redirect":
      response.writeHead(fault.status, { location: fault.location }).end();
  }
}

/** Pairs of Node's flat list of raw headers. */
export function pairsOf(raw: readonly string[]): [string, string][] {
  return raw.flatMap((key, index): [string, string][] => (index % 2 === 0 ? [[key, raw[index + 1] ?? ""]] : []));
}

function writeRaw(socket: Socket, { pieces, then }: Extract<Fault, { kind: "raw" }>, reset: () => void): void {
  const [piece, ...rest] = pieces;
  if (piece === undefined) {
    if (then === "end") socket.end();
    if (then === "reset") reset();
    return;
  }
  socket.write(piece, "latin1", () => setImmediate(writeRaw, socket, { kind: "raw", pieces: rest, then }, reset));
}

function drip(response: ServerResponse, fault: Extract<Fault, { kind: "drip" }>): void {
  response.writeHead(fault.status, { "content-type": "text/plain", "content-length": String(fault.bytes) });
  response.flushHeaders();
  let left = fault.bytes;
  const timer = setInterval(() => {
    response.write("x");
    left -= 1;
    if (left === 0) response.end();
  }, fault.everyMs);
  response.on("close", () => {
    clearInterval(timer);
  });
}

/** The caller may hang up half-way: that is what these answers are for. */
function send(response: ServerResponse, chunks: Iterable<Buffer>): void {
  const source = Readable.from(chunks, { objectMode: false });
  response.on("close", () => source.destroy());
  source.on("error", () => response.destroy());
  source.pipe(response);
}

function* repeat(chunk: Buffer, bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= chunk.length) yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}
