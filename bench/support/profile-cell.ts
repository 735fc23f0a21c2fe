import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { openCells } from "./cells.ts";
import { DELIVERY_CASES, planOf } from "./delivery-cases.ts";
import { tableLines } from "./print-table.ts";
import { openSurroundings, peersOf } from "./surroundings.ts";

const LOAD = { path: "/in", inFlight: 64, warmUpMs: 4_000, measureMs: 4_000 };
const SHOWN = 40;

const profileSchema = z.object({
  nodes: z.array(
    z.object({
      id: z.number(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      children: z.array(z.number()).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});
type Profile = z.infer<typeof profileSchema>;

/**
 * Runs one cell under the profiler and prints what its time went into: by module and by function, each with the time in it (self) and with what it
 * called (all). `dist/bench/cell.cpuprofile` is the whole profile, for the browser's developer tools.
 * @throws when there is no cell of that name
 */
export async function profileCell(name: string): Promise<void> {
  const found = DELIVERY_CASES.find((one) => one.name === name);
  if (!found)
    throw new Error(`There is no cell "${name}"; there are ${DELIVERY_CASES.map((one) => one.name).join("; ")}.`);
  const root = join(import.meta.dirname, "../..");
  const profile = join(root, "dist/bench/cell.cpuprofile");
  const surroundings = await openSurroundings();
  try {
    const cells = await openCells({ root, ca: surroundings.ca, patienceMs: 10_000 });
    const seen = await cells.run({ ...planOf(found, LOAD, surroundings), profile }, peersOf(surroundings));
    console.log(`${name}: ${seen.perSecond.toFixed(0)} per s under the profiler, ${seen.cpuMsEach.toFixed(3)} ms each`);
    const modules = modulesOf(readFileSync(cells.file, "utf8"));
    const read = profileSchema.parse(JSON.parse(readFileSync(profile, "utf8")));
    for (const by of ["module", "function"] as const)
      console.log(["", ...tableLines([`by ${by}`, "self", "all"], sharesOf(read, modules, by, cells.file))].join("\n"));
  } finally {
    await surroundings.close();
  }
}

/** Of each line of the bundle, the module it came from: the builder writes a comment with its path before each. */
function modulesOf(bundle: string): readonly string[] {
  let module = "";
  return bundle.split("\n").map((line) => {
    module = /^ {0,4}\/\/ ((?:node_modules|shared|functions|bench)\/\S+)$/.exec(line)?.[1] ?? module;
    return module;
  });
}

/** Names by share of all time, the largest first. */
function sharesOf(
  { nodes, samples, timeDeltas }: Profile,
  modules: readonly string[],
  by: "module" | "function",
  bundle: string,
): string[][] {
  const ownUs = new Map<number, number>();
  for (const [index, id] of samples.entries()) ownUs.set(id, (ownUs.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** What the engine does by itself has no module: it counts where it was called. */
  const nameOf = (
    { callFrame: { functionName, url, lineNumber } }: Profile["nodes"][number],
    caller: string,
  ): string => {
    const module = url.endsWith(bundle) ? (modules[lineNumber] ?? "") : url;
    if (by === "module")
      return module === "" ? (/^\(.*\)$/.test(functionName) ? functionName : caller) : shortModule(module);
    return `${functionName === "" ? "(anonymous)" : functionName}  ${module}`.trim();
  };
  const self = new Map<string, number>();
  const all = new Map<string, number>();
  /** Adds up a subtree; a name that calls itself counts once. */
  const visit = (id: number, above: ReadonlySet<string>, caller: string): number => {
    const node = byId.get(id);
    if (!node || node.callFrame.functionName === "(idle)") return 0;
    const name = nameOf(node, caller);
    const own = ownUs.get(id) ?? 0;
    const within = above.has(name) ? above : new Set([...above, name]);
    const total = (node.children ?? []).reduce((sum, child) => sum + visit(child, within, name), own);
    self.set(name, (self.get(name) ?? 0) + own);
    if (!above.has(name)) all.set(name, (all.get(name) ?? 0) + total);
    return total;
  };
  const [first] = nodes;
  const whole = first ? visit(first.id, new Set(), "") : 0;
  const percent = (us: number): string => `${((us / whole) * 100).toFixed(1)} %`;
  return [...self]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, SHOWN)
    .map(([name, us]) => [name, percent(us), percent(all.get(name) ?? 0)]);
}

/** The package of a dependency, the file of our own. */
function shortModule(module: string): string {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? module;
}
