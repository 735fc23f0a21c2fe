import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureCa, issueCertificate } from "../../local/ca/ca.ts";
import { startPeer } from "./peer.ts";
import type { Peer } from "./peer.ts";

const ACCOUNT = "bench";

/** What measured processes need around them. */
export interface Surroundings {
  readonly sink: Peer;
  readonly tables: Peer;
  /** Connection string of `tables`. */
  readonly connectionString: string;
  /** File of the certificate that signed the sink's. */
  readonly ca: string;
  /** File of the key that seals secrets. */
  readonly keyFile: string;
  close(): Promise<void>;
}

/** Starts a sink and a table stub, each in a process of its own, and writes what is needed to reach them into a temporary folder. */
export async function openSurroundings(): Promise<Surroundings> {
  const dir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const { ca } = await ensureCa(dir);
  const { cert, key } = await issueCertificate(dir, ["localhost"]);
  const keyFile = join(dir, "keys.json");
  writeFileSync(keyFile, JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } }));
  const accountKey = randomBytes(64).toString("base64");
  const sink = await startPeer("sink", { cert, key });
  const tables = await startPeer("tables", { account: ACCOUNT, key: accountKey });
  const endpoint = `http://127.0.0.1:${String(tables.port)}/${ACCOUNT}`;
  return {
    sink,
    tables,
    connectionString: `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${accountKey};TableEndpoint=${endpoint}`,
    ca,
    keyFile,
    close: async () => {
      await Promise.all([sink.close(), tables.close()]);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** The processes that a measured one talks to, by name. */
export function peersOf({ sink, tables }: Surroundings): ReadonlyMap<string, Peer> {
  return new Map([
    ["sink", sink],
    ["tables", tables],
  ]);
}
