import { isAbsolute, join, relative, resolve } from "node:path";
import type { Part } from "./part.ts";
import type { BusReady, HostReady, PartnerReady, TablesReady } from "./parts.ts";
import type { Runtime } from "./runtime.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The running parts of a stack. */
export interface Parts {
  readonly host: Part<HostReady>;
  readonly serviceBus: Part<BusReady>;
  readonly tables: Part<TablesReady>;
  readonly partner: Part<PartnerReady>;
}

/** Where everything is now. */
export function presentRuntime(parts: Parts, tokens: Runtime["tokens"]): Runtime {
  return {
    api: parts.host.ready.url,
    ui: `${parts.host.ready.url}/ui`,
    scope: { client: "acme", program: "rewards", environment: "uat" },
    clients: Object.fromEntries(
      Object.entries(parts.serviceBus.ready.namespaces).map(([client, { connectionString }]) => [
        client,
        { connectionString, topic: "events", queue: "deliveries" },
      ]),
    ),
    processes: {
      host: parts.host.pid(),
      serviceBus: parts.serviceBus.pid(),
      tables: parts.tables.pid(),
      partner: parts.partner.pid(),
    },
    tables: parts.tables.ready.connectionString,
    partner: {
      url: parts.partner.ready.url,
      earlierUrls: parts.partner.ready.earlierUrls,
      ca: fromRoot(parts.partner.ready.ca),
      caKey: fromRoot(parts.partner.ready.caKey),
      control: parts.partner.ready.control,
    },
    tokens,
  };
}

/** Paths in the project are relative to its root, so that the file is the same on every machine. */
function fromRoot(path: string): string {
  const short = relative(ROOT, resolve(ROOT, path));
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}
