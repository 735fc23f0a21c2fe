import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";

/** A request as the server saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface TlsServer {
  readonly port: number;
  /** `https://localhost:<port>` */
  readonly url: string;
  /** `localhost:<port>`, for the list of exempt places. */
  readonly place: string;
  readonly seen: Seen[];
  /** What answers; replace it at any time. */
  answer: (request: Seen, response: ServerResponse, socket: Socket) => void;
  close(): Promise<void>;
}

/** A real HTTPS server on the loopback address whose certificate this process trusts; answers 200 unless set otherwise. */
export async function startTlsServer(names: readonly string[] = ["localhost", "receiver.test"]): Promise<TlsServer> {
  const dir = mkdtempSync(join(tmpdir(), "kls-tls-"));
  const { ca } = await ensureCa(dir);
  const { cert, key } = await issueCertificate(dir, names);
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(ca, "utf8")]);
  const seen: Seen[] = [];
  // Node's own limit of 16 KB of headers is less than a webhook may have.
  const server = createServer({ cert, key, maxHeaderSize: 1_048_576 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const one = { method, url, headers, body: Buffer.concat(chunks).toString("utf8") };
      seen.push(one);
      self.answer(one, response, request.socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server listens on no port.");
  const { port } = address;
  const self: TlsServer = {
    port,
    url: `https://localhost:${String(port)}`,
    place: `localhost:${String(port)}`,
    seen,
    answer: (_request, response) => response.end("ok"),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return self;
}
