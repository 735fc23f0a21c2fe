/**
 * Runs every case once per round, so that a disturbance of the machine affects all of them; every second round in reverse order.
 * @param one runs a case in a round (from 0)
 * @returns the results by the name of the case, in the order of rounds
 */
export async function interleaved<Case extends { readonly name: string; readonly rounds: number }, Seen>(
  cases: readonly Case[],
  one: (given: Case, round: number) => Promise<Seen>,
): Promise<ReadonlyMap<string, readonly Seen[]>> {
  const seen = new Map(cases.map(({ name }): [string, Seen[]] => [name, []]));
  const rounds = Math.max(...cases.map((given) => given.rounds));
  for (let round = 0; round < rounds; round += 1) {
    const turn = cases.filter((given) => given.rounds > round);
    for (const given of round % 2 === 0 ? turn : turn.toReversed()) seen.get(given.name)?.push(await one(given, round));
  }
  return seen;
}
