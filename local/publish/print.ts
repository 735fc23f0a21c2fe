/** The lines of `npm run publish`. Times are UTC, as the API's. */
import { styleText } from "node:util";
import type { ShownDelivery } from "./api.ts";
import type { Expected } from "./follow.ts";

/** Colors on a terminal only, unless NO_COLOR is set; `styleText` checks both. */
function paint(style: "green" | "yellow" | "red" | "dim", text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

const STYLES = {
  delivered: "green",
  retrying: "yellow",
  waiting: "yellow",
  pending: "yellow",
  failed: "red",
  canceled: "red",
} as const satisfies Record<ShownDelivery["state"], string>;

/**
 * `delivered  200  attempt 1    84 ms  Welcome mail  https://localhost:7443  evt-…`: state, status or kind of fault, attempt and its duration,
 * webhook, origin of the receiver, event; unless delivered, also the reason and the next attempt.
 */
export function deliveryLine({ webhook, eventId }: Expected, delivery: ShownDelivery, now: Date): string {
  const { state, reason, nextAttemptAt } = delivery;
  const last = delivery.attempts.at(-1);
  const parts = [
    paint(STYLES[state], state.padEnd(9)),
    ...(last === undefined ? ["no attempt"] : attemptParts(last)),
    visible(webhook),
    last?.request ? originOf(last.request.url) : "nothing sent",
    paint("dim", eventId),
  ];
  const why = [reason?.message ?? "", nextAttempt(nextAttemptAt, now)].filter((text) => text !== "");
  return [...parts, ...(state === "delivered" ? [] : why.map(visible))].join("  ");
}

function attemptParts({ number, durationMs, response, fault }: ShownDelivery["attempts"][number]): string[] {
  const came = response ? String(response.status) : (fault?.kind ?? "-");
  return [came, `attempt ${String(number)}`, `${String(durationMs).padStart(5)} ms`];
}

/** `3 delivered, 1 retrying` */
export function tallyLine(tally: ReadonlyMap<ShownDelivery["state"], number>): string {
  return [...tally].map(([state, count]) => paint(STYLES[state], `${String(count)} ${state}`)).join(", ");
}

function nextAttempt(nextAttemptAt: string | null | undefined, now: Date): string {
  if (nextAttemptAt === null || nextAttemptAt === undefined) return "";
  const seconds = Math.max(0, Math.round((Date.parse(nextAttemptAt) - now.getTime()) / 1000));
  return `Next attempt at ${nextAttemptAt.slice(11, 19)}Z, in ${duration(seconds)}.`;
}

function duration(seconds: number): string {
  if (seconds < 120) return `${String(seconds)} s`;
  return seconds < 7_200 ? `${String(Math.round(seconds / 60))} min` : `${String(Math.round(seconds / 3600))} h`;
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : "(invalid URL)";
}

/** A terminal would interpret control characters, and these texts are not ours. */
function visible(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "·");
}
