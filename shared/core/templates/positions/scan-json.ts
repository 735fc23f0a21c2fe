import { readByMarks, type Marks, type Reading, type PositionResult } from "./literal-scan.ts";

/**
 * States of JSON and of formats like it: JSON5 and JavaScript (single quotes, backticks, comments), GraphQL (block strings). JSON proper has none
 * of their marks outside strings, so one reading serves all.
 */
export type JsonState = "value" | "string" | "single" | "backtick" | "line-comment" | "comment" | "block-string";

const VALUE_MARKS: Readonly<Record<string, JsonState>> = {
  '"""': "block-string",
  '"': "string",
  "'": "single",
  "`": "backtick",
  "//": "line-comment",
  "#": "line-comment",
  "/*": "comment",
};

const MARKS: Readonly<Record<JsonState, Marks<JsonState>>> = {
  value: { pattern: /"""|["'`#]|\/\/|\/\*/g, next: (mark) => VALUE_MARKS[mark] ?? "value" },
  string: string("string", '"'),
  single: string("single", "'"),
  backtick: string("backtick", "`"),
  "line-comment": { pattern: /[\n\r\u2028\u2029]/g, next: () => "value" },
  comment: { pattern: /\*\//g, next: () => "value" },
  "block-string": {
    pattern: /\\"""|"""/g,
    next: (mark) => (mark === '"""' ? "value" : "block-string"),
  },
};

function string(state: JsonState, quote: string): Marks<JsonState> {
  return { pattern: new RegExp(`\\\\[^]|${quote}`, "g"), next: (mark) => (mark === quote ? "value" : state) };
}

const POSITIONS: Readonly<Record<JsonState, PositionResult>> = {
  value: "json-value",
  string: "json-string",
  single: "script-text",
  backtick: "script-text",
  "line-comment": "script-text",
  comment: "script-text",
  "block-string": "block-string",
};

/** JSON and its relatives. */
export const JSON_READING: Reading<JsonState> = {
  start: "value",
  read: readJson,
  position: (state) => POSITIONS[state],
};

/** The state after a literal text. */
export function readJson(state: JsonState, literal: string): JsonState {
  return readByMarks(state, literal, MARKS);
}
