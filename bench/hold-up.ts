import { createSecretKey, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { partnerControl } from "../local/partner/control.ts";
import { startPart, type Part } from "../local/stack/part.ts";
import { FREE_PORTS, partnerPart, tablesPart } from "../local/stack/parts.ts";
import type { Token } from "../shared/core/ports/outbound.ts";
import { takeTurns } from "../shared/lib/turns.ts";
import type { Webhook } from "../shared/core/configuration/webhook.ts";
import { deliverMessage } from "../shared/delivery/deliver-message.ts";
import type { MessageDeps } from "../shared/delivery/deps.ts";
import { webhookCache } from "../shared/delivery/webhook-cache.ts";
import { slots } from "../shared/delivery/slots.ts";
import { openOutbound } from "../shared/outbound/send.ts";
import { nodeEventLoop } from "../shared/platform/event-loop.ts";
import { openServiceCalls } from "../shared/outbound/service-calls.ts";
import { openDeliveryStore } from "../shared/tables/deliveries/open-store.ts";
import { openAccount } from "../shared/tables/transactions/account.ts";
import { hostileSecrets } from "./support/hostile-secrets.ts";
import { messageOf, ordinary, thoughtOf, type Hostile } from "./support/hostile.ts";
import { ms } from "./support/side-by-side.ts";

/** Hostile events under way at the same time, and how many webhooks want each. */
const AT_ONCE = 4;
const WANTED_BY = 25;
/** Events of the other client that are measured in each part. */
const MEASURED = 25;

const NAMES = [
  "in a form, keys",
  "a name in a tag, dotted",
  "in XML, ampersands",
  "many in the body, numbers",
  "in headers, quotes",
  "dates of long digits, digits",
  "escaped again and again, quotes",
];

/**
 * How much later another client's event arrives beside hostile ones, on the whole way of a delivery in one process: read, match, compile, render,
 * send, mask, record. Tables and third party are processes of their own. By turns with and without, in one run.
 */
export async function run(): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "kls-bench-"));
  const context = { root: join(import.meta.dirname, ".."), signal: undefined, onLine: nothing, onRestart: nothing };
  const tables = await startPart(tablesPart(context.root, undefined, FREE_PORTS), context);
  const partner = await startPart(partnerPart(context.root, stateDir, FREE_PORTS), context);
  setDefaultCACertificates([...getCACertificates("default"), readFileSync(partner.ready.ca, "utf8")]);
  const outbound = openOutbound({ allow: [new URL(partner.ready.url).host] });
  try {
    const secrets = hostileSecrets();
    const hostiles = [...[...thoughtOf()].filter(({ name }) => NAMES.includes(name)), secrets];
    await partnerControl(partner.ready.control).receiver("bench", { faults: [{ kind: "echo" }] });
    const place = fixture(partner.ready.url, tables.ready.connectionString, outbound.send, secrets.token);
    await measure(place, 1, undefined);
    console.log(
      `another client's event, beside ${String(AT_ONCE)} hostile ones that ${String(WANTED_BY)} webhooks want each`,
    );
    console.log(`${"".padEnd(34)} median      longest     loop stalls  longest piece  later by`);
    for (const hostile of hostiles) {
      const alone = await measure(place, MEASURED, undefined);
      const beside = await measure(place, MEASURED, hostile);
      print("alone", alone, undefined);
      print(hostile.name, beside, alone);
    }
  } finally {
    await outbound.close();
    await close([tables, partner]);
    rmSync(stateDir, { recursive: true, force: true });
  }
}

interface DeliveryFixture {
  /** Delivers one event of a client. */
  deliver(client: string, program: string, attributes: string): Promise<void>;
  /** The webhooks of a client's program from now on. */
  webhooks(program: string, webhooks: readonly Webhook[]): void;
  /** Of the longest piece of work that had a turn since, which nothing can interrupt: what it took of the processor. */
  longestPieceMs(): number;
  readonly hook: string;
}

function fixture(partner: string, connectionString: string, send: MessageDeps["send"], token: Token): DeliveryFixture {
  const known = new Map<string, readonly Webhook[]>();
  const turns = takeTurns(nodeEventLoop);
  let longestPieceMs = 0;
  let stamp = 0;
  let events = 0;
  const store = {
    all: ({ program }: { program: string }) => Promise.resolve({ webhooks: known.get(program) ?? [], unreadable: [] }),
    configurationVersion: () => Promise.resolve(String(stamp)),
    setPaused: () => Promise.resolve({ kind: "not-found" } as const),
  };
  const clock = (): Date => new Date();
  const timer = (afterMs: number, task: () => void): (() => void) => {
    const set = setTimeout(task, afterMs);
    return () => {
      clearTimeout(set);
    };
  };
  const memberKey = createSecretKey(randomBytes(32));
  const settings = { kind: "connection-string", value: connectionString } as const;
  const deps: MessageDeps = {
    webhookCache: webhookCache(store),
    webhooks: store,
    deliveries: openDeliveryStore(settings, {
      account: openAccount(settings, clock),
      call: openServiceCalls().call,
      clock,
      sleep: (afterMs) => new Promise((resolve) => setTimeout(resolve, afterMs)),
      random: Math.random,
      memberKey: () => Promise.resolve(memberKey),
    }),
    tokens: { get: () => Promise.resolve(token), drop: nothing },
    send,
    slots: slots({ clock, timer }),
    openRetryScheduler: () => Promise.resolve({ schedule: () => Promise.resolve("scheduled") }),
    messageKeys: { keyNamed: () => Promise.resolve(undefined) },
    settlement: { deadLetter: (_lock, _reason, description) => Promise.reject(new Error(description)) },
    turns: (client, work) =>
      turns(client, () => {
        const start = process.threadCpuUsage();
        const result = work();
        const { user, system } = process.threadCpuUsage(start);
        longestPieceMs = Math.max(longestPieceMs, (user + system) / 1_000);
        return result;
      }),
    clock,
    sleep: (afterMs) => new Promise((resolve) => setTimeout(resolve, afterMs)),
    random: Math.random,
    newRun: () => crypto.randomUUID(),
    userAgent: "KLS-Webhooks/bench",
    log: nothing,
  };
  return {
    hook: `${partner}/in/bench`,
    deliver: (client, program, attributes) => {
      events += 1;
      const now = new Date();
      const body = messageOf(`evt-${String(events)}`, program, attributes, now.toISOString());
      return deliverMessage({ client, body, enqueuedAt: now, lockToken: "lock", deliveryCount: 1 }, deps);
    },
    webhooks: (program, webhooks) => {
      known.set(program, webhooks);
      stamp += 1;
      longestPieceMs = 0;
    },
    longestPieceMs: () => longestPieceMs,
  };
}

interface Delays {
  readonly medianMs: number;
  readonly longestMs: number;
  readonly stallMs: number;
  readonly pieceMs: number;
}

async function measure(place: DeliveryFixture, count: number, hostile: Hostile | undefined): Promise<Delays> {
  const usual = ordinary();
  place.webhooks("usual", [webhookOf("wh_usual", usual, place)]);
  const wanted =
    hostile === undefined
      ? []
      : Array.from({ length: WANTED_BY }, (_, index) => webhookOf(`wh_${String(index)}`, hostile, place));
  place.webhooks("hostile", wanted);
  let over = false;
  const flood = async (): Promise<void> => {
    while (!over && hostile) await place.deliver("acme", "hostile", hostile.attributes);
  };
  const floods = Array.from({ length: AT_ONCE }, flood);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const taken: number[] = [];
  for (let event = 0; event < count; event += 1) {
    const start = performance.now();
    await place.deliver("globex", "usual", usual.attributes);
    taken.push(performance.now() - start);
  }
  loop.disable();
  const pieceMs = place.longestPieceMs();
  over = true;
  await Promise.all(floods);
  const sorted = taken.toSorted((one, other) => one - other);
  return {
    medianMs: sorted[Math.floor(count / 2)] ?? 0,
    longestMs: sorted.at(-1) ?? 0,
    stallMs: loop.max / 1e6,
    pieceMs,
  };
}

function webhookOf(id: string, { webhook }: Hostile, place: DeliveryFixture): Webhook {
  const at = new Date();
  const url = webhook.url.replace(/^https:\/\/[^/]*(?:\/hook)?/, place.hook);
  return {
    ...webhook,
    id,
    url,
    enabled: true,
    pausedReason: null,
    createdAt: at,
    updatedAt: at,
    version: crypto.randomUUID(),
  };
}

function print(name: string, { medianMs, longestMs, stallMs, pieceMs }: Delays, alone: Delays | undefined): void {
  const later =
    alone === undefined ? "" : `${ms(medianMs - alone.medianMs)} (${(medianMs / alone.medianMs).toFixed(1)} x)`;
  console.log(
    `${name.padEnd(34)} ${ms(medianMs).padEnd(11)} ${ms(longestMs).padEnd(11)} ${ms(stallMs).padEnd(12)} ${ms(pieceMs).padEnd(14)} ${later}`,
  );
}

async function close(parts: readonly Pick<Part<unknown>, "close">[]): Promise<void> {
  await Promise.all(parts.map((part) => part.close()));
}

function nothing(): void {
  // What it could be told is of no interest here.
}
