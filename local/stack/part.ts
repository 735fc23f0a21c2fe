import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

/** What the stack starts and keeps alive. */
export interface PartPlan<Ready> {
  readonly name: string;
  /** Arguments of Node; `previous` is what the part said at its first start, so that a restart takes the same ports. */
  readonly command: (previous: Ready | undefined) => {
    readonly args: readonly string[];
    readonly env?: NodeJS.ProcessEnv;
    /** Node that runs it; this one by default. */
    readonly node?: string | undefined;
  };
  /** What the ready line holds. @throws when it lacks something. */
  readonly read: (line: unknown) => Ready;
  /** Whether a restarted part is where the first one was. */
  readonly same: (first: Ready, now: Ready) => boolean;
}

export interface Part<Ready> {
  /** What its first start said; restarts are on the same ports. */
  readonly ready: Ready;
  pid(): number;
  kill(signal: NodeJS.Signals): void;
  /** Resolves after the next restart from now on, once the part answers again. */
  restarted(): Promise<void>;
  logs(): string;
  close(): Promise<void>;
}

/** What all parts share. */
export interface PartContext {
  readonly root: string;
  /** Aborting ends a start under way. */
  readonly signal: AbortSignal | undefined;
  onLine(part: string, line: string): void;
  onRestart(part: string): void;
}

const START_MS = 30_000;
/** The host waits up to 8 s for running functions, so this is longer. */
const STOP_MS = 11_000;
const BACK_OFF_MS = [50, 250, 1000, 2000, 5000];
const KEPT_LINES = 5_000;

/**
 * Starts a part and starts it again, on the same ports, whenever it ends by itself.
 * @throws when the first start fails, with the last lines it wrote.
 */
export async function startPart<Ready>(plan: PartPlan<Ready>, context: PartContext): Promise<Part<Ready>> {
  const lines: string[] = [];
  const waiting: (() => void)[] = [];
  let closing = false;
  let child: ChildProcess | undefined;

  const keep = (line: string): void => {
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
    context.onLine(plan.name, line);
  };

  const start = async (previous: Ready | undefined): Promise<Ready> => {
    const { args, env, node = process.execPath } = plan.command(previous);
    const preload = pathToFileURL(join(context.root, "local/stack/end-with-parent.ts")).href;
    const started = spawn(node, ["--disable-warning=ExperimentalWarning", "--import", preload, ...args], {
      cwd: context.root,
      env: env ?? process.env,
      // Standard input and the channel close when this process goes, whatever ends it.
      stdio: ["pipe", "pipe", "pipe", "ipc"],
      // A Ctrl-C in the terminal is for the stack alone; it then ends its parts in order.
      detached: true,
    });
    child = started;
    const { stdout, stderr } = started;
    if (!stdout || !stderr) throw new Error(`${plan.name} could not be started: no output of it can be read.`);
    return await new Promise<Ready>((resolve, reject) => {
      const timer = setTimeout(() => {
        started.kill("SIGKILL");
        reject(new Error(`${plan.name} did not get ready in ${String(START_MS / 1000)} s.\n${tail(lines)}`));
      }, START_MS);
      createInterface({ input: stderr }).on("line", keep);
      createInterface({ input: stdout }).on("line", (line) => {
        keep(line);
        const said = readyLine(line);
        if (said === undefined) return;
        clearTimeout(timer);
        try {
          resolve(plan.read(said));
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
      keep(`[stack] ${plan.name} ended (${signal ?? String(code)}); starting it again.`);
      void restart(first);
    });
  };

  const restart = async (first: Ready): Promise<void> => {
    for (let tries = 0; !stopped(); tries += 1) {
      await new Promise((done) => setTimeout(done, BACK_OFF_MS[Math.min(tries, BACK_OFF_MS.length - 1)]));
      if (stopped()) return;
      try {
        const now = await start(first);
        if (!plan.same(first, now)) throw new Error(`${plan.name} came back on another port.`);
        watch(child, first);
        if (ended(child)) throw new Error(`${plan.name} ended at once.`);
        context.onRestart(plan.name);
        for (const tell of waiting.splice(0)) tell();
        return;
      } catch (thrown) {
        child?.removeAllListeners("exit");
        await end(child, "SIGKILL", 0);
        keep(`[stack] ${plan.name} is not back yet: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      }
    }
  };
  const stopped = (): boolean => closing;

  const abandon = (): void => {
    closing = true;
    void end(child, "SIGTERM", STOP_MS);
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
      await end(child, "SIGTERM", STOP_MS);
    },
  };
}

function ended(child: ChildProcess | undefined): boolean {
  return child?.exitCode !== null || child.signalCode !== null;
}

/** Ends a process with `signal`, and with SIGKILL when it is still there after `bound` ms. Resolves when it is gone. */
async function end(child: ChildProcess | undefined, signal: NodeJS.Signals, bound: number): Promise<void> {
  if (child?.pid === undefined || ended(child)) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), bound);
  await gone;
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
