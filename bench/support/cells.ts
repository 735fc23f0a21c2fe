import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import * as z from "zod";
import { bundleOptions } from "../../scripts/bundle.ts";
import { resultSchema } from "../cells/plan.ts";
import type { Plan, Result } from "../cells/plan.ts";
import { machineBusyMs, quietMachine } from "./machine.ts";
import type { Peer } from "./peer.ts";

/** What one run of a cell showed. Shares are of one core. */
export interface Seen extends Result {
  readonly perSecond: number;
  readonly cpuMsEach: number;
  /** Of each peer: its share of a core, and what it counted for each call. */
  readonly peers: ReadonlyMap<string, { readonly cores: number; readonly each: Readonly<Record<string, number>> }>;
  /** What the rest of the machine used meanwhile: neither the cell, nor its peers, nor this process. */
  readonly foreignCores: number;
}

const MOST_FOREIGN_CORES = 0.3;
const MOST_TRIES = 3;
const LONGEST_WAIT_MS = 5_000;

const saidSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("begin") }),
  z.object({ kind: z.literal("end") }),
  z.object({ kind: z.literal("result"), result: resultSchema }),
]);

/** Runs cells, each in a fresh process of the code as it is bundled for Azure. */
export interface Cells {
  /** The file that measured processes run. */
  readonly file: string;
  /**
   * Waits for a quiet machine and runs the cell; again, up to three times, when others used more than 0.3 of a core meanwhile, of which the quietest
   * counts. No more waiting or repeating once `patienceMs` are used up.
   */
  run(plan: Plan, peers: ReadonlyMap<string, Peer>): Promise<Seen>;
}

export interface CellOptions {
  readonly root: string;
  /** File of the certificate that signed the sink's. */
  readonly ca: string;
  readonly patienceMs: number;
}

/** Builds the measured code as the app is built, into `dist/bench`. */
export async function openCells({ root, ca, patienceMs }: CellOptions): Promise<Cells> {
  const outfile = join(root, "dist/bench/cells.cjs");
  rmSync(outfile, { force: true });
  await build({ ...bundleOptions(root), entryPoints: ["bench/cells/main.ts"], outfile });
  let patience = patienceMs;
  return {
    file: outfile,
    run: async (plan, peers) => {
      let quietest: Seen | undefined;
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const start = performance.now();
        if (patience > 0) await quietMachine(Math.min(patience, LONGEST_WAIT_MS));
        if (tries === 0) patience -= performance.now() - start;
        const seen = await runOnce(plan, peers, { outfile, ca });
        if (tries > 0) patience -= performance.now() - start;
        if (!quietest || seen.foreignCores < quietest.foreignCores) quietest = seen;
        if (quietest.foreignCores <= MOST_FOREIGN_CORES || patience <= 0) break;
      }
      if (!quietest) throw new Error("A cell was not run.");
      return quietest;
    },
  };
}

interface Snapshot {
  readonly at: number;
  readonly machineMs: number;
  readonly ownMs: number;
  readonly peers: ReadonlyMap<string, Awaited<ReturnType<Peer["usage"]>>>;
}

async function runOnce(
  plan: Plan,
  peers: ReadonlyMap<string, Peer>,
  { outfile, ca }: { outfile: string; ca: string },
): Promise<Seen> {
  for (const peer of peers.values()) await peer.reset();
  const child = fork(outfile, [], { env: { ...process.env, NODE_EXTRA_CA_CERTS: ca }, execArgv: [] });
  const ended = once(child, "exit");
  const snapshots: Promise<Snapshot>[] = [];
  let result: Result | undefined;
  child.on("message", (message) => {
    const said = saidSchema.parse(message);
    if (said.kind === "result") result = said.result;
    else snapshots.push(snapshot(peers));
  });
  child.send(plan);
  await ended;
  const [before, after] = await Promise.all(snapshots);
  if (!result || !before || !after) throw new Error(`The cell ${plan.cell} ended early; its words are above.`);
  return compare(result, before, after);
}

async function snapshot(peers: ReadonlyMap<string, Peer>): Promise<Snapshot> {
  const { user, system } = process.cpuUsage();
  const taken = { at: performance.now(), machineMs: machineBusyMs(), ownMs: (user + system) / 1_000 };
  const usages = await Promise.all([...peers].map(async ([name, peer]) => [name, await peer.usage()] as const));
  return { ...taken, peers: new Map(usages) };
}

function compare(result: Result, before: Snapshot, after: Snapshot): Seen {
  const ms = after.at - before.at;
  let oursMs = after.ownMs - before.ownMs + result.cpuMs;
  const peers = [...after.peers].map(([name, { cpuMs, counts }]) => {
    const start = before.peers.get(name);
    const usedMs = cpuMs - (start?.cpuMs ?? 0);
    oursMs += usedMs;
    const each = Object.entries(counts).map(([what, count]) => {
      return [what, (count - (start?.counts[what] ?? 0)) / result.count] as const;
    });
    return [name, { cores: usedMs / ms, each: Object.fromEntries(each) }] as const;
  });
  return {
    ...result,
    perSecond: result.count / result.seconds,
    cpuMsEach: result.cpuMs / result.count,
    peers: new Map(peers),
    foreignCores: Math.max(0, (after.machineMs - before.machineMs - oursMs) / ms),
  };
}
