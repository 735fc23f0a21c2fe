/** The addresses the partner has had: its port changes when the usual one is taken, and webhooks set up earlier still name the old one. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

const addressesSchema = z.array(z.string());
/** Older ones are dropped. */
const MAX_KEPT = 50;

/** Records that the partner of this folder is at `url` now, and returns its earlier addresses, latest first. */
export function noteAddress(stateDir: string, url: string): string[] {
  const file = join(stateDir, "partner-addresses.json");
  const earlier = read(file).filter((address) => address !== url);
  writeFileSync(`${file}.draft`, JSON.stringify([url, ...earlier].slice(0, MAX_KEPT)));
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
