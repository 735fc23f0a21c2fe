import { globSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createCoreApi, createRegistry, offerCoreModule, runHooks } from "./core-api.ts";
import type { AppRegistry } from "./core-api.ts";
import { describe, errorLine, hostLine, messageOf } from "../log.ts";

export interface LoadedApp {
  readonly registry: AppRegistry;
  /** Why HTTP functions cannot run, when the app uses a feature that this host does not support. */
  readonly httpRefusal: string | undefined;
}

/**
 * Loads the app's entry files, runs its appStart hooks and closes registration. An entry file that throws leaves 0 functions and
 * an error on stderr: the real host does not crash either.
 */
export async function loadApp(appDir: string, bundle: string | undefined): Promise<LoadedApp> {
  const registry = createRegistry();
  offerCoreModule(createCoreApi(registry));
  try {
    for (const file of entryFiles(appDir, bundle)) await import(pathToFileURL(file).href);
    await runHooks(registry, "appStart", {
      hookData: {},
      appHookData: registry.appHookData,
      functionAppDirectory: appDir,
    });
  } catch (thrown) {
    errorLine(`Worker was unable to load entry point: ${describe(thrown)}`);
    // With functions registered the worker reports a failure, without any an empty list: 0 functions either way.
    if (registry.functions.size > 0) hostLine(`Worker failed to index functions: ${messageOf(thrown)}`);
    registry.functions.clear();
  }
  registry.locked = true;
  return { registry, httpRefusal: await httpRefusal(registry) };
}

async function httpRefusal(registry: AppRegistry): Promise<string | undefined> {
  const capabilities = await registry.model?.getCapabilities({});
  return capabilities?.["HttpUri"] === undefined
    ? undefined
    : "enableHttpStream is not supported by this local host, which passes HTTP bodies in one piece; turn it off or run on Azure.";
}

/** `main` of package.json, which may be a glob. */
function entryFiles(appDir: string, bundle: string | undefined): readonly string[] {
  if (bundle !== undefined) return [existing(resolve(bundle))];
  const manifest: unknown = JSON.parse(readFileSync(join(appDir, "package.json"), "utf8"));
  const main = typeof manifest === "object" && manifest !== null && "main" in manifest ? manifest.main : undefined;
  if (typeof main !== "string") {
    errorLine(`package.json in ${appDir} has no "main": no functions found.`);
    return [];
  }
  if (!/[*?{[]/.test(main)) return [existing(join(appDir, main))];
  return globSync(main, { cwd: appDir })
    .sort()
    .map((file) => join(appDir, file));
}

function existing(file: string): string {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new Error(`File does not exist: ${file}. Build the app first (npm run build).`);
  }
  return file;
}
