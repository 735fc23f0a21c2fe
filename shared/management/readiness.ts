import type { ReadinessAnswer } from "../contract/operations.ts";
import type { Caller } from "../core/caller.ts";
import { mayTouchClient } from "../core/caller.ts";
import { notFound } from "../lib/errors.ts";
import type { Heartbeats, OperatedBus } from "../core/ports/operations.ts";
import type { Clock } from "../lib/clock.ts";
import type { SecretBox } from "../core/ports/secrets.ts";
import { readableReason } from "../lib/readable-reason.ts";
import { deliverFunctionName } from "../core/scope.ts";
import { withinLimit } from "../lib/time-limit.ts";

/** What the checks need. */
export interface ReadinessDeps {
  /** Version of the app. */
  readonly version: string;
  readonly clock: Clock;
  readonly heartbeats: Pick<Heartbeats, "all">;
  readonly box: Pick<SecretBox, "check">;
  /** The bus of every client that has one, in the order they are shown. */
  readonly buses: ReadonlyMap<string, Pick<OperatedBus, "check">>;
  /** How long each check may take, in milliseconds; they run side by side. */
  readonly checkMs: number;
}

/** How one check ended. */
interface Checked {
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  /** Why it failed; absent when it did not. */
  readonly reason?: string;
}

/** Clients with a bus that the caller has access to. @param only narrows to one. @throws AppError `not-found` when it is not one of them */
export function shownClients(
  caller: Caller,
  only: string | undefined,
  { buses }: Pick<ReadinessDeps, "buses">,
): readonly string[] {
  const own = [...buses.keys()].filter((client) => mayTouchClient(caller, client));
  if (only === undefined) return own;
  if (!own.includes(only)) throw notFound();
  return [only];
}

/**
 * Checks everything that a delivery depends on, side by side: the tables, the key that seals secrets, the bus of each of these clients. Never throws
 * and never hangs: what fails or takes longer than `checkMs` is reported with its reason.
 * @param clients by default every client with a bus
 */
export async function checkReadiness(
  deps: ReadinessDeps,
  clients: readonly string[] = [...deps.buses.keys()],
): Promise<ReadinessAnswer> {
  const checkedAt = deps.clock().toISOString();
  let lastRan: ReadonlyMap<string, Date> = new Map();
  const [tables, key, ...buses] = await Promise.all([
    runCheck(async (signal) => {
      lastRan = await deps.heartbeats.all(signal);
    }, deps),
    runCheck(() => deps.box.check(), deps),
    ...clients.map((client) => runCheck(async (signal) => deps.buses.get(client)?.check(signal), deps)),
  ]);
  const ready = [tables, key, ...buses].every(({ ok }) => ok);
  return {
    status: ready ? "ready" : "not-ready",
    version: deps.version,
    checkedAt,
    checks: [
      { name: "tables", ...tables },
      { name: "key", ...key },
    ],
    clients: clients.flatMap((client, index) => {
      const bus = buses[index];
      const name = deliverFunctionName(client);
      return bus ? [{ client, function: name, bus, lastRanAt: lastRan.get(name)?.toISOString() ?? null }] : [];
    }),
  };
}

/** Reasons of failed checks by name: `tables`, `key`, `bus acme`. Empty when everything is ready. */
export function failingChecks({ checks, clients }: ReadinessAnswer): Readonly<Record<string, string>> {
  const named = [
    ...checks.map(({ name, reason }) => [name, reason] as const),
    ...clients.map(({ client, bus }) => [`bus ${client}`, bus.reason] as const),
  ];
  return Object.fromEntries(named.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, reason]])));
}

async function runCheck(
  work: (signal: AbortSignal) => Promise<void>,
  { clock, checkMs }: Pick<ReadinessDeps, "clock" | "checkMs">,
): Promise<Checked> {
  const started = clock().getTime();
  const tookMs = (): number => clock().getTime() - started;
  try {
    await withinLimit(checkMs, work);
    return { ok: true, ms: tookMs() };
  } catch (error) {
    return { ok: false, ms: tookMs(), reason: readableReason(error) };
  }
}
