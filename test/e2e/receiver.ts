import { createServer } from "node:https";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** Longest wait for something that must happen, in milliseconds: not a claim about speed, so that a slow machine is not a failure. */
export const PATIENCE_MS = 120_000;

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as received. */
  readonly bytes: Buffer;
  /** Milliseconds since the epoch, when the whole request had come in. */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Receiver {
  readonly port: number;
  readonly requests: readonly Received[];
  /** Those that are neither answered nor abandoned by the sender. */
  readonly open: ReadonlySet<Received>;
  /** What to answer from now on; the default is 200. */
  answers(rule: (request: Received) => Answer | Promise<Answer>): void;
  /** Resolves once `satisfied` is true of what has been received; checks again at each request. */
  until(satisfied: (requests: readonly Received[]) => boolean, timeoutMs?: number): Promise<readonly Received[]>;
  close(): Promise<void>;
}

/** The test's own third party: an HTTPS server that records every request as received. */
export async function startReceiver(certificate: { key: string; cert: string }): Promise<Receiver> {
  const requests: Received[] = [];
  const open = new Set<Received>();
  const waiting = new Set<() => void>();
  let rule: (request: Received) => Answer | Promise<Answer> = () => ({ status: 200 });

  // Node's own limit of 16 KB of headers is less than a webhook may have.
  const server = createServer({ ...certificate, maxHeaderSize: 1_048_576 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const received: Received = {
        method: request.method ?? "",
        path: request.url ?? "",
        headers: request.headers,
        body: bytes.toString("utf8"),
        bytes,
        at: Date.now(),
      };
      requests.push(received);
      open.add(received);
      response.on("close", () => open.delete(received));
      void Promise.resolve(rule(received)).then(({ status, headers = {}, body = "" }) => {
        response.writeHead(status, headers).end(body);
        for (const look of waiting) look();
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    requests,
    open,
    answers: (next) => {
      rule = next;
    },
    until: (satisfied, timeoutMs = PATIENCE_MS) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`Not seen within ${String(timeoutMs)} ms; ${String(requests.length)} requests came in.`));
        }, timeoutMs);
        const look = (): void => {
          if (!satisfied(requests)) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(requests);
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => {
          resolve();
        });
      }),
  };
}
