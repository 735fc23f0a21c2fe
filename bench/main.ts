/**
 * `npm run bench`: every bench of this folder, or those that are named (`npm run bench -- hostile-webhooks`). A bench is one file
 * that exports `run`; it measures what it compares side by side in one run and prints ratios, since a machine's absolute figures move.
 */
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

const folder = import.meta.dirname;
const known = readdirSync(folder)
  .filter((file) => file.endsWith(".ts") && file !== "main.ts")
  .map((file) => basename(file, ".ts"))
  .toSorted();

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`There is no bench ${unknown.join(", ")}; there are ${known.join(", ")}.`);
  process.exit(1);
}

for (const name of asked.length > 0 ? asked : known) {
  console.log(`\n── ${name} ──`);
  const bench: unknown = await import(join(folder, `${name}.ts`));
  if (typeof bench !== "object" || bench === null || !("run" in bench) || typeof bench.run !== "function") {
    throw new Error(`bench/${name}.ts exports no function "run".`);
  }
  const ended: unknown = Reflect.apply(bench.run, undefined, []);
  await ended;
}
