/** Which fault, if any, the next request meets. */
import type { Fault } from "./settings.ts";
import type { State } from "./state.ts";

/** The first fault that applies to the request, counted. Counts per delivery and per second are kept in memory only. */
export type NextFault = (faults: readonly Fault[], webhookId: string | undefined, now: number) => Fault | undefined;

export function faultTurns(state: State): NextFault {
  const perDelivery = new WeakMap<Fault, Map<string, number>>();
  const recent = new WeakMap<Fault, number[]>();

  const over = (fault: Extract<Fault, { kind: "throttle" }>, now: number): boolean => {
    const within = (recent.get(fault) ?? []).filter((at) => at > now - 1000);
    const refused = within.length >= fault.perSecond;
    recent.set(fault, refused ? within : [...within, now]);
    return refused;
  };

  const hasTurn = (fault: Fault, webhookId: string | undefined, now: number): boolean => {
    if (fault.kind === "throttle" && !over(fault, now)) return false;
    if (fault.times === undefined) return true;
    if (fault.perDelivery !== true) {
      if (fault.times <= 0) return false;
      state.countDown(fault);
      return true;
    }
    const counts = perDelivery.get(fault) ?? new Map<string, number>();
    const earlier = counts.get(webhookId ?? "") ?? 0;
    perDelivery.set(fault, counts.set(webhookId ?? "", earlier + 1));
    return earlier < fault.times;
  };

  return (faults, webhookId, now) => faults.find((fault) => hasTurn(fault, webhookId, now));
}
