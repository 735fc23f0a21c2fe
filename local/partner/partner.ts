/** A third party on this machine: token endpoints and receivers over HTTPS, configured over a control API. */
import { mkdirSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import { join } from "node:path";
import { ensureCa, issueCertificate } from "../ca/ca.ts";
import { noteAddress } from "./addresses.ts";
import { controlApi } from "./control-api.ts";
import { openRecords } from "./records.ts";
import { openState } from "./state.ts";
import { thirdParty } from "./third-party.ts";

const LOOPBACK = "127.0.0.1";
/** Node's default of 16 KB is less than a webhook may send. */
const MAX_HEADER_BYTES = 1_048_576;

export interface PartnerOptions {
  /** Holds the CA, the settings and the requests; a partner restarted on it continues where the last one ended. */
  readonly stateDir: string;
  /** Of HTTPS; 0, absent or in use: any free one. */
  readonly port?: number;
  /** Of the control API, likewise. */
  readonly controlPort?: number;
  /** Unix milliseconds; decides when tokens expire. */
  readonly now?: () => number;
}

export interface Partner {
  /** `https://localhost:<port>` */
  readonly url: string;
  /** `http://localhost:<port>` */
  readonly control: string;
  /** Addresses of earlier runs on this folder, latest first, without `url`. */
  readonly earlierUrls: readonly string[];
  /** Paths of the development CA's certificate and key. */
  readonly ca: string;
  readonly caKey: string;
  /** Closes every connection and both servers. */
  readonly close: () => Promise<void>;
}

/** Starts a partner on the loopback address; it is ready when this resolves. */
export async function startPartner(options: PartnerOptions): Promise<Partner> {
  const { stateDir } = options;
  mkdirSync(stateDir, { recursive: true });
  const { ca, caKey } = await ensureCa(stateDir);
  const { cert, key } = await issueCertificate(stateDir, ["localhost", LOOPBACK, "::1"]);
  const state = openState(join(stateDir, "partner-state.json"));
  const records = openRecords(join(stateDir, "partner-requests.jsonl"));

  const https = createHttpsServer({ cert, key, maxHeaderSize: MAX_HEADER_BYTES });
  https.on("request", reporting(thirdParty({ state, records, now: options.now ?? Date.now }, tcpResets(https))));
  // As most third parties do, keep idle connections of a caller's pool open for a while.
  https.keepAliveTimeout = 60_000;
  const control = createHttpServer(reporting(controlApi(state, records)));
  const port = await listen(https, options.port ?? 0);
  const controlPort = await listen(control, options.controlPort ?? 0);
  const url = `https://localhost:${String(port)}`;
  return {
    url,
    earlierUrls: noteAddress(stateDir, url),
    control: `http://localhost:${String(controlPort)}`,
    ca,
    caKey,
    close: async () => {
      await Promise.all([end(https), end(control)]);
    },
  };
}

/** A failure of the partner itself must not look like a configured one: it is printed and answered 500. */
function reporting(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      console.error("The partner failed:", error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  };
}

/** Only the TCP socket below a TLS socket can be reset; the two are matched by the caller's address and port. */
function tcpResets(server: HttpsServer): (request: IncomingMessage) => void {
  const sockets = new Map<string, Socket>();
  const place = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress}|${String(remotePort)}`;
  server.on("connection", (socket: Socket) => {
    const key = place(socket);
    sockets.set(key, socket);
    socket.on("close", () => sockets.delete(key));
  });
  return (request) => {
    sockets.get(place(request.socket))?.resetAndDestroy();
    request.socket.destroy();
  };
}

async function listen(server: HttpServer | HttpsServer, port: number): Promise<number> {
  const attempt = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(wanted, LOOPBACK, () => {
        server.off("error", reject);
        resolve();
      });
    });
  await attempt(port).catch((error: unknown) => {
    const taken = typeof error === "object" && error !== null && "code" in error && error.code === "EADDRINUSE";
    if (port === 0 || !taken) throw error;
    return attempt(0);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The partner's server has no port.");
  return address.port;
}

function end(server: HttpServer | HttpsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
