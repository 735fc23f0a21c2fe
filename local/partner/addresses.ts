/** Where the partner has been: its port is another one when the usual one is taken, and what was set up to call it still names the earlier one. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const addressesSchema = z.array(z.string());
/** Older ones are forgotten. */
const KEPT = 50;

/** Notes that the partner of this folder is at `url` now, and gives the addresses where it was before. */
export function noteAddress(stateDir: string, url: string): string[] {
  const file = join(stateDir, "partner-addresses.json");
  const earlier = read(file).filter((address) => address !== url);
  writeFileSync(`${file}.draft`, JSON.stringify([url, ...earlier].slice(0, KEPT)));
  renameSync(`${file}.draft`, file);
  return earlier;
}

function read(file: string): string[] {
  try {
    return addressesSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return [];
  }
}
