/** `npm run check`: format, types, lint, import rules, unused code. Every tool runs and shows all that it finds. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

type Step = readonly [name: string, tool: readonly string[]];

const SOURCES = ["functions", "shared", "local", "test", "scripts", "bench"];
/** What runs side by side: the linter takes as long as all the others. */
const LANES: readonly (readonly Step[])[] = [
  [["lint", ["eslint", "--max-warnings", "0", "."]]],
  [
    ["format", ["prettier", "--check", "--log-level", "warn", "."]],
    ["types", ["typescript/bin/tsc", "-p", "."]],
    ["import rules", ["dependency-cruiser", "--config", ".dependency-cruiser.cjs", ...SOURCES]],
    ["unused code", ["knip"]],
  ],
];

/** Runs a tool and shows what it says, once it has ended. @returns whether it found nothing */
async function run([name, [tool = "", ...args]]: Step): Promise<boolean> {
  const command = tool.includes("/") ? [`node_modules/${tool}`, ...args] : ["scripts/run.mjs", tool, ...args];
  const child = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "pipe"] });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
  process.stdout.write(out);
  process.stderr.write(error);
  console.log(`${child.exitCode === 0 ? "ok  " : "FAIL"} ${name}`);
  return child.exitCode === 0;
}

const failed: string[] = [];
await Promise.all(
  LANES.map(async (lane) => {
    for (const step of lane) if (!(await run(step))) failed.push(step[0]);
  }),
);
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(", ")}`);
  process.exit(1);
}
