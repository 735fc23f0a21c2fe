/** The whole product on this machine: bus, tables, partner and Functions host as processes of their own, the token issuer here. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { isAbsolute, join, relative, resolve } from "node:path";
import { ROLES, startIssuer } from "../identity/issuer.ts";
import type { Issuer } from "../identity/issuer.ts";
import { appEnvironment } from "./app-environment.ts";
import { claimStateDir } from "./claim.ts";
import { startPart } from "./part.ts";
import type { Part, PartContext, PartPlan } from "./part.ts";
import { BUS_STATE, busPart, FREE_PORTS, hostPart, partnerPart, tablesPart } from "./parts.ts";
import { removeRuntime, writeRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import { movedPorts, usualPorts } from "./usual-ports.ts";
import type { MovedPort } from "./usual-ports.ts";

export interface StackOptions {
  /** `usual`: each replaced by a free one when it is taken. */
  readonly ports: "free" | "usual";
  /** `disk`: rows and messages are there again at the next start. `memory`: it begins empty; a part that dies still loses none of its messages. */
  readonly tables: "memory" | "disk";
  /** Folder of keys, CA, disk tables and `runtime.json`. */
  readonly stateDir: string;
  /** A bundle that is built already; by default the app is built first. */
  readonly bundle?: string;
  /** Folder of host.json; the project by default. */
  readonly appDir?: string;
  /** Node that runs the app, as the plan on Azure may have another one; this one by default. */
  readonly node?: string;
  /** Settings of the app over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends a start under way. */
  readonly signal?: AbortSignal;
  readonly onLine?: (part: string, line: string) => void;
}

export type PartName = "host" | "serviceBus" | "tables" | "partner";

/** One of the processes. */
export type Process = Pick<Part<unknown>, "pid" | "kill" | "restarted">;

export interface Stack {
  /** The present state; process ids change when a part is started again. */
  readonly runtime: Runtime;
  readonly processes: Readonly<Record<PartName, Process>>;
  readonly issuer: Issuer;
  /** With the usual ports asked for: those that were taken, and what there is instead. */
  readonly movedPorts: readonly MovedPort[];
  /** Functions that the host could not start, with the reason. */
  readonly functionErrors: Readonly<Record<string, string>>;
  /** What a part has written so far, at most its last 5,000 lines. */
  logs(part: PartName): string;
  /** Ends everything and removes `runtime.json`; no process is left. */
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");
const TOKEN_SECONDS = 30 * 86_400;

/**
 * Starts everything and resolves once all of it answers; `runtime.json` in the state folder is written last. A part that dies is
 * started again on the same port.
 * @throws when another stack runs in the state folder, a part cannot be started or the app registers no function; what had been started is
 *   ended then.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stateDir = resolve(options.stateDir);
  const runtimeFile = join(stateDir, "runtime.json");
  const issuer = await startIssuer();
  const giveBack = await claimStateDir(stateDir, issuer.issuer).catch(async (thrown: unknown) => {
    await issuer.close();
    throw thrown;
  });
  removeRuntime(runtimeFile);
  // Messages of an earlier run would meet tables that know nothing of them.
  if (options.tables === "memory") rmSync(join(stateDir, BUS_STATE), { recursive: true, force: true });

  let afterRestart = (): void => undefined;
  const context: PartContext = {
    root: ROOT,
    signal: options.signal,
    onLine: (part, line) => options.onLine?.(part, line),
    onRestart: () => {
      afterRestart();
    },
  };
  const started: Part<unknown>[] = [];
  const begin = async <Ready>(plan: PartPlan<Ready>): Promise<Part<Ready>> => {
    const part = await startPart(plan, context);
    started.push(part);
    return part;
  };
  const closeAll = async (): Promise<void> => {
    // The host first: it settles what it has in hand while the bus still answers.
    await started.at(-1)?.close();
    await Promise.all(started.map((part) => part.close()));
    removeRuntime(runtimeFile);
    await issuer.close();
    giveBack();
  };

  try {
    const ports = options.ports === "usual" ? await usualPorts() : FREE_PORTS;
    const location = options.tables === "disk" ? join(stateDir, "tables") : undefined;
    const work = [
      begin(busPart(ROOT, stateDir, ports)),
      begin(tablesPart(ROOT, location, ports)),
      begin(partnerPart(ROOT, stateDir, ports)),
      options.bundle === undefined ? build() : Promise.resolve(resolve(options.bundle)),
    ] as const;
    // All of it, even when one fails, so that whatever was started is known and can be ended.
    await Promise.allSettled(work);
    const [bus, tables, partner, bundle] = await Promise.all(work);
    const env = appEnvironment(
      {
        ...process.env,
        ...options.env,
        OUTBOUND_ALLOW: joined(process.env["OUTBOUND_ALLOW"], options.env?.["OUTBOUND_ALLOW"]),
      },
      {
        buses: bus.ready.namespaces,
        tables: tables.ready.connectionString,
        partnerUrl: partner.ready.url,
        ca: resolve(ROOT, partner.ready.ca),
        issuer,
        stateDir,
      },
    );
    const host = await begin(
      hostPart(ROOT, ports, { bundle, appDir: options.appDir ?? ROOT, env, node: options.node }),
    );
    if (host.ready.functions.length === 0) throw new Error(`The app registered no function.\n${host.logs()}`);
    await answers(`${host.ready.url}/api/health`);

    const parts = { host, serviceBus: bus, tables, partner };
    const lasting = await tokens(issuer);
    const present = (): Runtime => ({
      api: host.ready.url,
      ui: `${host.ready.url}/ui`,
      scope: { client: "acme", program: "rewards", environment: "uat" },
      clients: Object.fromEntries(
        Object.entries(bus.ready.namespaces).map(([client, { connectionString }]) => [
          client,
          { connectionString, topic: "events", queue: "deliveries" },
        ]),
      ),
      processes: { host: host.pid(), serviceBus: bus.pid(), tables: tables.pid(), partner: partner.pid() },
      tables: tables.ready.connectionString,
      partner: {
        url: partner.ready.url,
        earlierUrls: partner.ready.earlierUrls,
        ca: fromRoot(partner.ready.ca),
        caKey: fromRoot(partner.ready.caKey),
        control: partner.ready.control,
      },
      tokens: lasting,
    });
    afterRestart = () => {
      writeRuntime(runtimeFile, present());
    };
    options.signal?.throwIfAborted();
    writeRuntime(runtimeFile, present());
    let closing: Promise<void> | undefined;
    return {
      get runtime() {
        return present();
      },
      processes: parts,
      issuer,
      movedPorts: options.ports === "usual" ? movedPorts(present()) : [],
      functionErrors: host.ready.errors,
      logs: (part) => parts[part].logs(),
      close: () => {
        afterRestart = () => undefined;
        closing ??= closeAll();
        return closing;
      },
    };
  } catch (thrown) {
    await closeAll();
    throw thrown;
  }
}

async function tokens(issuer: Issuer): Promise<Runtime["tokens"]> {
  const token = (subject: string, roles: readonly string[], clients: readonly string[] | "*"): Promise<string> =>
    issuer.token({ subject, roles, clients, lifetimeSeconds: TOKEN_SECONDS });
  return {
    admin: await token("admin", ROLES, "*"),
    acmeWriter: await token("acme-writer", ROLES, ["acme"]),
    acmeReader: await token("acme-reader", ["Webhooks.Read"], ["acme"]),
    globexWriter: await token("globex-writer", ROLES, ["globex"]),
  };
}

/** Builds dist/main.cjs. @throws with the builder's output when it fails. */
async function build(): Promise<string> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(ROOT, "scripts/build.ts")], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "pipe"],
  });
  const output: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`The app could not be built:\n${Buffer.concat(output).toString("utf8")}`);
  return join(ROOT, "dist/main.cjs");
}

/** @throws when the URL cannot be reached or says that the app is broken. */
async function answers(url: string): Promise<void> {
  const response = await fetch(url);
  if (response.status >= 500) throw new Error(`${url} answers ${String(response.status)}: ${await response.text()}`);
  await response.body?.cancel();
}

/** Paths inside the project are written from its root, so that the file reads the same on every machine. */
function fromRoot(path: string): string {
  const short = relative(ROOT, resolve(ROOT, path));
  return short.startsWith("..") || isAbsolute(short) ? path : short;
}

function joined(...lists: (string | undefined)[]): string {
  return lists.filter((list) => list !== undefined && list.trim() !== "").join(",");
}
