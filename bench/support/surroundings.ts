import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCa, issueCertificate } from "../../local/ca/ca.ts";
import { startPeer } from "./peer.ts";
import type { Peer } from "./peer.ts";
import { startRedis } from "./redis.ts";

/** The processes and files that measured processes need. */
export interface Surroundings {
  readonly sink: Peer;
  /** The table stub. */
  readonly tables: Peer;
  /** Started when first asked for. */
  readonly azurite: () => Promise<Peer>;
  readonly redis: () => Promise<Peer>;
  /** File of the CA certificate of the sink. */
  readonly ca: string;
  /** File of the key that seals secrets. */
  readonly keyFile: string;
  close(): Promise<void>;
}

/** Starts sink and table stub, each in its own process; certificates and keys go to a temporary folder. */
export async function openSurroundings(): Promise<Surroundings> {
  const dir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const { ca } = await ensureCa(dir);
  const { cert, key } = await issueCertificate(dir, ["localhost"]);
  const keyFile = join(dir, "keys.json");
  writeFileSync(keyFile, JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } }));
  const sink = await startPeer("sink", { cert, key });
  const tables = await startPeer("tables", { account: "bench", key: randomBytes(64).toString("base64") });
  let azurite: Promise<Peer> | undefined;
  let redis: Promise<Peer> | undefined;
  return {
    sink,
    tables,
    azurite: () => (azurite ??= startPeer("azurite", {})),
    redis: () => (redis ??= startRedis()),
    ca,
    keyFile,
    close: async () => {
      const others = await Promise.all([azurite, redis]);
      for (const peer of [sink, tables, ...others]) await peer?.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
