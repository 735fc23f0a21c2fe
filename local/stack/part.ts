import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** A process that the stack starts and keeps running. */
export interface PartPlan<Ready> {
  readonly name: string;
  /** Arguments of Node; `previous` is the ready line of the first start, so that a restart takes the same ports. */
  readonly command: (previous: Ready | undefined) => {
    readonly args: readonly string[];
    readonly env?: NodeJS.ProcessEnv;
    /** Node executable; this one by default. */
    readonly node?: string | undefined;
  };
  /** Parses the ready line. @throws when a field is missing. */
  readonly read: (line: unknown) => Ready;
  /** Whether a restarted part has the addresses of the first one. */
  readonly same: (first: Ready, now: Ready) => boolean;
}

export interface Part<Ready> {
  /** The ready line of its first start; restarts take the same ports. */
  readonly ready: Ready;
  pid(): number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves once the part is ready again after its next restart. */
  restarted(): Promise<void>;
  logs(): string;
  close(): Promise<void>;
}

/** What all parts share. */
export interface PartContext {
  readonly root: string;
  /** Aborts a start in progress. */
  readonly signal: AbortSignal | undefined;
  onLine(part: string, line: string): void;
  onRestart(part: string): void;
}

const START_TIMEOUT_MS = 30_000;
/** Longer than the 8 s that the host waits for running functions. */
const STOP_TIMEOUT_MS = 11_000;
const BACK_OFF_MS = [50, 250, 1000, 2000, 5000];
const MAX_LOG_LINES = 5_000;

/**
 * Starts a part and restarts it, on the same ports, whenever it ends unexpectedly.
 * @throws when the first start fails, with the last lines of its output.
 */
export async function startPart<Ready>(plan: PartPlan<Ready>, context: PartContext): Promise<Part<Ready>> {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let closing = false;
  let child: ChildProcess | undefined;

  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > MAX_LOG_LINES) lines.shift();
    context.onLine(plan.name, line);
  };

  const start = async (previous: Ready | undefined): Promise<Ready> => {
    const { args, env, node = process.execPath } = plan.command(previous);
    const preload = pathToFileURL(join(context.root, "local/stack/end-with-parent.ts")).href;
    const started = spawn(node, ["--disable-warning=ExperimentalWarning", "--import", preload, ...args], {
      cwd: context.root,
      env: env ?? process.env,
      // Standard input and the channel close when this process ends, in whatever way.
      stdio: ["pipe", "pipe", "pipe", "ipc"],
      // Ctrl-C in the terminal reaches the stack alone, which then ends its parts in order.
      detached: true,
    });
    child = started;
    const { stdout, stderr } = started;
    if (!stdout || !stderr) throw new Error(`${plan.name} could not be started: its output cannot be read.`);
    return await new Promise<Ready>((resolve, reject) => {
      const timer = setTimeout(() => {
        started.kill("SIGKILL");
        reject(new Error(`${plan.name} was not ready within ${String(START_TIMEOUT_MS / 1000)} s.\n${tail(lines)}`));
      }, START_TIMEOUT_MS);
      createInterface({ input: stderr }).on("line", keep);
      createInterface({ input: stdout }).on("line", (line) => {
        keep(line);
        const ready = readyLine(line);
        if (ready === undefined) return;
        clearTimeout(timer);
        try {
          resolve(plan.read(ready));
        } catch (thrown) {
          reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
        }
      });
      started.once("error", reject);
      started.once("exit", (code, signal) => {
        clearTimeout(timer);
        reject(new Error(`${plan.name} ended (${signal ?? String(code)}) before it was ready.\n${tail(lines)}`));
      });
    });
  };

  const watch = (running: ChildProcess | undefined, first: Ready): void => {
    running?.once("exit", (code, signal) => {
      if (closing) return;
      keep(`[stack] ${plan.name} ended (${signal ?? String(code)}); restarting it.`);
      void restart(first);
    });
  };

  const restart = async (first: Ready): Promise<void> => {
    for (let tries = 0; !stopped(); tries += 1) {
      await new Promise((done) => setTimeout(done, BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]));
      if (stopped()) return;
      try {
        const now = await start(first);
        if (!plan.same(first, now)) throw new Error(`${plan.name} restarted on another port.`);
        watch(child, first);
        if (ended(child)) throw new Error(`${plan.name} ended at once.`);
        context.onRestart(plan.name);
        for (const resolve of waiting.splice(0)) resolve();
        return;
      } catch (thrown) {
        child?.removeAllListeners("exit");
        await end(child, "SIGKILL", 0);
        keep(
          `[stack] ${plan.name} could not be restarted yet: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
        );
      }
    }
  };
  const stopped = (): boolean => closing;

  const abandon = (): void => {
    closing = true;
    void end(child, "SIGTERM", STOP_TIMEOUT_MS);
  };
  context.signal?.addEventListener("abort", abandon);
  let ready: Ready;
  try {
    context.signal?.throwIfAborted();
    ready = await start(undefined);
  } catch (thrown) {
    await end(child, "SIGKILL", 0);
    throw thrown;
  } finally {
    context.signal?.removeEventListener("abort", abandon);
  }
  watch(child, ready);

  return {
    ready,
    pid: () => child?.pid ?? 0,
    kill: (signal) => {
      child?.kill(signal);
    },
    restarted: () => new Promise((resolve) => waiting.push(resolve)),
    logs: () => lines.join("\n"),
    close: async () => {
      closing = true;
      await end(child, "SIGTERM", STOP_TIMEOUT_MS);
    },
  };
}

function ended(child: ChildProcess | undefined): boolean {
  return child?.exitCode !== null || child.signalCode !== null;
}

/** Ends a process with `signal`, and with SIGKILL if it has not ended after `boundMs`. Resolves when it has. */
async function end(child: ChildProcess | undefined, signal: NodeJS.Signals, boundMs: number): Promise<void> {
  if (child?.pid === undefined || ended(child)) return;
  const exited = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), boundMs);
  await exited;
  clearTimeout(timer);
}

/** The object of a ready line, or undefined for any other line. */
function readyLine(line: string): unknown {
  if (!line.startsWith("{")) return undefined;
  try {
    const json: unknown = JSON.parse(line);
    return typeof json === "object" && json !== null && "ready" in json && json.ready === true ? json : undefined;
  } catch {
    return undefined;
  }
}

function tail(lines: readonly string[]): string {
  return lines.slice(-30).join("\n");
}
