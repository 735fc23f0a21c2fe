import type { InvocationContext } from "@azure/functions";
import type { Log } from "../shared/core/ports.ts";

/** One JSON line per event over the invocation's own log, so that the platform ties it to the invocation. */
export function logOf(context: Pick<InvocationContext, "debug" | "info" | "warn" | "error">): Log {
  return (level, event, fields) => {
    context[level](JSON.stringify({ event, ...fields }));
  };
}
