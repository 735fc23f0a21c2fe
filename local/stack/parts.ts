import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { azureConfig } from "../service-bus/config/azure-config.ts";
import type { PartPlan } from "./part.ts";

/** Ports to try; 0 is any free one, and a part takes a free one when its port is in use. */
export interface Ports {
  readonly host: number;
  /** By namespace; others take any free one. */
  readonly bus: Readonly<Record<string, number>>;
  readonly tables: number;
  readonly partner: number;
  readonly control: number;
}

export const FREE_PORTS: Ports = { host: 0, bus: {}, tables: 0, partner: 0, control: 0 };

const busReady = z.object({
  namespaces: z.record(z.string(), z.object({ port: z.number(), connectionString: z.string() })),
});
const tablesReady = z.object({ port: z.number(), connectionString: z.string() });
const partnerReady = z.object({
  url: z.string(),
  earlierUrls: z.array(z.string()),
  control: z.string(),
  ca: z.string(),
  caKey: z.string(),
});
const hostReady = z.object({
  url: z.string(),
  functions: z.array(z.string()),
  errors: z.record(z.string(), z.string()),
});

export type BusReady = z.infer<typeof busReady>;
export type TablesReady = z.infer<typeof tablesReady>;
export type PartnerReady = z.infer<typeof partnerReady>;
export type HostReady = z.infer<typeof hostReady>;

/** Folder of the bus's messages, in the state folder. */
export const BUS_STATE = "service-bus";

/** The Service Bus stand-in. Its configuration, with the ports of this run, is written to the state folder. */
export function busPart(root: string, stateDir: string, ports: Ports): PartPlan<BusReady> {
  return {
    name: "serviceBus",
    command: (previous) => {
      const known = previous?.namespaces ?? {};
      const port = (name: string): number => known[name]?.port ?? ports.bus[name] ?? 0;
      const file = join(stateDir, "service-bus.json");
      mkdirSync(stateDir, { recursive: true });
      writeFileSync(file, azureConfig(port));
      const state = join(stateDir, BUS_STATE);
      return { args: [join(root, "local/service-bus/main.ts"), "--config", file, "--state", state] };
    },
    read: (line) => busReady.parse(line),
    same: (first, now) =>
      Object.entries(first.namespaces).every(([name, namespace]) => now.namespaces[name]?.port === namespace.port),
  };
}

export function tablesPart(root: string, location: string | undefined, ports: Ports): PartPlan<TablesReady> {
  return {
    name: "tables",
    command: (previous) => {
      const port = String(previous?.port ?? ports.tables);
      const where = location === undefined ? [] : ["--location", location];
      return { args: [join(root, "local/tables/main.ts"), "--port", port, ...where] };
    },
    read: (line) => tablesReady.parse(line),
    same: (first, now) => first.port === now.port,
  };
}

export function partnerPart(root: string, stateDir: string, ports: Ports): PartPlan<PartnerReady> {
  return {
    name: "partner",
    command: (previous) => ({
      args: [
        join(root, "local/partner/main.ts"),
        "--state",
        stateDir,
        "--port",
        previous ? portOf(previous.url) : String(ports.partner),
        "--control-port",
        previous ? portOf(previous.control) : String(ports.control),
      ],
    }),
    read: (line) => partnerReady.parse(line),
    same: (first, now) => first.url === now.url && first.control === now.control,
  };
}

export function hostPart(
  root: string,
  ports: Ports,
  app: {
    readonly bundle: string;
    readonly appDir: string;
    readonly env: NodeJS.ProcessEnv;
    readonly node: string | undefined;
  },
): PartPlan<HostReady> {
  return {
    name: "host",
    command: (previous) => ({
      args: [
        join(root, "local/host/main.ts"),
        "--port",
        previous ? portOf(previous.url) : String(ports.host),
        "--app",
        app.appDir,
        "--bundle",
        app.bundle,
      ],
      env: app.env,
      node: app.node,
    }),
    read: (line) => hostReady.parse(line),
    same: (first, now) => first.url === now.url,
  };
}

function portOf(url: string): string {
  return new URL(url).port;
}
