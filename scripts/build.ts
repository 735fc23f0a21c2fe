/** Builds dist/main.cjs: the one file that runs locally and is tested; `npm run package` makes the same file for Azure. */
import { dirname } from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "./bundle.ts";

await build({ ...bundleOptions(dirname(import.meta.dirname)), outfile: "dist/main.cjs", sourcemap: true });
