/**
 * Runs every case once in each round, in turn, so that what disturbs the machine for a while disturbs all of them; every second round in reverse order,
 * so that none always comes after the same one.
 * @param one runs a case in a round, counted from 0; what it gives stands under the case's name, in the order of rounds
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
