import type { Turns } from "./turns.ts";

/** Work that stops after each piece and yields its size, in bytes gone over, until it returns its result. */
export type Pieces<T> = Generator<number, T, void>;

/** How much is done in one turn, in bytes gone over: about a millisecond. The piece that reaches it is the last of its turn. */
const ONE_TURN = 65_536;

/** The result of work that does not have to give way to anything. */
export function allAtOnce<T>(pieces: Pieces<T>): T {
  for (;;) {
    const next = pieces.next();
    if (next.done === true) return next.value;
  }
}

/** Does a client's work in as many short turns as it takes. Returns what the work returns, and throws what it throws. */
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
