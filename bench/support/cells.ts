import { fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import * as z from "zod";
import { bundleOptions } from "../../scripts/bundle.ts";
import { resultSchema } from "../cells/plan.ts";
import type { PlanInput, Result } from "../cells/plan.ts";
import { machineBusyMs, quietMachine } from "./machine.ts";
import type { Peer } from "./peer.ts";

/** Measurements of one run of a cell. */
export interface Seen extends Result {
  readonly perSecond: number;
  readonly cpuMsEach: number;
  /** By peer: cores used, and its counters per call. */
  readonly peers: ReadonlyMap<string, { readonly cores: number; readonly each: Readonly<Record<string, number>> }>;
  /** Cores used meanwhile by anything but the cell, its peers and this process. */
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

/** Runs cells, each in a fresh process, from the code as it is bundled for Azure. */
export interface Cells {
  /** The bundle that measured processes run. */
  readonly file: string;
  /**
   * Waits for a quiet machine, then runs the cell. When others used more than 0.3 cores meanwhile it is repeated, three runs at most, and the
   * quietest counts. Once `patienceMs` have been spent on this, cells run once and at once.
   * @param kept peers keep their state, and the cell is not repeated
   */
  run(plan: PlanInput, peers: ReadonlyMap<string, Peer>, kept?: boolean): Promise<Seen>;
}

export interface CellOptions {
  readonly root: string;
  /** File of the CA certificate of the sink. */
  readonly ca: string;
  readonly patienceMs: number;
}

/** Bundles the measured code with the options of the app into `dist/bench`. */
export async function openCells({ root, ca, patienceMs }: CellOptions): Promise<Cells> {
  const outfile = join(root, "dist/bench/cells.cjs");
  const bullmq = join(root, "bench/bullmq/main.mjs");
  rmSync(outfile, { force: true });
  const { alias, ...options } = bundleOptions(root);
  // All of undici: the bare POST is its `request`.
  const withUndici = { ...alias, undici: "./node_modules/undici/index.js" };
  await build({ ...options, alias: withUndici, entryPoints: ["bench/cells/main.ts"], outfile });
  let patience = patienceMs;
  return {
    file: outfile,
    run: async (plan, peers, kept = false) => {
      let quietest: Seen | undefined;
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const start = performance.now();
        if (patience > 0) await quietMachine(Math.min(patience, LONGEST_WAIT_MS));
        if (tries === 0) patience -= performance.now() - start;
        if (!kept) for (const peer of peers.values()) await peer.reset();
        const seen = await runOnce(plan, peers, { outfile, bullmq, ca });
        if (tries > 0) patience -= performance.now() - start;
        if (!quietest || seen.foreignCores < quietest.foreignCores) quietest = seen;
        if (quietest.foreignCores <= MOST_FOREIGN_CORES || patience <= 0 || kept) break;
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
  plan: PlanInput,
  peers: ReadonlyMap<string, Peer>,
  { outfile, bullmq, ca }: { outfile: string; bullmq: string; ca: string },
): Promise<Seen> {
  const file = plan.cell === "bullmq" ? bullmq : outfile;
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: ca };
  const child = fork(file, [], { env, execArgv: ["--disable-warning=ExperimentalWarning"] });
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
  if (!result || !before || !after) throw new Error(`The cell ${plan.cell} failed; see its output above.`);
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
