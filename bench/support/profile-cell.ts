import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { openCells } from "./cells.ts";
import { DELIVERY_GROUPS, prepare } from "./delivery-cases.ts";
import { tableLines } from "./print-table.ts";
import { openSurroundings } from "./surroundings.ts";

const TIMES = { warmUpMs: 4_000, measureMs: 4_000 };
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
 * Runs one cell under the profiler and prints where its time goes, by module and by function: in it (self) and including what it calls (all).
 * `dist/bench/cell.cpuprofile` is the full profile, for the developer tools of a browser.
 * @throws when there is no such cell
 */
export async function profileCell(name: string): Promise<void> {
  const all = DELIVERY_GROUPS.flatMap((group) => group.cases.map((one) => ({ one, group })));
  const found = all.find(({ one }) => one.name === name);
  if (!found) throw new Error(`There is no cell "${name}"; there are ${all.map(({ one }) => one.name).join("; ")}.`);
  const root = join(import.meta.dirname, "../..");
  const profile = join(root, "dist/bench/cell.cpuprofile");
  const surroundings = await openSurroundings();
  try {
    const cells = await openCells({ root, ca: surroundings.ca, patienceMs: 0 });
    const { plan, peers } = await prepare(found.one, found.group, TIMES, surroundings);
    const seen = await cells.run({ ...plan, profile }, peers);
    console.log(`${name}: ${seen.perSecond.toFixed(0)} per s under the profiler, ${seen.cpuMsEach.toFixed(3)} ms each`);
    const modules = modulesOf(readFileSync(cells.file, "utf8"));
    const read = profileSchema.parse(JSON.parse(readFileSync(profile, "utf8")));
    for (const by of ["module", "function"] as const)
      console.log(["", ...tableLines([`by ${by}`, "self", "all"], sharesOf(read, modules, by, cells.file))].join("\n"));
  } finally {
    await surroundings.close();
  }
}

/** The module of each line of the bundle: esbuild writes its path in a comment before each. */
function modulesOf(bundle: string): readonly string[] {
  let module = "";
  return bundle.split("\n").map((line) => {
    module = /^ {0,4}\/\/ ((?:node_modules|shared|functions|bench)\/\S+)$/.exec(line)?.[1] ?? module;
    return module;
  });
}

/** Names with their shares of the total, largest first. */
function sharesOf(
  { nodes, samples, timeDeltas }: Profile,
  modules: readonly string[],
  by: "module" | "function",
  bundle: string,
): string[][] {
  const ownUs = new Map<number, number>();
  for (const [index, id] of samples.entries()) ownUs.set(id, (ownUs.get(id) ?? 0) + (timeDeltas[index] ?? 0));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  /** Native functions have no module and count toward their caller's. */
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
  /** Sums a subtree; recursion counts once. */
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

/** The package of a dependency; the file of our own code. */
function shortModule(module: string): string {
  return /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module)?.[1] ?? module;
}
