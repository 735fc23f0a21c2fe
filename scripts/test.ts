/**
 * `npm test`: everything that CI checks. Runs `check`, a build and every suite, and shows the tests that took longest and a table of the suites;
 * the last line is the sum, `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { findBicepCli } from "./bicep/find-cli.ts";
import { countBySuite, readReport, slowestTests } from "./test-report.ts";
import type { Count } from "./test-report.ts";

const ROOT = join(import.meta.dirname, "..");
const ci = process.env["CI"] === "true";

function timed(suite: string, run: () => Pick<Count, "passed" | "failed">): Count {
  console.log(`\n── ${suite} ──`);
  const start = performance.now();
  return { suite, ...run(), seconds: (performance.now() - start) / 1000 };
}

function check(): Pick<Count, "passed" | "failed"> {
  const { stdout } = spawnSync(process.execPath, ["scripts/check.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(stdout);
  return { passed: stdout.match(/^ok {3}/gm)?.length ?? 0, failed: stdout.match(/^FAIL /gm)?.length ?? 0 };
}

function build(): Pick<Count, "passed" | "failed"> {
  const { status } = spawnSync(process.execPath, ["scripts/build.ts"], { stdio: "inherit" });
  return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/** All suites in one pool: those that wait for locks and timers leave the processor to the others. */
function jest(leftOut: { readonly suites: readonly string[]; readonly files: readonly string[] }): readonly Count[] {
  const folder = mkdtempSync(join(tmpdir(), "kls-tests-"));
  const file = join(folder, "report.json");
  const workers = Math.max(2, availableParallelism() - 1);
  const args = ["node_modules/jest/bin/jest.js", "--maxWorkers", String(workers), "--json", "--outputFile", file];
  if (leftOut.suites.length > 0) args.push("--ignoreProjects", ...leftOut.suites);
  if (leftOut.files.length > 0) args.push("--testPathIgnorePatterns", ...leftOut.files);
  console.log("\n── suites ──");
  const start = performance.now();
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const report = readReport(() => readFileSync(file, "utf8"));
  rmSync(folder, { recursive: true });
  const counts = countBySuite(report, (path) => relative(join(ROOT, "test"), path));
  console.log(`\nThe suites took ${((performance.now() - start) / 1000).toFixed(0)} s. Slowest tests, in seconds:`);
  for (const { seconds, name, file: from } of slowestTests(report, 10))
    console.log(`${seconds.toFixed(1).padStart(6)}  ${relative(join(ROOT, "test"), from)}: ${name}`);
  // A run that could not even start counts as one failure, so that the sum never hides it.
  const failed = counts.some((count) => count.failed > 0);
  return status === 0 || failed ? counts : [...counts, { suite: "jest", passed: 0, failed: 1, seconds: 0 }];
}

/** The AMQP client that is not rhea comes from Debian's packages; elsewhere its one test cannot run, which is told, and in CI is a failure. */
function independentClient(): boolean {
  return spawnSync("bash", ["scripts/install-amqp-client.sh"], { stdio: "inherit" }).status === 0;
}

const bicep = findBicepCli(".");
if ("path" in bicep) process.env["BICEP_CLI"] = bicep.path;
const counts = [timed("check", check), timed("build", build)];
const leftOut = {
  files: independentClient() || ci ? [] : ["independent-client"],
  suites: "path" in bicep || ci ? [] : ["infra"],
};
counts.push(...jest(leftOut));

console.log("\nsuite        passed  failed  seconds");
for (const { suite, passed, failed, seconds } of counts) {
  console.log(
    `${suite.padEnd(12)}${String(passed).padStart(7)}${String(failed).padStart(8)}${seconds.toFixed(1).padStart(9)}`,
  );
}
if (leftOut.files.length > 0)
  console.log("Not checked here: the independent AMQP client (Debian's python3-azure and python3-uamqp are missing).");
if ("missing" in bicep) console.log(`Not checked here: infra/. ${bicep.missing}`);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${String(passed)} passed, ${String(failed)} failed`);
process.exit(failed === 0 ? 0 : 1);
