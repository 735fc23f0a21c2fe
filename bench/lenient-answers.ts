import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { Agent, buildConnector } from "undici";
import { ensureCa, issueCertificate } from "../local/ca/ca.ts";
import { expectAnswer, lenientSocket } from "../shared/outbound/lenient-socket.ts";
import { startPeer } from "./support/peer.ts";
import { median } from "./support/statistics.ts";

const ROUNDS = 7;
const ROUND_MS = 3_000;
const IN_FLIGHT = 64;
const BODY = "x".repeat(600);

/**
 * What reading heads leniently costs the usual receiver: POSTs over TLS with keep-alive, 64 in flight, on a plain connection of undici and on one
 * whose answers pass our reading of heads, in turn.
 */
export async function run(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const { ca } = await ensureCa(dir);
  const { cert, key } = await issueCertificate(dir, ["localhost"]);
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(ca, "utf8")]);
  const sink = await startPeer("sink", { cert, key });
  const origin = `https://localhost:${String(sink.port)}`;
  const connect = buildConnector({ allowH2: false });
  const plain = new Agent({ connections: IN_FLIGHT, pipelining: 1, allowH2: false });
  const lenient = new Agent({
    connections: IN_FLIGHT,
    pipelining: 1,
    connect: (target, callback) => {
      connect(target, (...outcome) => {
        if (outcome[0] === null) callback(null, lenientSocket(outcome[1]));
        else callback(...outcome);
      });
    },
  });
  await measure(plain, origin, false);
  await measure(lenient, origin, true);
  const ratios = { rate: [] as number[], cpu: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const one = round % 2 === 0 ? await measure(plain, origin, false) : undefined;
    const other = await measure(lenient, origin, true);
    const first = one ?? (await measure(plain, origin, false));
    ratios.rate.push(other.perSecond / first.perSecond);
    ratios.cpu.push(other.cpuMs / first.cpuMs);
    console.log(
      `  plain ${first.perSecond.toFixed(0)}/s, ${first.cpuMs.toFixed(4)} ms CPU each; lenient ${other.perSecond.toFixed(0)}/s, ${other.cpuMs.toFixed(4)} ms`,
    );
  }
  console.log(
    `  lenient / plain, median: rate ${median(ratios.rate).toFixed(3)}, CPU ${median(ratios.cpu).toFixed(3)}`,
  );
  await Promise.all([plain.destroy(), lenient.destroy()]);
  await sink.close();
  rmSync(dir, { recursive: true, force: true });
}

async function measure(agent: Agent, origin: string, tell: boolean): Promise<{ perSecond: number; cpuMs: number }> {
  const until = performance.now() + ROUND_MS;
  const cpu = process.cpuUsage();
  let count = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      await call(agent, origin, tell);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const { user, system } = process.cpuUsage(cpu);
  return { perSecond: (count * 1_000) / ROUND_MS, cpuMs: (user + system) / 1_000 / count };
}

function call(agent: Agent, origin: string, tell: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    agent.dispatch(
      { origin, path: "/hook", method: "POST", headers: ["content-type", "application/json"], body: BODY },
      {
        onRequestStart: () => {
          if (tell)
            expectAnswer({ onConnection: () => undefined, onStatus: () => undefined, onCutOff: () => undefined });
        },
        onResponseStart: () => undefined,
        onResponseData: () => undefined,
        onResponseEnd: () => {
          resolve();
        },
        onResponseError: (_controller, error) => {
          reject(error);
        },
      },
    );
  });
}
