/** One stack a state folder: two would write the same tables and messages, and each other's `runtime.json`. */
import { randomUUID } from "node:crypto";
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import * as z from "zod";
import { errorCode } from "./error-code.ts";

const claimSchema = z.object({ pid: z.int(), issuer: z.url() });
type Claim = z.infer<typeof claimSchema>;
/** What is read of a `runtime.json`, whatever version wrote it. */
const leftSchema = z.object({ processes: z.record(z.string(), z.int().positive()) }).catch({ processes: {} });

/** How long a stack that has much to do may take to answer that it lives, in milliseconds. */
const ANSWER_MS = 2_000;
/** Parts end by themselves when their stack is killed, within this time (end-with-parent.ts). */
const PARTS_END_MS = 13_000;

/**
 * Takes the state folder for this process. What a killed stack left is taken over: its process is gone, or its token issuer, which lives in
 * the process of the stack, answers no more (process ids come again). Its parts may still be ending: they are waited for, as they write to the
 * tables and messages in the folder.
 * @param issuer base URL of this stack's token issuer, answering already.
 * @returns gives the folder back.
 * @throws when a stack runs in it, with its process id.
 */
export async function claimStateDir(stateDir: string, issuer: string): Promise<() => void> {
  mkdirSync(stateDir, { recursive: true });
  const file = join(stateDir, "stack.json");
  const own = `${JSON.stringify({ pid: process.pid, issuer } satisfies Claim)}\n`;
  while (!writeOnce(file, own)) {
    const found = textOf(file);
    const { data: holder } = claimSchema.safeParse(jsonOf(found ?? ""));
    if (holder !== undefined && (await lives(holder)))
      throw new Error(
        `A stack runs in ${stateDir} already: process ${String(holder.pid)}. Use that one (${join(stateDir, "runtime.json")} says where everything is), or end it with Ctrl-C in its terminal.`,
      );
    // Only what was looked at: another starter may have taken the folder meanwhile.
    if (textOf(file) === found) rmSync(file, { force: true });
  }
  await partsGone(join(stateDir, "runtime.json"));
  return () => {
    if (textOf(file) === own) rmSync(file, { force: true });
  };
}

/** Writes the file unless it is there, in one step, so that nobody reads half of it. Tells whether it did. */
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

/** Resolves when no process is left that the `runtime.json` of a killed stack names, or they should long be gone: ids come again. */
async function partsGone(runtimeFile: string): Promise<void> {
  const left = textOf(runtimeFile);
  const { processes } = left === undefined ? { processes: {} } : leftSchema.parse(jsonOf(left));
  for (let waited = 0; waited < PARTS_END_MS && Object.values(processes).some(isThere); waited += 50) await pass(50);
}

async function lives({ pid, issuer }: Claim): Promise<boolean> {
  if (!isThere(pid)) return false;
  try {
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return z.object({ issuer: z.literal(issuer) }).safeParse(await response.json()).success;
  } catch (thrown) {
    return typeof thrown === "object" && thrown !== null && "name" in thrown && thrown.name === "TimeoutError";
  }
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    // Somebody else's process.
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
