/** The middle one, or the upper of two; NaN of none. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The value that `share` of all (0 to 1) do not exceed; NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Each round's value over the same round's of the yardstick: what disturbs the machine disturbs both. */
export function ratios(values: readonly number[], yardstick: readonly number[]): number[] {
  return values.map((value, round) => value / (yardstick[round] ?? Number.NaN));
}

/** Something that was promised of a figure: at least or at most so much. */
export interface Target {
  readonly is: "at-least" | "at-most";
  readonly value: number;
}

/** `≥ 0.33: ok`, `≤ 4.5: short`; empty without a target. */
export function verdict(value: number, target: Target | undefined): string {
  if (!target) return "";
  const met = target.is === "at-least" ? value >= target.value : value <= target.value;
  return `${target.is === "at-least" ? "≥" : "≤"} ${String(target.value)}: ${met ? "ok" : "short"}`;
}
