import type { Position } from "./escape.ts";

/** The position of a placeholder, or why none is allowed there. */
export type PositionResult = Position | { readonly problem: string };

/** A state machine over literal text of one kind, with the position of a placeholder in each state. Linear in the text. */
export interface Reading<State> {
  readonly start: State;
  readonly read: (state: State, literal: string) => State;
  readonly position: (state: State) => PositionResult;
}

/** Marks that end a state: one global pattern with an alternative for each, and the state that a mark (in lower case) leads to. */
export interface Marks<State extends string> {
  readonly pattern: RegExp;
  readonly next: (mark: string) => State;
}

/** Positions of the tokens that are not literal text, in order. */
export function scan<State>(
  tokens: readonly unknown[],
  { start, read, position }: Reading<State>,
): readonly PositionResult[] {
  const found: PositionResult[] = [];
  let state = start;
  for (const token of tokens) {
    if (typeof token === "string") state = read(state, token);
    else found.push(position(state));
  }
  return found;
}

/** Reads literal text by the marks of each state. @returns the state at its end */
export function readByMarks<State extends string>(
  start: State,
  literal: string,
  marks: Readonly<Record<State, Marks<State>>>,
): State {
  let state = start;
  for (let at = 0; at < literal.length;) {
    const { pattern, next } = marks[state];
    pattern.lastIndex = at;
    const found = pattern.exec(literal);
    if (found === null) break;
    at = pattern.lastIndex;
    state = next(found[0].toLowerCase());
  }
  return state;
}
