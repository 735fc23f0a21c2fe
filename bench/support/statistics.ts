/** The middle value, the upper one of two; NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** @param share 0 to 1 @returns NaN of none */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Each value divided by the yardstick's of the same round. */
export function ratios(values: readonly number[], yardstick: readonly number[]): number[] {
  return values.map((value, round) => value / (yardstick[round] ?? Number.NaN));
}

/** What a figure has to reach. */
export interface Target {
  readonly is: "at-least" | "at-most";
  readonly value: number;
}

export const atLeast = (value: number): Target => ({ is: "at-least", value });
export const atMost = (value: number): Target => ({ is: "at-most", value });

/** `≥ 0.33: ok`, `≤ 4.5: short`; empty without a target. */
export function verdict(value: number, target: Target | undefined): string {
  if (!target) return "";
  const met = target.is === "at-least" ? value >= target.value : value <= target.value;
  return `${target.is === "at-least" ? "≥" : "≤"} ${String(target.value)}: ${met ? "ok" : "short"}`;
}
