import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transform } from "esbuild";
import project from "../../package.json" with { type: "json" };
import { makeDeployPackage } from "../../scripts/deploy-package.ts";
import { unzip } from "../support/unzip.ts";
import type { ZippedFile } from "../support/unzip.ts";

const ROOT = join(import.meta.dirname, "../..");
/** Half as much again as it has. What could make it grow so is a second SDK or a test fixture in the bundle, and an app that starts late. */
const MOST_BYTES = 1_024 * 1_024;

let zip: Uint8Array;
let files: ZippedFile[];

beforeAll(async () => {
  ({ zip } = await makeDeployPackage(ROOT));
  files = await unzip(zip);
});

function text(name: string): string {
  const found = files.find((file) => file.name === name);
  if (!found) throw new Error(`The zip has no ${name}, only ${files.map((file) => file.name).join(", ")}.`);
  return found.content.toString("utf8");
}

test("the zip has four world-readable files, and no more", () => {
  expect(files.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
    ["host.json", "100644"],
    ["main.cjs", "100644"],
    ["later.cjs", "100644"],
    ["package.json", "100644"],
  ]);
  expect(zip.length).toBeLessThan(MOST_BYTES);
});

test("package.json names the bundle and nothing to install; host.json is the project's", () => {
  expect(JSON.parse(text("package.json"))).toEqual({
    name: "kls-webhooks",
    version: project.version,
    private: true,
    main: "main.cjs",
  });
  expect(text("host.json")).toBe(readFileSync(join(ROOT, "host.json"), "utf8"));
});

test.each([
  ["main.cjs", ["@azure/functions-core", "./later.cjs"]],
  ["later.cjs", []],
])("%s needs nothing but Node, what the Functions worker supplies and what is beside it", async (file, others) => {
  const bundle = text(file);
  // Without comments: those speak of modules too.
  const { code } = await transform(bundle, { minifyWhitespace: true, legalComments: "none" });
  const needed = [...code.matchAll(/\b(?:require|import)\(["'`]([^"'`]+)["'`]\)/g)].map(([, name]) => name ?? "");
  expect(needed).toContain("node:crypto");
  expect([...new Set(needed.filter((name) => !isBuiltin(name)))]).toEqual(others);
  expect(bundle).not.toContain("sourceMappingURL");
});

test("the bundle keeps the names of functions, and no path of the machine", () => {
  expect(text("main.cjs")).toContain('"buildApp"');
  for (const bundle of [text("main.cjs"), text("later.cjs")]) {
    expect(bundle).not.toContain(process.cwd());
    expect(bundle).not.toContain(ROOT);
  }
});

test("another copy of the project, in another time zone and over leftovers, gives the same bytes in the zip and in the folder", () => {
  const copy = mkdtempSync(join(tmpdir(), "kls-another-place-"));
  try {
    for (const name of ["functions", "shared", "scripts", "package.json", "host.json", "tsconfig.json"])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"), "junction");
    const folder = join(copy, "dist/webhooks");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "local.settings.json"), "left over");

    const run = spawnSync(process.execPath, ["scripts/package.ts"], {
      cwd: copy,
      env: { ...process.env, TZ: "Pacific/Auckland" },
      encoding: "utf8",
    });
    expect([run.status, run.stderr]).toEqual([0, ""]);
    expect(run.stdout).toMatch(/^dist\/webhooks\.zip \d+ KB/m);
    expect(readFileSync(`${folder}.zip`).equals(zip)).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(files.map(({ name }) => name).sort());
    for (const { name, content } of files)
      expect([name, readFileSync(join(folder, name)).equals(content)]).toEqual([name, true]);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
