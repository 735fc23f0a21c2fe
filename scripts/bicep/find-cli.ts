import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

const PROJECT = "infra/tools/bicep-cli.csproj";

/** Where the Bicep CLI is and who installed it, or why there is none. */
export type FoundCli = { readonly path: string; readonly origin: string } | { readonly missing: string };

/**
 * Finds the Bicep CLI: `BICEP_CLI`, then `PATH`, then the one that `az` installed, then the pinned one by NuGet through `dotnet`, which may
 * download 40 MB once. Those of `PATH` and `az` are skipped if they are not of the pinned version: other versions give other warnings.
 *
 * @param root folder of the project
 */
export function findBicepCli(root: string): FoundCli {
  const given = process.env["BICEP_CLI"];
  if (given !== undefined && given !== "") return { path: given, origin: "BICEP_CLI" };
  const version = pinnedVersion(root);
  const passedOver: string[] = [];
  for (const { path, origin } of installed()) {
    const found = versionOf(path);
    if (found === version) return { path, origin };
    passedOver.push(`${origin} has ${found ?? "one that does not run"}`);
  }
  const restored = restore(root, version);
  if ("path" in restored) return restored;
  const others = passedOver.length === 0 ? "neither PATH nor az has one" : passedOver.join(", ");
  return { missing: `Bicep CLI ${version} is needed: ${others}, and ${restored.missing}.` };
}

function pinnedVersion(root: string): string {
  const project = readFileSync(join(root, PROJECT), "utf8");
  const version = /<BicepVersion>([\d.]+)<\/BicepVersion>/.exec(project)?.[1];
  if (version === undefined) throw new Error(`${PROJECT} does not pin BicepVersion.`);
  return version;
}

function installed(): { path: string; origin: string }[] {
  const name = process.platform === "win32" ? "bicep.exe" : "bicep";
  const places = (process.env["PATH"] ?? "").split(delimiter).map((folder) => ({ folder, origin: "PATH" }));
  const azure = process.env["AZURE_CONFIG_DIR"] ?? join(homedir(), ".azure");
  return [...places, { folder: join(azure, "bin"), origin: "az" }]
    .map(({ folder, origin }) => ({ path: join(folder, name), origin }))
    .filter(({ path }) => existsSync(path));
}

function versionOf(path: string): string | undefined {
  const { stdout, error } = spawnSync(path, ["--version"], { encoding: "utf8" });
  return error ? undefined : /\d+\.\d+\.\d+/.exec(stdout)?.[0];
}

function restore(root: string, version: string): FoundCli {
  const systems: Readonly<Record<string, string>> = { linux: "linux", darwin: "osx", win32: "win" };
  const system = systems[process.platform];
  if (system === undefined) return { missing: `NuGet has none for ${process.platform}` };
  const runtime = `${system}-${process.arch}`;
  const packages = process.env["NUGET_PACKAGES"] ?? join(homedir(), ".nuget", "packages");
  const file = process.platform === "win32" ? "bicep.exe" : "bicep";
  const path = join(packages, `azure.bicep.commandline.${runtime}`, version, "tools", file);
  if (!existsSync(path)) {
    const run = spawnSync("dotnet", ["restore", join(root, PROJECT), `-p:BicepRuntime=${runtime}`, "--nologo"], {
      encoding: "utf8",
      env: { ...process.env, NUGET_PACKAGES: packages, DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" },
    });
    if (run.error) return { missing: "there is no dotnet to restore it with" };
    if (run.status !== 0 || !existsSync(path)) {
      const line = run.stdout.split("\n").find((text) => text.includes("error")) ?? "it printed no error";
      return { missing: `dotnet could not restore it (${line.trim()})` };
    }
  }
  chmodSync(path, 0o755);
  return { path, origin: "dotnet" };
}
