import type { Position } from "./escape.ts";

/** Where one placeholder stands, or why none may stand there. */
export type PositionResult = Position | { readonly problem: string };

/** How literal text of one kind is read: from state to state, with what a placeholder is in each. All of it in time linear to the text. */
export interface Reading<State> {
  readonly start: State;
  readonly read: (state: State, literal: string) => State;
  readonly position: (state: State) => PositionResult;
}

/** Marks that end a state, found by one pattern (global, one alternative for each), and the state that each leads to, by its text in lower case. */
export interface Marks<State extends string> {
  readonly pattern: RegExp;
  readonly next: (mark: string) => State;
}

/** Where whatever stands between literal texts stands, in their order. */
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

/** Reads a literal text by the marks of each state; a state without marks ends by none. */
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
