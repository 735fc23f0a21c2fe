/** Builds dist/main.cjs: the one file that runs locally, is tested and is deployed. */
import { build } from "esbuild";

await build({
  entryPoints: ["functions/main.ts"],
  outfile: "dist/main.cjs",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node22",
  sourcemap: true,
  // The Functions worker supplies this module at run time; nobody can install it.
  external: ["@azure/functions-core"],
  logLevel: "warning",
});
