import { readByMarks, type Marks, type PositionResult } from "./literal-scan.ts";

type TomlState = "value" | "basic" | "basic-lines" | "literal" | "literal-lines" | "comment";

const OPENINGS: Readonly<Record<string, TomlState>> = {
  '"""': "basic-lines",
  "'''": "literal-lines",
  '"': "basic",
  "'": "literal",
  "#": "comment",
};

/** Multi-line strings may end with quotes of their own before the three that close them (TOML 1.0, section String). */
const MARKS: Readonly<Record<TomlState, Marks<TomlState>>> = {
  value: { pattern: /"""|'''|["'#]/g, next: (mark) => OPENINGS[mark] ?? "value" },
  basic: { pattern: /\\[^]|"/g, next: (mark) => (mark === '"' ? "value" : "basic") },
  "basic-lines": { pattern: /\\[^]|"{3,5}/g, next: (mark) => (mark.startsWith('"') ? "value" : "basic-lines") },
  literal: { pattern: /'/g, next: () => "value" },
  "literal-lines": { pattern: /'{3,5}/g, next: () => "value" },
  comment: { pattern: /\n/g, next: () => "value" },
};

const POSITIONS: Readonly<Record<TomlState, PositionResult>> = {
  value: "toml-value",
  basic: "data-text",
  "basic-lines": "data-text",
  literal: "toml-literal",
  "literal-lines": "toml-literal",
  comment: "data-text",
};

/** Positions in TOML (1.0). */
export function tomlPositions(tokens: readonly unknown[]): readonly PositionResult[] {
  const found: PositionResult[] = [];
  let state: TomlState = "value";
  tokens.forEach((token, index) => {
    if (typeof token === "string") {
      state = readByMarks(state, token, MARKS);
      return;
    }
    const next = tokens[index + 1];
    const isKey = state === "value" && typeof next === "string" && /^[ \t]*[=.]/.test(next);
    found.push(isKey ? "toml-key" : POSITIONS[state]);
  });
  return found;
}
