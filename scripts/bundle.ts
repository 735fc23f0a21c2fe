import { basename, dirname, join, relative } from "node:path";
import type { BuildOptions, Plugin } from "esbuild";

/** The second file of the app: the packages that it loads when they are first needed. */
export const LATER = "later.cjs";

/** Each is one line that names what is needed of a package, and is imported by `import()` alone. */
const LOADED_LATER = [
  "shared/platform/default-credential.ts",
  "shared/bus/service-bus-client.ts",
  "shared/secrets/key-client.ts",
  "shared/tables/table-client.ts",
];

/**
 * How the app becomes two files, wherever it then runs: the bundle, and {@link LATER} beside it, so that an instance that starts does not read and
 * compile SDKs that it may not need (docs/decisions/0036-what-a-start-loads.md).
 *
 * @param root folder of the project; paths inside the bundle are written from there, so that it reads the same on every machine
 */
export function bundleOptions(root: string) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node22",
    // The ES modules of packages, of which what is not used is left out, and one copy of those that several packages need.
    mainFields: ["module", "main"],
    // Stack traces still name functions.
    minify: true,
    keepNames: true,
    // In ASCII the tables of charsets are three times as long.
    charset: "utf8",
    // The Functions worker supplies this module at run time; nobody can install it.
    external: ["@azure/functions-core"],
    alias: {
      // One copy, the one that @azure/functions requires: it keeps what is registered, and its module for "import" is another.
      "@azure/functions-extensions-base": `./node_modules/@azure/functions-extensions-base/dist/azure-functions-extensions-base.js`,
      // What we use of it; its index loads all of it, and a mock of the network too.
      undici: "./scripts/undici-parts.cjs",
    },
    // Where node_modules is a link, the bundle names files by the link: where it points to differs from machine to machine.
    preserveSymlinks: true,
    logLevel: "warning",
  } satisfies BuildOptions;
  return {
    ...common,
    entryPoints: ["functions/main.ts"],
    // Else the worker's own loader of ES modules would load the second file.
    supported: { "dynamic-import": false },
    plugins: [loadedLater(root, common)],
  } satisfies BuildOptions;
}

/** Leaves what is {@link LOADED_LATER} out of the bundle and builds it as {@link LATER} beside it, if anything asked for it. */
function loadedLater(root: string, common: BuildOptions): Plugin {
  return {
    name: "loaded-later",
    setup(builder) {
      let asked = false;
      builder.onStart(() => {
        asked = false;
      });
      builder.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) => {
        const file = relative(root, join(resolveDir, path)).replaceAll("\\", "/");
        if (kind !== "dynamic-import" || !LOADED_LATER.includes(file)) return undefined;
        asked = true;
        return { path: `./${LATER}`, external: true };
      });
      builder.onEnd(async (result) => {
        const { outfile, write } = builder.initialOptions;
        if (!asked || outfile === undefined || result.errors.length > 0) return;
        const contents = LOADED_LATER.map((file) => `export * from "./${file}";`).join("\n");
        const later = await builder.esbuild.build({
          ...common,
          stdin: { contents, resolveDir: root, sourcefile: basename(LATER, ".cjs") },
          outfile: join(dirname(outfile), LATER),
          ...(write === undefined ? {} : { write }),
        });
        result.outputFiles?.push(...(later.outputFiles ?? []));
      });
    },
  };
}
