import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as z from "zod";
import { partnerControl } from "../../../local/partner/control.ts";

const MAIN = join(import.meta.dirname, "../../../local/partner/main.ts");

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "partner-"));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

const readySchema = z.strictObject({
  ready: z.literal(true),
  url: z.string(),
  earlierUrls: z.array(z.string()),
  control: z.string(),
  ca: z.string(),
  caKey: z.string(),
});

/** Starts the partner, under a parent in between when `command` is one, and reads its first line. */
async function start(command: readonly string[]) {
  const child = spawn(process.execPath, [...command], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = z.tuple([z.string()]).parse(await once(createInterface(child.stdout), "line"));
  return { child, ready: readySchema.parse(JSON.parse(line)) };
}

const options = (): string[] => ["--state", stateDir, "--port", "0", "--control-port", "0"];

test("the partner says where it is, and ends on SIGTERM with nothing left open", async () => {
  const { child, ready } = await start([MAIN, ...options()]);
  expect(ready.url).toMatch(/^https:\/\/localhost:\d+$/);
  expect(ready.control).toMatch(/^http:\/\/localhost:\d+$/);
  expect([ready.ca, ready.caKey]).toEqual([join(stateDir, "ca.pem"), join(stateDir, "ca-key.pem")]);
  // A caller that is still waiting must not keep it alive.
  const waiting = partnerControl(ready.control).waitFor("crm", { timeoutMs: 60_000 });
  const ended = expect(waiting).rejects.toThrow("fetch failed");
  await partnerControl(ready.control).receiver("crm", {});
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  await ended;
});

test("the partner ends when the process that started it is killed", async () => {
  const between = `require("node:child_process").spawn(process.execPath, ${JSON.stringify([MAIN, ...options()])}, { stdio: "inherit" })`;
  const { child, ready } = await start(["-e", between]);
  // The partner holds the other end of this pipe, which closes when the partner ends.
  const gone = once(child, "close");
  child.stdout.resume();
  child.kill("SIGKILL");
  await gone;
  await expect(fetch(ready.control)).rejects.toThrow("fetch failed");
});
