import type { Heartbeats } from "../core/ports/operations.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { readableReason } from "../lib/readable-reason.ts";
import { deliverFunctionName } from "../core/scope.ts";
import { withinLimit } from "../lib/time-limit.ts";

/** Time between writes, in milliseconds: often enough to tell, and negligible next to the deliveries. */
const INTERVAL_MS = 60_000;
/** How long the write may delay the message, which is settled only after it, in milliseconds. */
const WRITE_MS = 2_000;

/** Notes that a message was handled. Never throws. */
export type Heartbeat = (log: Log) => Promise<void>;

/**
 * The heartbeat of one client's function in this process, written at most once a minute, so that others know when the function last ran: it has
 * instances of its own, which nobody can ask.
 *
 * A failed write is logged once until one succeeds again, and is tried again a minute later.
 */
export function heartbeat(
  client: string,
  deps: { readonly heartbeats: Pick<Heartbeats, "beat">; readonly clock: Clock },
): Heartbeat {
  let nextAt = 0;
  let failing = false;
  return async (log) => {
    const at = deps.clock();
    if (at.getTime() < nextAt) return;
    nextAt = at.getTime() + INTERVAL_MS;
    try {
      await withinLimit(WRITE_MS, (signal) => deps.heartbeats.beat(client, deliverFunctionName(client), at, signal));
      failing = false;
    } catch (error) {
      if (!failing) log("warn", "heartbeat.failed", { client, why: readableReason(error) });
      failing = true;
    }
  };
}
