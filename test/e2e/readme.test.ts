import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { partnerControl } from "../../local/partner/control.ts";
import { readRuntime } from "../../local/stack/runtime.ts";
import type { Runtime } from "../../local/stack/runtime.ts";
import { USUAL_PORTS } from "../../local/stack/usual-ports.ts";

/**
 * What a newcomer does: a clone, `npm start`, the commands of README.md to the letter. Other programs have all of the usual ports, that of
 * the partner on IPv6 only.
 */
const ROOT = join(import.meta.dirname, "../..");
const clone = mkdtempSync(join(tmpdir(), "kls-clone-"));
const runtimeFile = join(clone, ".local/runtime.json");
const others: Server[] = [];
let stack: Running;
let runtime: Runtime;

interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Resolves when the output contains `part`; throws when the command ends first. */
  says(part: string): Promise<void>;
}

/** A command in the clone, in a process group of its own, as a terminal makes it. */
function run(command: string, args: readonly string[]): Running {
  const child = spawn(command, args, { cwd: clone, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += String(chunk)));
  return {
    child,
    output: () => output,
    says: (part) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.includes(part)) resolve();
        };
        look();
        child.stdout.on("data", look);
        child.once("close", () => {
          reject(new Error(`It ended and never said “${part}”:\n${output}`));
        });
      }),
  };
}

async function occupy(port: number, host: string): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  others.push(server);
  // Taken already is taken too.
  await Promise.race([once(server.listen(port, host), "listening"), once(server, "error")]).catch(() => undefined);
}

/** The code blocks of a section of README.md. */
function blocks(section: string): string[] {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, after = ""] = readme.split(`\n## ${section}\n`);
  const [body = ""] = after.split("\n## ");
  return [...body.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
}

async function shell(block: string): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn("bash", ["-euo", "pipefail", "-c", block], { cwd: clone, stdio: ["ignore", "pipe", "pipe"] });
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  return { code: child.exitCode, out, err };
}

beforeAll(async () => {
  const left = new Set(["node_modules", ".git", "dist", ".local", "coverage"]);
  cpSync(ROOT, clone, { recursive: true, filter: (source) => !left.has(relative(ROOT, source)) });
  symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"), "dir");
  const { host, tables, control, partner, bus } = USUAL_PORTS;
  for (const port of [host, tables, control, ...Object.values(bus)]) await occupy(port, "127.0.0.1");
  await occupy(partner, "::1");

  stack = run("npm", ["start"]);
  await stack.says("KLS Webhooks is running.");
  await stack.says("Ctrl-C stops the stack.");
  const read = readRuntime(runtimeFile);
  if (read === undefined) throw new Error("There is no runtime.json.");
  runtime = read;
});

afterAll(async () => {
  if (stack.child.exitCode === null && stack.child.signalCode === null && stack.child.pid !== undefined) {
    const gone = once(stack.child, "close");
    process.kill(-stack.child.pid, "SIGINT");
    await gone;
  }
  for (const server of others) server.close();
  rmSync(clone, { recursive: true, force: true });
});

test("npm start says which ports are taken and what it took instead", () => {
  const port = (url: string): string => new URL(url).port;
  for (const [usual, what, url] of [
    [7071, "API", runtime.api],
    [7443, "partner", runtime.partner.url],
    [7444, "partner control", runtime.partner.control],
  ] as const) {
    expect(port(url)).not.toBe(String(usual));
    expect(stack.output()).toContain(`${String(usual)} is in use: ${what} is on ${port(url)} instead`);
  }
  for (const usual of [5672, 5673, 10_002]) expect(stack.output()).toContain(`${String(usual)} is in use: `);
});

test("the two commands of README.md, as copied, end in a received request", async () => {
  const [create = "", publish = "", ...more] = blocks("A first webhook");
  expect(more).toEqual([]);
  const created = await shell(create);
  expect(created).toMatchObject({ code: 0, err: "" });
  expect(JSON.parse(created.out)).toMatchObject({ name: "Welcome mail", enabled: true });

  const published = await shell(publish);
  expect(published.code).toBe(0);
  expect(published.out).toContain("matched by “Welcome mail”");
  expect(published.out).toMatch(/^delivered {2}200 .* Welcome mail /m);
  const [request, ...repeats] = await partnerControl(runtime.partner.control).requests("mail");
  expect(request).toMatchObject({ url: "/in/mail?lang=en", body: { text: '{"to":"zoe@example.com","points":5}' } });
  expect(repeats).toEqual([]);
});

test("npm run publish without arguments creates a webhook where there is none", async () => {
  const published = await shell("npm run publish -- --client globex");
  expect(published.code).toBe(0);
  expect(published.out).toMatch(/^delivered {2}200 .* Sample: partner /m);
});

test("a second npm start in the same clone says whose it is, and does not disturb the first", async () => {
  const before = readFileSync(runtimeFile, "utf8");
  const second = await shell("npm start");
  expect(second.code).toBe(1);
  expect(second.err).toMatch(/A stack is already running in .*\.local: process \d+\./);
  expect(readFileSync(runtimeFile, "utf8")).toBe(before);
  expect((await fetch(`${runtime.api}/api/health`)).status).toBe(200);
});

test("Ctrl-C leaves no process, no runtime.json and no claim", async () => {
  const gone = once(stack.child, "close");
  process.kill(-(stack.child.pid ?? 0), "SIGINT");
  await gone;
  for (const pid of Object.values(runtime.processes)) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  expect(existsSync(runtimeFile)).toBe(false);
  expect(existsSync(join(clone, ".local/stack.json"))).toBe(false);
  const published = await shell("npm run publish");
  expect(published.code).toBe(1);
  expect(published.err).toContain("The stack is not running: there is no ");
});
