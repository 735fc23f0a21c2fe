import type { TimerHandler } from "@azure/functions";
import type { ReadinessDeps } from "../shared/management/readiness.ts";
import { checkReadiness, failingChecks } from "../shared/management/readiness.ts";
import type { RespondDeps } from "./http/respond.ts";

/** Every five minutes. Six fields: the first is seconds. */
export const WATCH_SCHEDULE = "0 */5 * * * *";

/** The timer: the check of `/api/health/ready` over all clients, in one log line that an alert can look for. */
export function watch(deps: Pick<RespondDeps, "logFor"> & ReadinessDeps): TimerHandler {
  return async (_timer, context) => {
    const log = deps.logFor(context);
    const readiness = await checkReadiness(deps);
    const reasons = failingChecks(readiness);
    const failing = Object.keys(reasons);
    if (failing.length === 0) log("info", "readiness.checked", { clients: readiness.clients.length });
    else log("error", "readiness.failed", { failing, reasons });
  };
}
