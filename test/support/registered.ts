import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import * as z from "zod";
import { bundleOptions } from "../../scripts/bundle.ts";

const ROOT = join(import.meta.dirname, "../..");

const registeredSchema = z.array(
  z.object({
    name: z.string(),
    type: z.string(),
    route: z.string().optional(),
    methods: z.array(z.string()).optional(),
  }),
);

/** A function as the host hears of it. */
export type Registered = z.infer<typeof registeredSchema>[number];

/**
 * What the bundle of the app has registered by the time that loading it returns, with the sample's settings.
 * @param settings more settings, for example buses of more clients
 * @throws when loading fails, or when something is registered later
 */
export async function registeredFunctions(settings: Readonly<Record<string, string>>): Promise<Registered[]> {
  const folder = mkdtempSync(join(tmpdir(), "registered-"));
  try {
    const bundle = join(folder, "main.cjs");
    await build({ ...bundleOptions(ROOT), outfile: bundle });
    const keys = join(folder, "keys.json");
    writeFileSync(keys, JSON.stringify({ current: "k1", keys: { k1: Buffer.alloc(32).toString("base64") } }));
    const sample = z
      .object({ Values: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(join(ROOT, "local.settings.sample.json"), "utf8"))).Values;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", join(ROOT, "test/support/print-registered.ts"), bundle],
      { env: { ...process.env, ...sample, SECRETS_KEY_FILE: keys, ...settings } },
    );
    // The library logs lines of its own before.
    return registeredSchema.parse(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? ""));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
