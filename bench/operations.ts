import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HEADER_VALUE_WHITELIST } from "../shared/contract/header-rules.ts";
import { parseMessage } from "../shared/core/events/event.ts";
import { prepareSecrets } from "../shared/core/masking/mask.ts";
import { compileWebhook, renderRequest } from "../shared/core/requests/render-request.ts";
import { allAtOnce } from "../shared/lib/pieces.ts";
import { parseCredential } from "../shared/management/credential-input.ts";
import { parseWebhook } from "../shared/management/webhook-input.ts";
import { tokenCache } from "../shared/oauth/token-cache.ts";
import { keyFileBox } from "../shared/secrets/key-file-box.ts";
import type { BenchOptions } from "./support/bench.ts";
import { eventBytes, webhookInput } from "./support/event.ts";
import { tableLines } from "./support/print-table.ts";
import { interleaved } from "./support/rounds.ts";
import { median } from "./support/statistics.ts";

const ROUNDS = 3;
/** In milliseconds. */
const TIMES = { warmUp: 200, measured: 400 };
const QUICK_TIMES = { warmUp: 100, measured: 200 };
/** Operations per reading of the clock. */
const AT_ONCE = 64;

const SCOPE = { client: "acme", program: "p0", environment: "uat" };

interface Operation {
  readonly name: string;
  readonly work: () => unknown;
}

/** The steps of a delivery alone, in a tight loop. Within a delivery they cost two to five times as much. */
export async function run({ quick, print }: BenchOptions): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "kls-bench-"));
  try {
    const keyFile = join(folder, "keys.json");
    writeFileSync(keyFile, JSON.stringify({ current: "k1", keys: { k1: randomBytes(32).toString("base64") } }));
    const operations = await operationsWith(keyFile);
    const { warmUp, measured } = quick ? QUICK_TIMES : TIMES;
    const cases = operations.map((one) => ({ ...one, rounds: quick ? 1 : ROUNDS }));
    const seen = await interleaved(cases, async ({ work }) => {
      await microsecondsEach(work, warmUp);
      return microsecondsEach(work, measured);
    });
    const [yardstick] = operations;
    const unit = median(seen.get(yardstick?.name ?? "") ?? []);
    const rows = [...seen].map(([name, all]) => {
      const each = median(all);
      return [name, (1e6 / each).toFixed(0), each.toFixed(2), (each / unit).toFixed(2)];
    });
    print("", ...tableLines(["operation", "per s", "µs", "× JSON.parse"], rows));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function microsecondsEach(work: () => unknown, forMs: number): Promise<number> {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < forMs) {
    for (let call = 0; call < AT_ONCE; call += 1) await work();
    count += AT_ONCE;
  }
  return ((performance.now() - start) * 1_000) / count;
}

/** The first is the yardstick. */
async function operationsWith(keyFile: string): Promise<readonly Operation[]> {
  const now = new Date();
  const bytes = eventBytes("evt-1", "reward.issued", SCOPE.program, now.toISOString());
  const eventText = bytes.toString();
  const message = parseMessage(bytes, now, SCOPE.client);
  const input = webhookInput("https://api.example.com/in", {
    credentialId: null,
    name: "Bench",
    type: "reward.issued",
    long: false,
  });
  const webhook = parseWebhook(input, {
    previous: undefined,
    headerCharacters: HEADER_VALUE_WHITELIST,
    credentialFound: true,
  });
  if (message.kind !== "event" || !webhook.ok)
    throw new Error("The event or the webhook of the bench is not accepted.");
  const compiled = compileWebhook(webhook.value);
  const rendering = renderRequest(compiled, message.event);
  if (!rendering.ok) throw new Error(rendering.fault.message);
  const { url, headers, body } = rendering.request;
  const shown = [url, body, '{"ok":true}', "server", "bench", ...headers.flat()];
  const secrets = [
    `Bearer ${"t".repeat(40)}`,
    "t".repeat(40),
    "s3cret-of-the-client",
    "s3cret-api-key-of-the-receiver",
  ];
  const { mask } = allAtOnce(prepareSecrets(secrets));
  const box = keyFileBox(keyFile);
  const place = { scope: SCOPE, row: "wh_bench", field: "headers/1" };
  const sealed = await box.seal("s3cret-api-key-of-the-receiver", place);
  const tokens = benchTokens();
  return [
    { name: "JSON.parse of an event of 1 KB", work: () => void JSON.parse(eventText) },
    { name: "parse and check a message", work: () => parseMessage(bytes, now, SCOPE.client) },
    { name: "compile a webhook", work: () => compileWebhook(webhook.value) },
    { name: "render URL, 3 headers, body", work: () => renderRequest(compiled, message.event) },
    { name: "prepare 4 secrets for masking", work: () => allAtOnce(prepareSecrets(secrets)) },
    { name: "mask an attempt", work: () => shown.map((text) => allAtOnce(mask(text))) },
    { name: "seal a secret", work: () => box.seal("s3cret-api-key-of-the-receiver", place) },
    { name: "open a secret", work: () => box.open(sealed, place) },
    { name: "token from the cache", work: () => tokens.get(SCOPE, "cr_bench", 1_000) },
  ];
}

function benchTokens(): ReturnType<typeof tokenCache> {
  const parsed = parseCredential(
    {
      name: "Bench",
      url: "https://login.example.com/token",
      body: [{ key: "client_secret", value: "s3cret", secret: true }],
    },
    { previous: undefined, headerCharacters: HEADER_VALUE_WHITELIST },
  );
  if (!parsed.ok) throw new Error("The credential of the bench is not accepted.");
  const at = new Date();
  const credential = { ...parsed.value, id: "cr_bench", createdAt: at, updatedAt: at, version: "1" };
  const body = JSON.stringify({ access_token: "t".repeat(40), token_type: "Bearer", expires_in: 3_600 });
  return tokenCache({
    credentials: { get: () => Promise.resolve(credential) },
    send: () => Promise.resolve({ kind: "answered", status: 200, headers: [], body, truncated: false, timings: {} }),
    clock: () => new Date(),
    random: Math.random,
    userAgent: "KLS-Webhooks/bench",
    log: () => undefined,
  });
}
