/** One stack per state folder: two would write the same tables, messages and `runtime.json`. */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import * as z from "zod";
import { errorCode } from "./error-code.ts";

const claimSchema = z.object({ pid: z.int(), issuer: z.url() });
type Claim = z.infer<typeof claimSchema>;
/** The part of `runtime.json` that every version has. */
const leftoverSchema = z.object({ processes: z.record(z.string(), z.int().positive()) }).catch({ processes: {} });

/** How long a busy stack may take to answer. */
const ANSWER_TIMEOUT_MS = 2_000;
/** When their stack is killed, parts end by themselves within this time (end-with-parent.ts). */
const PARTS_END_MS = 13_000;

/**
 * Claims the state folder for this process. A folder of a killed stack is taken over: its process has ended, or its token issuer, which runs in
 * that process, no longer answers (process ids are reused). Its parts may still be ending: they write to the folder, so they are waited for.
 * @param issuer base URL of this stack's token issuer, which answers already.
 * @returns releases the folder.
 * @throws when another stack is running in it, with its process id.
 */
export async function claimStateDir(stateDir: string, issuer: string): Promise<() => void> {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, "stack.json");
  const own = `${JSON.stringify({ pid: process.pid, issuer } satisfies Claim)}\n`;
  while (!writeOnce(file, own)) {
    const found = textOf(file);
    const { data: holder } = claimSchema.safeParse(jsonOf(found ?? ""));
    if (holder !== undefined && (await isRunning(holder)))
      throw new Error(
        `A stack is already running in ${stateDir}: process ${String(holder.pid)}. Use it (see ${join(stateDir, "runtime.json")}) or stop it with Ctrl-C in its terminal.`,
      );
    // Unless it has changed: another stack may have claimed the folder meanwhile.
    if (textOf(file) === found) rmSync(file, { force: true });
  }
  await partsEnded(join(stateDir, "runtime.json"));
  return () => {
    if (textOf(file) === own) rmSync(file, { force: true });
  };
}

/** Writes the file atomically unless it exists. Returns whether it did. */
function writeOnce(file: string, content: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  writeFileSync(draft, content, { mode: 0o600 });
  try {
    linkSync(draft, file);
    return true;
  } catch (thrown) {
    if (errorCode(thrown) === "EEXIST") return false;
    throw thrown;
  } finally {
    rmSync(draft);
  }
}

/** Resolves when the processes in the `runtime.json` of a killed stack have ended, or must have: their ids may be reused. */
async function partsEnded(runtimeFile: string): Promise<void> {
  const leftover = textOf(runtimeFile);
  const { processes } = leftover === undefined ? { processes: {} } : leftoverSchema.parse(jsonOf(leftover));
  for (let waited = 0; waited < PARTS_END_MS && Object.values(processes).some(isAlive); waited += 50) await pass(50);
}

async function isRunning({ pid, issuer }: Claim): Promise<boolean> {
  if (!isAlive(pid)) return false;
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return z.object({ issuer: z.literal(issuer) }).safeParse(await response.json()).success;
  } catch (thrown) {
    return typeof thrown === "object" && thrown !== null && "name" in thrown && thrown.name === "TimeoutError";
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // It exists, but belongs to another user.
    return errorCode(thrown) === "EPERM";
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
