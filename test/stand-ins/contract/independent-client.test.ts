import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureCa, issueCertificate } from "../../../local/ca/ca.ts";
import { parseConfig } from "../../../local/service-bus/config/config.ts";
import { startServiceBus } from "../../../local/service-bus/service-bus.ts";
import { contractConfig } from "./harness.ts";

/** Debian's Python, for which the packages below are installed. */
const PYTHON = "/usr/bin/python3";

const run = promisify(execFile);

const STEPS = [
  "missing entity refused",
  "received",
  "properties",
  "abandoned",
  "completed",
  "batch",
  "deferred",
  "dead-lettered",
  "described",
  "scheduled",
  "lock ended",
  "subscription all",
  "subscription red",
];

test("an independent AMQP client sees the same behavior over TLS", async () => {
  await run(PYTHON, ["-c", "import uamqp, azure.servicebus"]).catch(() => {
    throw new Error(
      "The independent AMQP client is missing. Install it with: apt-get install -y python3-azure python3-uamqp",
    );
  });
  const folder = await mkdtemp(join(tmpdir(), "service-bus-"));
  const { ca } = await ensureCa(folder);
  const { certPath, keyPath } = await issueCertificate(folder, ["localhost"]);
  const shared = { SharedAccessKeyName: "independent", SharedAccessKey: "a-key-of-its-own" };
  // The client assumes the TLS port.
  const tls = { Tls: { Port: 5671, KeyFile: keyPath, CertFile: certPath } };
  const bus = await startServiceBus(parseConfig(contractConfig({ ...shared, ...tls })));
  try {
    const port = String(bus.namespaces["contract"]?.tlsPort);
    const script = `${import.meta.dirname}/independent-client.py`;
    const { stdout } = await run(PYTHON, [script, port, ca, shared.SharedAccessKeyName, shared.SharedAccessKey]);
    expect(stdout.trim().split("\n")).toEqual(STEPS);
  } finally {
    await bus.close();
    await rm(folder, { recursive: true });
  }
});
