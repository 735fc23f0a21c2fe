import type { InvocationContext } from "@azure/functions";
import { logLine } from "../shared/lib/log-line.ts";
import type { Log } from "../shared/lib/log.ts";

/** One JSON line per event, through the invocation's own log, so that the platform ties it to the invocation. Never throws. */
export function logOf(context: Pick<InvocationContext, "debug" | "info" | "warn" | "error">): Log {
  return (level, event, fields) => {
    try {
      context[level](logLine(event, fields));
    } catch {
      // The host no longer accepts lines, for example after the invocation. Work goes on without.
    }
  };
}

/** The same for what belongs to no invocation: startup, and work in the background. */
export const processLog: Log = logOf(console);
