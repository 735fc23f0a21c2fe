import type { AppRegistry } from "../worker/core-api.ts";
import type { TypedData } from "../worker/core-types.ts";
import { nextOccurrence } from "./cron.ts";
import type { TimerPlan } from "../function-plan.ts";
import { invoke } from "../worker/invoke.ts";
import { hostLine } from "../log.ts";

/** The longest delay of setTimeout. */
const MAX_DELAY_MS = 2_147_483_647;

/** Runs a timer function on its schedule (UTC), one run at a time, until `stop` is called. Missed runs are skipped. */
export function startTimer(registry: AppRegistry, plan: TimerPlan, running: Set<Promise<unknown>>): { stop(): void } {
  let last: Date | undefined;
  let pending: NodeJS.Timeout | undefined;
  let stopped = false;

  const run = async (): Promise<void> => {
    const data = timerInput(plan, last, new Date());
    last = new Date();
    // invoke has logged a failure; the timer simply runs again when it is next due.
    await invoke(registry, plan.target, { trigger: plan.trigger, data, metadata: {} }).catch(() => undefined);
    schedule();
  };
  const start = (): void => {
    const work = run();
    running.add(work);
    void work.finally(() => running.delete(work));
  };
  const waitUntil = (due: Date): void => {
    const left = due.getTime() - Date.now();
    pending = setTimeout(
      () => {
        if (left > MAX_DELAY_MS) waitUntil(due);
        else start();
      },
      Math.max(0, Math.min(left, MAX_DELAY_MS)),
    );
  };
  const schedule = (): void => {
    if (stopped) return;
    const due = nextOccurrence(plan.schedule, new Date());
    if (due) waitUntil(due);
    else hostLine(`Timer '${plan.name}': the schedule '${plan.schedule.text}' has no further occurrence.`);
  };

  if (plan.runOnStartup) start();
  else schedule();
  return {
    stop: () => {
      stopped = true;
      clearTimeout(pending);
    },
  };
}

/** The argument of a timer function; the library lowers the first letters of its keys. */
export function timerInput(plan: TimerPlan, last: Date | undefined, now: Date): TypedData {
  const next = nextOccurrence(plan.schedule, now);
  return {
    json: JSON.stringify({
      Schedule: { AdjustForDST: plan.schedule.kind === "cron" },
      ScheduleStatus: {
        Last: last?.toISOString() ?? "0001-01-01T00:00:00",
        Next: next?.toISOString() ?? "0001-01-01T00:00:00",
        LastUpdated: last?.toISOString() ?? "0001-01-01T00:00:00",
      },
      IsPastDue: false,
    }),
  };
}
