import type { PositionResult } from "./literal-scan.ts";

/** Between fields and lines: whichever of these a table uses, an unquoted value may contain none of them. */
const BOUNDARY = /[,;\t|\r\n]/;

/** At the beginning of a field, in an unquoted one, inside quotes, after the closing quote. */
type CsvState = "start" | "bare" | "quoted" | "closed";

/**
 * Positions in comma-separated values (RFC 4180) and their relatives with other delimiters: inside quotes, a whole field, or a part of an
 * unquoted field.
 */
export function csvPositions(tokens: readonly unknown[]): readonly PositionResult[] {
  const found: PositionResult[] = [];
  let state: CsvState = "start";
  tokens.forEach((token, index) => {
    if (typeof token === "string") {
      state = readCsv(state, token);
      return;
    }
    const next = tokens[index + 1];
    const ends = next === undefined || (typeof next === "string" && BOUNDARY.test(next.charAt(0)));
    found.push(state === "quoted" ? "csv-quoted" : state === "start" && ends ? "csv-field" : "csv-part");
    if (state !== "quoted") state = "bare";
  });
  return found;
}

function readCsv(start: CsvState, literal: string): CsvState {
  let state = start;
  for (const character of literal) {
    if (character === '"' && state !== "bare") state = state === "quoted" ? "closed" : "quoted";
    else if (state !== "quoted") state = BOUNDARY.test(character) ? "start" : "bare";
  }
  return state;
}
