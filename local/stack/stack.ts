/** The whole product on this machine: bus, tables, partner and Functions host as processes, the token issuer in this one. */
import { rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { startIssuer } from "../identity/issuer.ts";
import type { Issuer } from "../identity/issuer.ts";
import { appEnvironment } from "./app-environment.ts";
import { buildApp } from "./build-app.ts";
import { claimStateDir } from "./claim.ts";
import { developerTokens } from "./developer-tokens.ts";
import { startPart } from "./part.ts";
import type { Part, PartContext, PartPlan } from "./part.ts";
import { BUS_STATE, busPart, FREE_PORTS, hostPart, partnerPart, tablesPart } from "./parts.ts";
import { presentRuntime } from "./present-runtime.ts";
import { removeRuntime, writeRuntime } from "./runtime.ts";
import type { Runtime } from "./runtime.ts";
import { movedPorts, usualPorts } from "./usual-ports.ts";
import type { MovedPort } from "./usual-ports.ts";

export interface StackOptions {
  /** `usual`: each replaced by a free one when it is in use. */
  readonly ports: "free" | "usual";
  /** `disk`: rows and messages outlive the stack. `memory`: it starts empty; messages still outlive a crash of the bus. */
  readonly tables: "memory" | "disk";
  /** Folder of keys, CA, tables on disk and `runtime.json`. */
  readonly stateDir: string;
  /** A built bundle; by default the app is built first. */
  readonly bundle?: string;
  /** Folder of host.json; by default the project. */
  readonly appDir?: string;
  /** Node executable that runs the app, for the version of the plan on Azure; this one by default. */
  readonly node?: string;
  /** Settings of the app, over those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Aborts a start in progress. */
  readonly signal?: AbortSignal;
  readonly onLine?: (part: string, line: string) => void;
}

export type PartName = "host" | "serviceBus" | "tables" | "partner";

/** One of the processes. */
export type Process = Pick<Part<unknown>, "pid" | "kill" | "restarted">;

export interface Stack {
  /** The present state; process ids change when a part is restarted. */
  readonly runtime: Runtime;
  readonly processes: Readonly<Record<PartName, Process>>;
  readonly issuer: Issuer;
  /** Usual ports that were in use, and their replacements. */
  readonly movedPorts: readonly MovedPort[];
  /** Functions in error, with the reason. */
  readonly functionErrors: Readonly<Record<string, string>>;
  /** Output of a part, at most its last 5,000 lines. */
  logs(part: PartName): string;
  /** Ends every process and removes `runtime.json`. */
  close(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../..");

/**
 * Starts everything and resolves once all of it is ready; `runtime.json` in the state folder is written last. A part that dies is
 * restarted on the same port.
 * @throws when another stack is running in the state folder, a part does not start or the app registers no function, once everything that was
 *   started has ended.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stateDir = resolve(options.stateDir);
  const runtimeFile = join(stateDir, "runtime.json");
  const issuer = await startIssuer();
  const release = await claimStateDir(stateDir, issuer.issuer).catch(async (thrown: unknown) => {
    await issuer.close();
    throw thrown;
  });
  removeRuntime(runtimeFile);
  // Messages of an earlier run would not match the empty tables.
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
    // The host first, so that it can settle its messages while the bus still answers.
    await started.at(-1)?.close();
    await Promise.all(started.map((part) => part.close()));
    removeRuntime(runtimeFile);
    await issuer.close();
    release();
  };

  try {
    const ports = options.ports === "usual" ? await usualPorts() : FREE_PORTS;
    const location = options.tables === "disk" ? join(stateDir, "tables") : undefined;
    const work = [
      begin(busPart(ROOT, stateDir, ports)),
      begin(tablesPart(ROOT, location, ports)),
      begin(partnerPart(ROOT, stateDir, ports)),
      options.bundle === undefined ? buildApp(ROOT) : Promise.resolve(resolve(options.bundle)),
    ] as const;
    // Even when one fails, wait for all: whatever has been started must be ended.
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
    await checkHealth(`${host.ready.url}/api/health`);

    const parts = { host, serviceBus: bus, tables, partner };
    const lasting = await developerTokens(issuer);
    const present = (): Runtime => presentRuntime(parts, lasting);
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

/** @throws when the URL cannot be reached or answers with a server error. */
async function checkHealth(url: string): Promise<void> {
  const response = await fetch(url);
  if (response.status >= 500) throw new Error(`${url} answered ${String(response.status)}: ${await response.text()}`);
  await response.body?.cancel();
}

function joined(...lists: (string | undefined)[]): string {
  return lists.filter((list) => list !== undefined && list.trim() !== "").join(",");
}
