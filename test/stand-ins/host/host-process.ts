import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { bundleOptions } from "../../../scripts/bundle.ts";

export interface HostOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Content of host.json; routes without a prefix and nothing else by default. */
  readonly hostJson?: unknown;
}

/** A host that runs a fixture app as a child process. */
export interface HostProcess {
  readonly url: string;
  readonly functions: readonly string[];
  readonly errors: Readonly<Record<string, string>>;
  output(): string;
  /** The first matching line, now or later; fails after ten seconds with what was written. */
  line(pattern: RegExp): Promise<string>;
  /** Number of matching lines so far. */
  count(pattern: RegExp): number;
  /** Waits until more than `known` lines match. */
  more(pattern: RegExp, known: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Exit code, once the process has ended. */
  readonly exit: Promise<number | null>;
  stop(): Promise<void>;
}

const ROOT = join(import.meta.dirname, "../../..");

/** Bundles `test/stand-ins/host/fixtures/NAME.ts` as the product is bundled and runs it in the host. */
export async function startHost(fixture: string, options: HostOptions = {}): Promise<HostProcess> {
  const dir = mkdtempSync(join(tmpdir(), "host-"));
  await build({
    ...bundleOptions(ROOT),
    entryPoints: [join(ROOT, "test/stand-ins/host/fixtures", `${fixture}.ts`)],
    outfile: join(dir, "dist/main.cjs"),
    logLevel: "error",
  });
  return await runHost(dir, options);
}

/** Runs an entry file given as text, without bundling. */
export async function startHostOn(
  files: Readonly<Record<string, string>>,
  options: HostOptions = {},
): Promise<HostProcess> {
  const dir = mkdtempSync(join(tmpdir(), "host-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  return await runHost(dir, options, files["package.json"]);
}

async function runHost(dir: string, options: HostOptions, manifest = '{"main":"dist/main.cjs"}'): Promise<HostProcess> {
  writeFileSync(join(dir, "package.json"), manifest);
  const hostJson = options.hostJson ?? { version: "2.0", extensions: { http: { routePrefix: "" } } };
  writeFileSync(join(dir, "host.json"), JSON.stringify(hostJson));
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(ROOT, "local/host/main.ts"), "--port", "0", "--app", dir],
    { env: { ...process.env, ...options.env }, stdio: ["ignore", "pipe", "pipe"] },
  );
  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  const keep = (line: string): void => {
    lines.push(line);
    for (const listener of listeners) listener(line);
  };
  createInterface({ input: child.stdout }).on("line", keep);
  createInterface({ input: child.stderr }).on("line", keep);
  const exit = once(child, "close").then(() => child.exitCode);

  const line = async (pattern: RegExp): Promise<string> =>
    await new Promise((resolve, reject) => {
      const known = lines.find((one) => pattern.test(one));
      if (known !== undefined) {
        resolve(known);
        return;
      }
      const listener = (one: string): void => {
        if (!pattern.test(one)) return;
        done();
        resolve(one);
      };
      const timer = setTimeout(() => {
        done();
        reject(new Error(`No line like ${String(pattern)} in 10 s. Written:\n${lines.join("\n")}`));
      }, 10_000);
      const done = (): void => {
        clearTimeout(timer);
        listeners.delete(listener);
      };
      listeners.add(listener);
    });

  const ready: unknown = JSON.parse(await line(/^\{"ready":true/));
  return {
    ...readyShape(ready),
    output: () => lines.join("\n"),
    line,
    count: (pattern) => lines.filter((one) => pattern.test(one)).length,
    more: async (pattern, known) => {
      const fitting = (): number => lines.filter((one) => pattern.test(one)).length;
      while (fitting() <= known)
        await new Promise<void>((next) =>
          listeners.add(() => {
            next();
          }),
        );
    },
    kill: (signal) => child.kill(signal),
    exit,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      await exit;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function readyShape(ready: unknown): Pick<HostProcess, "url" | "functions" | "errors"> {
  if (typeof ready !== "object" || ready === null) throw new Error("The ready line is no object.");
  if (!("url" in ready && "functions" in ready && "errors" in ready)) throw new Error("The ready line lacks a field.");
  const { url, functions, errors } = ready;
  if (typeof url !== "string" || !Array.isArray(functions) || typeof errors !== "object" || errors === null) {
    throw new Error("The ready line has fields of other types.");
  }
  const texts: Record<string, string> = {};
  for (const [name, text] of Object.entries<unknown>({ ...errors })) texts[name] = String(text);
  return { url, functions: functions.map(String), errors: texts };
}
