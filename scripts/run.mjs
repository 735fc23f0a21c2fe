/**
 * Runs a script or tool of this project on the Node that the project pins, whatever Node the machine has (20 or newer):
 * `node scripts/run.mjs path/to/script.ts [arguments]` or `node scripts/run.mjs prettier [arguments]`.
 * Installs the packages first when they are missing or are not those of the lock file, and only then.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".installed-from");

function install() {
  const wanted = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  console.log("Installing the packages of package-lock.json (once) …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  // `install --no-save` takes the versions of the lock file and never writes it, as `ci` does, but also works where a registry does not
  // have the binaries of other platforms. engine-strict off: some tools require the pinned Node, which is what they will run on.
  const done = spawnSync(
    npm,
    ["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--engine-strict=false"],
    {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    },
  );
  if (done.status !== 0) {
    console.error("npm install failed; see its message above. The npm registry must be reachable.");
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

/** The Node binary from the pinned package of this platform, else the running one if it is of that major version. */
function pinnedNode() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const packages = Object.keys(manifest.optionalDependencies ?? {}).filter((name) => name.startsWith("node-"));
  for (const name of packages) {
    const binary = join(root, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node");
    if (existsSync(binary)) return binary;
  }
  const major = Number(process.versions.node.split(".")[0]);
  if (major >= 24) return process.execPath;
  console.error(
    `No pinned Node for ${process.platform}-${process.arch} came with the packages, and this Node is ${process.version}. Install Node 24 and run the command again.`,
  );
  return process.exit(1);
}

/** `prettier` → the path of its command; a path stays a path. */
function target(word) {
  if (word.includes("/")) return join(root, word);
  const require = createRequire(join(root, "package.json"));
  const manifestPath = join(root, "node_modules", word, "package.json");
  const { bin } = require(manifestPath);
  return join(dirname(manifestPath), typeof bin === "string" ? bin : bin[word]);
}

install();
const [word, ...rest] = process.argv.slice(2);
const node = pinnedNode();
const child = spawn(node, ["--disable-warning=ExperimentalWarning", target(word), ...rest], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}` },
});
// Ctrl-C reaches the child by itself (same terminal); a signal sent to this process alone is passed on.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("SIGINT", () => {
  if (!process.stdin.isTTY) child.kill("SIGINT");
});
// npm does not pass signals on: when it is killed, this process gets another parent and then ends what it started.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill("SIGTERM");
}, 500).unref();
child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
