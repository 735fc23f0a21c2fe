import type { EventLoop } from "../lib/turns.ts";

/** Node's event loop: `setImmediate` comes after I/O, `process.nextTick` when no promise is left to go on. */
export const nodeEventLoop: EventLoop = {
  now: () => performance.now(),
  later: (ms, go) => {
    if (ms < 1) setImmediate(go);
    else setTimeout(go, ms);
  },
  settled: (go) => {
    process.nextTick(go);
  },
};
