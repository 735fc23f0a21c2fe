import type { Turns } from "./turns.ts";

/** Work that stops after each piece of it and says how much the piece was, in bytes gone over, until it gives its result. */
export type Pieces<T> = Generator<number, T, void>;

/** So much is done in one turn, in bytes gone over: about a millisecond. The piece that reaches it is the last. */
const ONE_TURN = 65_536;

/** The result of work that need not stop for anybody. */
export function allAtOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
  }
}

/** Does a client's work by turns, as many as it takes, each with little of it. Gives what the work gives, and throws what it throws. */
export async function inTurns<T>(turns: Turns, client: string, pieces: Pieces<T>): Promise<T> {
  const turn = (): IteratorResult<number, T> => {
    let done = 0;
    for (;;) {
      const next = pieces.next();
      if (next.done === true) return next;
      done += next.value;
      if (done >= ONE_TURN) return next;
    }
  };
  for (;;) {
    const last = await turns(client, turn);
    if (last.done === true) return last.value;
  }
}
