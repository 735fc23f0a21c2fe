/** The usual ports, each replaced by a free one when it is in use. */
import { once } from "node:events";
import { createServer } from "node:net";
import { BUS_PORTS } from "../service-bus/config/azure-config.ts";
import { errorCode } from "./error-code.ts";
import type { Ports } from "./parts.ts";
import type { Runtime } from "./runtime.ts";

export const USUAL_PORTS = {
  host: 7071,
  bus: BUS_PORTS,
  tables: 10_002,
  partner: 7443,
  control: 7444,
} as const satisfies Ports;

/** A part that is not on its usual port. */
export interface MovedPort {
  readonly what: string;
  readonly usual: number;
  readonly port: number;
}

/** `localhost` is either of them; which one comes first is up to each client. */
const LOOPBACKS = ["127.0.0.1", "::1"];

/**
 * The usual ports, with 0 (any free one) for each that is in use on one of the loopback addresses: the parts listen on IPv4, and a program with
 * the same port on IPv6 would get the requests of every client that tries `::1` first.
 */
export async function usualPorts(): Promise<Ports> {
  const free = async (port: number): Promise<number> => ((await isFree(port)) ? port : 0);
  const bus = await Promise.all(
    Object.entries(USUAL_PORTS.bus).map(async ([name, port]) => [name, await free(port)] as const),
  );
  return {
    host: await free(USUAL_PORTS.host),
    bus: Object.fromEntries(bus),
    tables: await free(USUAL_PORTS.tables),
    partner: await free(USUAL_PORTS.partner),
    control: await free(USUAL_PORTS.control),
  };
}

/** The parts that are not on their usual ports, in the order in which users meet them. */
export function movedPorts({ api, clients, tables, partner }: Omit<Runtime, "processes" | "tokens">): MovedPort[] {
  const tablesUrl = /TableEndpoint=([^;]+)/.exec(tables)?.[1];
  const places: readonly (readonly [string, number, string | undefined])[] = [
    ["API", USUAL_PORTS.host, api],
    ...Object.entries(clients).map(
      ([name, { connectionString }]) =>
        [`bus of ${name}`, USUAL_PORTS.bus[name] ?? 0, /Endpoint=([^;]+)/.exec(connectionString)?.[1]] as const,
    ),
    ["tables", USUAL_PORTS.tables, tablesUrl],
    ["partner", USUAL_PORTS.partner, partner.url],
    ["partner control", USUAL_PORTS.control, partner.control],
  ];
  return places.flatMap(([what, usual, url]) => {
    const port = url === undefined ? usual : Number(new URL(url).port);
    return port === usual || usual === 0 ? [] : [{ what, usual, port }];
  });
}

/** Whether this port is free on both loopback addresses. */
export async function isFree(port: number): Promise<boolean> {
  const taken = await Promise.all(LOOPBACKS.map((address) => isTaken(port, address)));
  return !taken.includes(true);
}

/** An address that this machine lacks (no IPv6) is free. */
async function isTaken(port: number, address: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, "listening");
  } catch (thrown) {
    return ["EADDRINUSE", "EACCES"].some((code) => code === errorCode(thrown));
  }
  server.close();
  await once(server, "close");
  return false;
}
