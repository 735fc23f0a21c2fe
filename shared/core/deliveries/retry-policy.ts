import type { RetryPolicyName } from "../../contract/webhook.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const STANDARD = [
  5 * SECOND_MS,
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  8 * HOUR_MS,
  12 * HOUR_MS,
  DAY_MS,
  DAY_MS,
] as const;

/** Waits between attempts in milliseconds, before jitter: the first is between attempts 1 and 2. */
export const RETRY_WAITS_MS: Readonly<Record<RetryPolicyName, readonly number[]>> = {
  /** 12 waits, about 76 hours. */
  standard: STANDARD,
  /** 9 waits, about 30 minutes. */
  fast: [1, 5, 15, 30, 60, 120, 240, 480, 840].map((seconds) => seconds * SECOND_MS),
  /** 17 waits, about 8 days. */
  patient: [...STANDARD, DAY_MS, DAY_MS, DAY_MS, DAY_MS, DAY_MS],
};

/** Share of a wait by which it may be shorter or longer, so that what failed together is not retried together. */
const JITTER = 0.2;

/**
 * Milliseconds from attempt number `attempt` (from 1) to the next one; undefined when the policy has no more. `random`, from 0 up to 1, spreads
 * the waits.
 */
export function retryWaitMs(policy: RetryPolicyName, attempt: number, random: number): number | undefined {
  const wait = RETRY_WAITS_MS[policy][attempt - 1];
  return wait === undefined ? undefined : Math.round(wait * (1 - JITTER + 2 * JITTER * random));
}
