import { join } from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "../../scripts/bundle.ts";

/** Builds the app once for all files of the suite: those that run at the same time must not write what another one loads. */
export default async function buildOnce() {
  const root = join(import.meta.dirname, "../..");
  const bundle = join(root, "dist/e2e/main.cjs");
  await build({ ...bundleOptions(root), outfile: bundle });
  process.env["E2E_BUNDLE"] = bundle;
}
