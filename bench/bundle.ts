import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDeployPackage } from "../scripts/deploy-package.ts";
import type { BenchOptions } from "./support/bench.ts";
import { tableLines } from "./support/print-table.ts";
import { interleaved } from "./support/rounds.ts";
import { atMost, median, ratios, verdict } from "./support/statistics.ts";

const ROUNDS = 15;
const QUICK_ROUNDS = 5;

/** Settings the app needs to start. Loading it connects to nothing. */
const SETTINGS = {
  TABLES_ENDPOINT: "https://bench.table.core.windows.net",
  SECRETS_KEY_URL: "https://bench.vault.azure.net/keys/webhooks",
  AUTH_ISSUER: "https://issuer.example",
  AUTH_AUDIENCE: "api://bench",
  AUTH_JWKS_URL: "https://issuer.example/keys",
  SB_ACME__fullyQualifiedNamespace: "sb-acme.servicebus.windows.net",
};

/** Loads the app as the Functions worker does, with a stub for the module that the worker supplies. */
const LOAD = `
const { registerHooks } = require("node:module");
const core = "module.exports = { registerFunction() {}, registerHook() {}, setProgrammingModel() {}, Disposable: class {} }";
registerHooks({
  resolve: (name, context, next) => name === "@azure/functions-core" ? { url: "bench:core", format: "commonjs", shortCircuit: true } : next(name, context),
  load: (url, context, next) => url === "bench:core" ? { format: "commonjs", source: core, shortCircuit: true } : next(url, context),
});
require("./main.cjs");
`;
const END = "process.stdout.write(String(process.resourceUsage().maxRSS)); process.exit(0);";

/** The deployed package: load time and memory next to a Node that loads nothing, and the size of the zip. */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const root = join(import.meta.dirname, "..");
  const { files, zip } = await makeDeployPackage(root);
  const folder = mkdtempSync(join(tmpdir(), "kls-bench-"));
  try {
    for (const [name, content] of files) writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, "bare.cjs"), END);
    writeFileSync(join(folder, "load.cjs"), LOAD + END);
    const rounds = quick ? QUICK_ROUNDS : ROUNDS;
    const cases = [
      { name: "bare.cjs", rounds },
      { name: "load.cjs", rounds },
    ];
    const seen = await interleaved(cases, ({ name }) => Promise.resolve(start(folder, name)));
    print("", ...lines(seen.get("bare.cjs") ?? [], seen.get("load.cjs") ?? [], zip.length / 1_024));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Start {
  readonly ms: number;
  readonly rssMb: number;
}

/** Runs one process from spawn to exit. @throws when it fails */
function start(folder: string, file: string): Start {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], {
    cwd: folder,
    env: { PATH: process.env["PATH"], ...SETTINGS },
    encoding: "utf8",
  });
  const ms = performance.now() - began;
  if (status !== 0) throw new Error(`${file} ended with ${String(status)}: ${stderr}`);
  return { ms, rssMb: Number(/\d+$/.exec(stdout)?.[0]) / 1_024 };
}

function lines(bare: readonly Start[], loaded: readonly Start[], zipKb: number): string[] {
  const slower = median(
    ratios(
      loaded.map(({ ms }) => ms),
      bare.map(({ ms }) => ms),
    ),
  );
  const bareMb = median(bare.map(({ rssMb }) => rssMb));
  const moreMb = median(loaded.map(({ rssMb }) => rssMb)) - bareMb;
  return tableLines(
    ["cold start", "", "", "target"],
    [
      ["Node alone", `${median(bare.map(({ ms }) => ms)).toFixed(0)} ms`, `${bareMb.toFixed(0)} MB`, ""],
      ["the bundle loaded", `${median(loaded.map(({ ms }) => ms)).toFixed(0)} ms`, "", ""],
      ["× Node alone", slower.toFixed(2), "", verdict(slower, atMost(4.5))],
      ["memory over Node alone", "", `${moreMb.toFixed(0)} MB`, verdict(moreMb, atMost(35))],
      ["zip that is deployed", "", `${zipKb.toFixed(0)} KB`, verdict(zipKb, atMost(700))],
    ],
  );
}
