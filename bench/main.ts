/**
 * `npm run bench`: the cost of a delivery, as ratios measured side by side in one run, because absolute figures drift from minute to minute.
 *
 *     -- --quick                     one short round of each, in under a minute
 *     -- --write                     also writes bench/RESULTS.md
 *     -- NAME …                      only these benches
 *     -- --profile "rows, 1 scope"   where the time of one cell goes
 *
 * A bench is a file in this folder that exports `run`.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import type { BenchOptions } from "./support/bench.ts";
import { LIMITS } from "./support/limits.ts";
import { machineLine } from "./support/machine.ts";
import { profileCell } from "./support/profile-cell.ts";

/** Run by default. The others answer one question each, and take longer. */
const USUAL = ["hot-path", "bundle", "operations", "growth"];

const folder = import.meta.dirname;
const known = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => basename(file, ".ts"))
  .toSorted();

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    profile: { type: "string" },
  },
});
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  process.exit(1);
}

if (values.profile !== undefined) {
  await profileCell(values.profile);
  process.exit(0);
}

const lines: string[] = [];
const print = (...more: readonly string[]): void => {
  console.log(more.join("\n"));
  lines.push(...more);
};
const options: BenchOptions = { quick: values.quick, print };
print(`${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, ${machineLine()}`);
if (values.quick) print("Quick: one short round of each, which says little. Nothing is promised of it.");
for (const name of positionals.length > 0 ? positionals : USUAL) {
  print("", `── ${name} ──`);
  const bench: unknown = await import(join(folder, `${name}.ts`));
  if (typeof bench !== "object" || bench === null || !("run" in bench) || typeof bench.run !== "function") {
    throw new Error(`bench/${name}.ts exports no function "run".`);
  }
  const ended: unknown = Reflect.apply(bench.run, undefined, [options]);
  await ended;
}
if (positionals.length === 0 && !values.quick) print("", ...LIMITS);
if (values.write) writeFileSync(join(folder, "RESULTS.md"), resultsPage(lines));

function resultsPage(report: readonly string[]): string {
  return `# What the benches saw\n\nWritten by \`npm run bench -- --write\`. [CONTRIBUTING](../CONTRIBUTING.md#tests) says how to read it.\n\n\`\`\`text\n${report.join("\n")}\n\`\`\`\n`;
}
