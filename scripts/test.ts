/**
 * `npm test`: everything that CI checks. Runs `check` and every suite, shows each suite's own report as it goes, then a table with the
 * tests of each suite; the last line is the sum, `N passed, N failed`.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBicepCli } from "./bicep/find-cli.ts";

interface Count {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

const SUITES = ["unit", "component", "stand-ins", "contract", "host", "infra", "azure", "e2e"];
/** Started one at a time: they share the machine's two cores with the processes that they start. */
const IN_BAND = new Set(["contract", "host", "infra", "azure", "e2e"]);
const results = mkdtempSync(join(tmpdir(), "kls-tests-"));
const ci = process.env["CI"] === "true";

function timed(suite: string, run: () => { passed: number; failed: number }): Count {
  console.log(`\n── ${suite} ──`);
  const start = performance.now();
  const counts = run();
  return { suite, ...counts, seconds: (performance.now() - start) / 1000 };
}

function check(): { passed: number; failed: number } {
  const { stdout } = spawnSync(process.execPath, ["scripts/check.ts"], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  process.stdout.write(stdout);
  return { passed: stdout.match(/^ok {3}/gm)?.length ?? 0, failed: stdout.match(/^FAIL /gm)?.length ?? 0 };
}

function jest(suite: string, without: readonly string[]): { passed: number; failed: number } {
  const file = join(results, `${suite}.json`);
  const args = ["node_modules/jest/bin/jest.js", "--selectProjects", suite, "--json", "--outputFile", file];
  if (IN_BAND.has(suite)) args.push("--runInBand");
  if (without.length > 0) args.push("--testPathIgnorePatterns", ...without);
  const { status } = spawnSync(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
  const report = readReport(file);
  // A suite that could not even load counts as one failure, so that the sum never hides it.
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites + report.numPendingTests;
  return { passed: report.numPassedTests, failed: status !== 0 && failed === 0 ? 1 : failed };
}

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numRuntimeErrorTestSuites: number;
}

function readReport(file: string): Report {
  const none = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numRuntimeErrorTestSuites: 1 };
  try {
    const report: unknown = JSON.parse(readFileSync(file, "utf8"));
    return typeof report === "object" ? { ...none, ...report } : none;
  } catch {
    return none;
  }
}

/** The AMQP client that is not rhea comes from Debian's packages; elsewhere its one test cannot run, which is told, and in CI is a failure. */
function independentClient(): boolean {
  return spawnSync("bash", ["scripts/install-amqp-client.sh"], { stdio: "inherit" }).status === 0;
}

const counts: Count[] = [timed("check", check)];
counts.push(
  timed("build", () => {
    const { status } = spawnSync(process.execPath, ["scripts/build.ts"], { stdio: "inherit" });
    return status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  }),
);
const without = independentClient() || ci ? [] : ["independent-client"];
const bicep = findBicepCli(".");
if ("path" in bicep) process.env["BICEP_CLI"] = bicep.path;
const suites = "path" in bicep || ci ? SUITES : SUITES.filter((suite) => suite !== "infra");
for (const suite of suites) counts.push(timed(suite, () => jest(suite, suite === "contract" ? without : [])));

console.log("\nsuite        passed  failed  seconds");
for (const { suite, passed, failed, seconds } of counts) {
  console.log(
    `${suite.padEnd(12)}${String(passed).padStart(7)}${String(failed).padStart(8)}${seconds.toFixed(1).padStart(9)}`,
  );
}
if (without.length > 0)
  console.log("Not checked here: the independent AMQP client (Debian's python3-azure and python3-uamqp are missing).");
if ("missing" in bicep) console.log(`Not checked here: infra/. ${bicep.missing}`);
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`\n${String(passed)} passed, ${String(failed)} failed`);
process.exit(failed === 0 ? 0 : 1);
