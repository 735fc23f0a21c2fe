import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

/** Builds `dist/main.cjs` of the project at `root` and returns its path. @throws with the output of the build when it fails. */
export async function buildApp(root: string): Promise<string> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", join(root, "scripts/build.ts")], {
    cwd: root,
    stdio: ["ignore", "inherit", "pipe"],
  });
  const output: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
  await once(child, "close");
  if (child.exitCode !== 0) throw new Error(`The app could not be built:\n${Buffer.concat(output).toString("utf8")}`);
  return join(root, "dist/main.cjs");
}
