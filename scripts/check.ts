/** `npm run check`: format, types, lint, import rules, unused code. Every tool runs and shows all that it finds. */
import { spawnSync } from "node:child_process";

const steps: readonly (readonly [string, readonly string[]])[] = [
  ["format", ["prettier", "--check", "--log-level", "warn", "."]],
  ["types", ["typescript/bin/tsc", "-p", "."]],
  ["lint", ["eslint", "--max-warnings", "0", "."]],
  [
    "import rules",
    [
      "dependency-cruiser",
      "--config",
      ".dependency-cruiser.cjs",
      "functions",
      "shared",
      "local",
      "test",
      "scripts",
      "bench",
    ],
  ],
  ["unused code", ["knip"]],
];

const failed: string[] = [];
for (const [name, [tool = "", ...args]] of steps) {
  const command = tool.includes("/") ? [`node_modules/${tool}`, ...args] : ["scripts/run.mjs", tool, ...args];
  const { status } = spawnSync(process.execPath, command, { stdio: "inherit" });
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name}`);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(", ")}`);
  process.exit(1);
}
