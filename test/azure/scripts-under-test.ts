import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { RecordedAz } from "./recorded-az.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** How a script ended. */
export interface Run {
  readonly exit: number | null;
  readonly out: string;
  readonly error: string;
}

/** A copy of the project's scripts and templates with its own list of clients, and a recorded `az` on the PATH of what runs there. */
export interface ScriptsUnderTest {
  readonly az: RecordedAz;
  readonly folder: string;
  /** Writes clients.json with these ids, all of stamp one. */
  readonly clients: (...ids: string[]) => void;
  /** Runs `bash -c` with this text, in the folder, without a terminal. */
  readonly bash: (command: string) => Promise<Run>;
  readonly close: () => Promise<void>;
}

/** Opens one; nothing in Azure yet. Polls wait no time. */
export async function openScripts(): Promise<ScriptsUnderTest> {
  const az = new RecordedAz();
  await az.start();
  const folder = mkdtempSync(join(tmpdir(), "azure-"));
  const kept = (source: string): boolean => !["pictures", "tools", "portal"].includes(basename(source));
  cpSync(join(ROOT, "infra"), join(folder, "infra"), { recursive: true, filter: kept });
  const env = {
    ...process.env,
    PATH: `${join(ROOT, "test/azure/bin")}:${process.env["PATH"] ?? ""}`,
    AZ_RECORDER_PORT: az.port,
    CLIENT_ID: "",
    AZURE_TENANT_ID: "",
    WEBHOOKS_API_ID: "",
    ALERT_EMAILS: "",
    POLL_SECONDS: "0",
    POLL_TRIES: "4",
  };
  const bash = async (command: string): Promise<Run> => {
    const child = spawn("bash", ["-c", command], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { exit: child.exitCode, out, error };
  };
  return {
    az,
    folder,
    bash,
    clients: (...ids) => {
      const entries = ids.map((id) => ({ id, stamp: "one", sku: "Standard" }));
      writeFileSync(join(folder, "infra/clients.json"), JSON.stringify(entries, null, 2));
    },
    close: async () => {
      await az.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A subscription with the stamp of an environment, its code, and these clients turned on by hand, as a run of the script leaves them. */
export async function prepareStamp(
  scripts: ScriptsUnderTest,
  environment: string,
  ...clients: string[]
): Promise<void> {
  const { az } = scripts;
  const group = `rg-webhooks-${environment}`;
  scripts.clients(...clients);
  writeFileSync(join(scripts.folder, "webhooks.zip"), "the package");
  const prepared = await scripts.bash(`set -e
    export AZURE_TENANT_ID=00000000-0000-0000-0000-00000000000a WEBHOOKS_API_ID=00000000-0000-0000-0000-00000000000c ALERT_EMAILS=operations@kognitiv.com
    az group create --name ${group} --location westeurope --output none
    az deployment group create --resource-group ${group} --name stamp --parameters infra/main.${environment}.bicepparam --output none
    app=$(az functionapp list --resource-group ${group} --query '[].name' --output tsv)
    az functionapp deployment source config-zip --resource-group ${group} --name "$app" --src webhooks.zip --output none
    for client in ${clients.join(" ")}; do infra/onboard-client.sh $client --environment ${environment} --yes; done`);
  if (prepared.exit !== 0) throw new Error(`The stamp could not be prepared: ${prepared.error}`);
  az.calls = [];
}
