import { openBicep } from "../../scripts/bicep/bicep.ts";
import type { Bicep } from "../../scripts/bicep/bicep.ts";
import { readClients } from "../../scripts/bicep/copies.ts";
import { findBicepCli } from "../../scripts/bicep/find-cli.ts";

/** Folder of the project. */
export const ROOT = `${import.meta.dirname}/../..`;

/** The clients of the pictures: two on a Standard bus, one on a Premium bus behind a private endpoint. */
export const CLIENTS = readClients(`${ROOT}/infra/pictures/clients.json`);

/** The CLI. @throws when this machine has none: a suite that checks nothing must not pass */
export function openCli(): Bicep {
  const cli = findBicepCli(ROOT);
  if ("missing" in cli) throw new Error(cli.missing);
  return openBicep(cli.path);
}
