/** Something to measure. */
export interface Case {
  readonly name: string;
  readonly work: () => unknown;
}

/** What a case took, in milliseconds: the median of the rounds, and the longest. */
export interface Measured {
  readonly name: string;
  readonly medianMs: number;
  readonly longestMs: number;
}

/**
 * Measures cases in turn, round by round, so that what disturbs the machine for a while disturbs all of them. Two rounds before those that
 * count let the engine compile.
 */
export async function sideBySide(cases: readonly Case[], rounds: number): Promise<readonly Measured[]> {
  const taken = cases.map((): number[] => []);
  for (let round = -2; round < rounds; round += 1) {
    for (const [index, { work }] of cases.entries()) {
      const start = performance.now();
      await work();
      if (round >= 0) taken[index]?.push(performance.now() - start);
    }
  }
  return cases.map(({ name }, index) => {
    const sorted = (taken[index] ?? []).toSorted((one, other) => one - other);
    return { name, medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0, longestMs: sorted.at(-1) ?? 0 };
  });
}

/** `1.234 ms`, `0.012 ms`. */
export function ms(value: number): string {
  return `${value.toFixed(3)} ms`;
}
