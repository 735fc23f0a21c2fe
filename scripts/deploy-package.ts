import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { zipSync } from "fflate";
import type { Zippable } from "fflate";
import * as z from "zod";
import { bundleOptions } from "./bundle.ts";

/** What is deployed: its files by name, in the order of the zip, and the zip. */
export interface DeployPackage {
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly zip: Uint8Array;
}

const MAIN = "main.cjs";
const manifest = z.object({ name: z.string(), version: z.string() });

/**
 * Makes the package that Azure runs: the bundle, host.json and a package.json that names the bundle; nothing to install. The same sources
 * give the same bytes on every machine and at any time.
 *
 * @param root folder of the project
 * @throws when the app does not build, with the builder's words
 */
export async function makeDeployPackage(root: string): Promise<DeployPackage> {
  // No source map, which is twice the size of the bundle: stack traces name functions, and places that a map of the same sources explains.
  const { outputFiles } = await build({ ...bundleOptions(root), outfile: MAIN, write: false });
  const { name, version } = manifest.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  const files = new Map<string, Uint8Array>([
    ["host.json", readFileSync(join(root, "host.json"))],
    ...outputFiles.map(({ path, contents }): [string, Uint8Array] => [basename(path), contents]),
    ["package.json", Buffer.from(`${JSON.stringify({ name, version, private: true, main: MAIN }, null, 2)}\n`)],
  ]);
  return { files, zip: zip(files) };
}

/** A regular file that everybody may read, as Unix writes it in the upper half of a zip's attributes. */
const READABLE_FILE = 0o100644 * 0x10000;
const UNIX = 3;

function zip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  // The earliest time that a zip can hold. Zips hold local time, so a fixed local time is the same bytes in every time zone.
  const mtime = new Date(1980, 0, 1);
  const entries: Zippable = {};
  // Copied: Node's buffers are not of the class that fflate knows where a test runs it.
  for (const [name, content] of files) entries[name] = Uint8Array.from(content);
  return zipSync(entries, { level: 9, mtime, os: UNIX, attrs: READABLE_FILE });
}
