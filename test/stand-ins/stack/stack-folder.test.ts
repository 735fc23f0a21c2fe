import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startIssuer } from "../../../local/identity/issuer.ts";
import type { Issuer } from "../../../local/identity/issuer.ts";
import { claimStateDir } from "../../../local/stack/claim.ts";
import { isFree } from "../../../local/stack/usual-ports.ts";

const CLAIM = join(import.meta.dirname, "../../../local/stack/claim.ts");
const ISSUER = join(import.meta.dirname, "../../../local/identity/issuer.ts");
let dir: string;
let issuer: Issuer;
const children: ChildProcess[] = [];
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "stack-folder-"));
  issuer = await startIssuer();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await issuer.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Another process that owns the folder. */
async function holder() {
  const code = `const { claimStateDir } = await import(${JSON.stringify(CLAIM)}); const { startIssuer } = await import(${JSON.stringify(ISSUER)});
    await claimStateDir(${JSON.stringify(dir)}, (await startIssuer()).issuer); console.log("held");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(createInterface(child.stdout), "line");
  return child;
}

describe("a state folder", () => {
  test("belongs to one stack: a second one learns whose it is, and changes nothing", async () => {
    const child = await holder();
    const before = readFileSync(join(dir, "stack.json"), "utf8");
    await expect(claimStateDir(dir, issuer.issuer)).rejects.toThrow(`: process ${String(child.pid)}.`);
    expect(readFileSync(join(dir, "stack.json"), "utf8")).toBe(before);
  });

  test("of a killed stack is taken over, and released without a trace", async () => {
    const child = await holder();
    child.kill("SIGKILL");
    await once(child, "exit");
    const giveBack = await claimStateDir(dir, issuer.issuer);
    expect(existsSync(join(dir, "stack.json"))).toBe(true);
    giveBack();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("of a stopped process, which exists but does not answer, is not taken over", async () => {
    const child = await holder();
    child.kill("SIGSTOP");
    await expect(claimStateDir(dir, issuer.issuer)).rejects.toThrow("already running in");
  });

  test("is taken over when another process has the id of the killed stack", async () => {
    const gone = await startIssuer();
    await gone.close();
    writeFileSync(join(dir, "stack.json"), JSON.stringify({ pid: process.pid, issuer: gone.issuer }));
    (await claimStateDir(dir, issuer.issuer))();
    writeFileSync(join(dir, "stack.json"), "half a fi");
    (await claimStateDir(dir, issuer.issuer))();
    expect(readdirSync(dir)).toEqual([]);
  });

  test("waits for the processes of a killed stack, which still write into it", async () => {
    const part = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "inherit"] });
    children.push(part);
    writeFileSync(join(dir, "runtime.json"), JSON.stringify({ processes: { tables: part.pid } }));
    let ended = false;
    const exit = once(part, "exit").then(() => (ended = true));
    const claimed = claimStateDir(dir, issuer.issuer).then(() => ended);
    part.stdin.end();
    expect(await claimed).toBe(true);
    await exit;
  });

  test("that many want at the same time goes to one", async () => {
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => claimStateDir(dir, issuer.issuer)));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("a port", () => {
  test.each(["127.0.0.1", "::1", "0.0.0.0", "::"])(
    "in use on %s is not free, and free again once it is closed",
    async (host) => {
      const server = createServer();
      await once(server.listen({ port: 0, host, ipv6Only: host === "::" }), "listening");
      const { port } = server.address() as AddressInfo;
      expect(await isFree(port)).toBe(false);
      // The side that closes first remains in TIME_WAIT.
      const socket = createConnection({ port, host: host.includes(":") ? "::1" : "127.0.0.1" });
      const [accepted] = (await once(server, "connection")) as [Socket];
      accepted.end();
      socket.resume();
      await once(socket, "close");
      await new Promise((resolve) => server.close(resolve));
      expect(await isFree(port)).toBe(true);
    },
  );
});
