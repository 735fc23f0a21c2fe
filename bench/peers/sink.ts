/**
 * A receiver and token endpoint cheap enough not to be the bottleneck: TLS with keep-alive, and as much of HTTP/1.1 as a client without pipelining
 * needs. `/d50` answers after 50 ms, `/token` with a token, anything else at once with `{"ok":true}`.
 */
import { createServer } from "node:tls";
import type { TLSSocket } from "node:tls";
import * as z from "zod";
import { servePeer } from "./parent.ts";

const settingsSchema = z.object({ cert: z.string(), key: z.string() });

const OK = answer('{"ok":true}');
const TOKEN = answer(JSON.stringify({ access_token: "t".repeat(40), token_type: "Bearer", expires_in: 3_600 }));
const HEAD_END = Buffer.from("\r\n\r\n");

let requests = 0;
let bytes = 0;

servePeer((settings) => {
  const { cert, key } = settingsSchema.parse(settings);
  const server = createServer({ cert, key, ALPNProtocols: ["http/1.1"] }, serve);
  // Clients may disconnect at any time.
  server.on("tlsClientError", () => undefined);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve({
        port: typeof address === "object" && address ? address.port : 0,
        counts: () => ({ requests, bytes }),
        reset: () => {
          requests = 0;
          bytes = 0;
        },
      });
    });
  });
});

function serve(socket: TLSSocket): void {
  let held: Buffer | undefined;
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    let rest = held ? Buffer.concat([held, chunk]) : chunk;
    held = undefined;
    while (rest.length > 0) {
      const length = requestLength(rest);
      if (length === undefined || length > rest.length) {
        held = rest;
        return;
      }
      respond(socket, rest.toString("latin1", 0, Math.min(64, length)));
      bytes += length;
      rest = rest.subarray(length);
    }
  });
}

/** Length of head and body; undefined until the head is complete. */
function requestLength(seen: Buffer): number | undefined {
  const end = seen.indexOf(HEAD_END);
  if (end === -1) return undefined;
  const head = seen.toString("latin1", 0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined && /\r\ntransfer-encoding:/i.test(head))
    throw new Error("The sink does not read chunked requests.");
  return end + HEAD_END.length + Number(length ?? 0);
}

function respond(socket: TLSSocket, beginning: string): void {
  requests += 1;
  const path = beginning.slice(beginning.indexOf(" ") + 1);
  if (path.startsWith("/d50")) setTimeout(() => socket.write(OK), 50);
  else socket.write(path.startsWith("/token") ? TOKEN : OK);
}

/** An answer with the headers that receivers usually send. */
function answer(body: string): Buffer {
  const head = [
    "HTTP/1.1 200 OK",
    "Server: bench",
    `Date: ${new Date().toUTCString()}`,
    "Content-Type: application/json",
    `Content-Length: ${String(body.length)}`,
    "Connection: keep-alive",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
