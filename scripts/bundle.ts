import type { BuildOptions } from "esbuild";

/**
 * How the app becomes one file, wherever it then runs.
 *
 * @param root folder of the project; paths inside the bundle are written from there, so that it reads the same on every machine
 */
export function bundleOptions(root: string) {
  return {
    absWorkingDir: root,
    entryPoints: ["functions/main.ts"],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    // The Functions worker supplies this module at run time; nobody can install it.
    external: ["@azure/functions-core"],
    // One copy, the one that @azure/functions requires: it keeps what is registered, and its module for "import" is another.
    alias: {
      "@azure/functions-extensions-base": `./node_modules/@azure/functions-extensions-base/dist/azure-functions-extensions-base.js`,
    },
    // Where node_modules is a link, the bundle names files by the link: where it points to differs from machine to machine.
    preserveSymlinks: true,
    logLevel: "warning",
  } satisfies BuildOptions;
}
