import type { PositionResult } from "./literal-scan.ts";

/**
 * How far a literal text of YAML (1.2.2) has been read. What is not read here, such as keys after `?` and tags that contain a value, is `unknown`
 * from there on: only a word is allowed there, which does no harm anywhere.
 */
interface YamlState {
  at: "value" | "plain" | "double" | "single" | "closed" | "comment" | "block" | "unknown";
  /** How many flow collections (`[`, `{`) are open. */
  flow: number;
  column: number;
  /** Only spaces so far in this line, and they matter. */
  indenting: boolean;
  /** The next node may be the first of its line, so its column is that of a key. */
  fresh: boolean;
  /** Columns of the node that began last, and of the one that owns what is indented further; -1 for the document. */
  node: number;
  owner: number;
  /** What lines that are indented further than `owner` continue. */
  hanging: "plain" | "block" | undefined;
}

const POSITIONS: Readonly<Record<YamlState["at"], PositionResult>> = {
  value: "yaml-begin",
  plain: "yaml-plain",
  closed: "yaml-begin",
  unknown: "yaml-begin",
  double: "data-text",
  comment: "data-text",
  single: "yaml-single",
  block: "yaml-block",
};

/** Positions in YAML: a whole scalar, a part of one, in either kind of quotes, in a block scalar, in a comment. */
export function yamlPositions(tokens: readonly unknown[]): readonly PositionResult[] {
  const state: YamlState = {
    at: "value",
    flow: 0,
    column: 0,
    indenting: true,
    fresh: true,
    node: -1,
    owner: -1,
    hanging: undefined,
  };
  const found: PositionResult[] = [];
  tokens.forEach((token, index) => {
    if (typeof token === "string") {
      for (let at = 0; at < token.length;) at = readAt(state, token, at);
      return;
    }
    const first = state.indenting;
    if (first) beginLine(state);
    const whole = state.at === "value" && endsScalar(tokens, index + 1, state.flow > 0);
    if (state.at === "value") beginNode(state);
    const begins = state.at === "plain" && (first || leansOn(tokens[index - 1], tokens[index + 1]));
    found.push(whole ? "yaml-value" : begins ? "yaml-begin" : POSITIONS[state.at]);
    if (whole) state.at = "closed";
    else if (state.at === "value" || state.at === "closed") state.at = "plain";
    state.column += 1;
  });
  return found;
}

/** Whether the text around a value would mean something else without it: a key, an item, a comment. */
function leansOn(before: unknown, behind: unknown): boolean {
  if (typeof before !== "string") return false;
  return /[:?-]$/.test(before) || (/[ \t]$/.test(before) && typeof behind === "string" && behind.startsWith("#"));
}

const BLOCK_END = /^(?:[ \t]*(?:[\r\n]|:[ \t\r\n])|[ \t]+#)/;
const FLOW_END = /^(?:[ \t]*(?:[\r\n,\]}]|:[ \t\r\n,\]}])|[ \t]+#)/;

/** Whether a scalar ends before a token. */
function endsScalar(tokens: readonly unknown[], index: number, inFlow: boolean): boolean {
  const next = tokens[index];
  if (typeof next !== "string") return index >= tokens.length;
  if (index === tokens.length - 1 && /^[ \t]*:?[ \t]*$/.test(next)) return true;
  return (inFlow ? FLOW_END : BLOCK_END).test(next) || /^[ \t]*:$/.test(next);
}

/** Reads one character, or several that belong together. @returns where to continue */
function readAt(state: YamlState, text: string, at: number): number {
  const character = text.charAt(at);
  if (character === "\n" || character === "\r") {
    const end = text.startsWith("\r\n", at) ? at + 2 : at + 1;
    endLine(state);
    return end;
  }
  if (state.indenting) {
    if (character === " ") {
      state.column += 1;
      return at + 1;
    }
    beginLine(state);
  }
  const end = READERS[state.at](state, text, at);
  state.column += end - at;
  return end;
}

function endLine(state: YamlState): void {
  state.column = 0;
  if (state.at === "double" || state.at === "single" || state.at === "unknown" || state.indenting) return;
  if (state.flow > 0) {
    if (state.at !== "plain") state.at = "value";
    return;
  }
  state.hanging = state.at === "plain" || state.at === "block" ? state.at : undefined;
  state.indenting = true;
}

function beginLine(state: YamlState): void {
  state.indenting = false;
  if (state.hanging !== undefined && state.column > state.owner) {
    state.at = state.hanging;
    state.node = state.column;
    return;
  }
  state.hanging = undefined;
  state.at = "value";
  state.fresh = true;
  state.owner = -1;
}

function beginNode(state: YamlState): void {
  if (state.fresh) state.node = state.column;
  state.fresh = false;
}

const SPACE = /[ \t]/;
const GAP = /[ \t\r\n]/;

type Reader = (state: YamlState, text: string, at: number) => number;

const next: Reader = (_state, _text, at) => at + 1;

const READERS: Readonly<Record<YamlState["at"], Reader>> = {
  value: readValue,
  plain: readPlain,
  closed: readClosed,
  double(state, text, at) {
    if (text.charAt(at) === "\\") return Math.min(at + 2, text.length);
    if (text.charAt(at) === '"') state.at = "closed";
    return at + 1;
  },
  single(state, text, at) {
    if (text.startsWith("''", at)) return at + 2;
    if (text.charAt(at) === "'") state.at = "closed";
    return at + 1;
  },
  comment: next,
  block: next,
  unknown: next,
};

/** A document's beginning or end. */
const MARKER = /^(?:---|\.\.\.)(?![^ \t\r\n])/;

function readValue(state: YamlState, text: string, at: number): number {
  const character = text.charAt(at);
  if (SPACE.test(character)) return at + 1;
  if (state.column === 0 && MARKER.test(text.slice(at, at + 4))) return at + 3;
  if (character === "!" || character === "&") return readProperty(state, text, at);
  if (!readIndicator(state, text, at) && !readBracket(state, character)) {
    beginNode(state);
    state.at = character === '"' ? "double" : character === "'" ? "single" : "plain";
  }
  return at + 1;
}

/** Reads an indicator of a node's kind. @returns whether there was one */
function readIndicator(state: YamlState, text: string, at: number): boolean {
  const gap = GAP.test(text.charAt(at + 1));
  const inFlow = state.flow > 0;
  switch (text.charAt(at)) {
    case "-":
      if (!gap || inFlow) return false;
      state.owner = state.column;
      state.fresh = true;
      return true;
    case "?":
      if (gap) state.at = "unknown";
      return gap;
    case ":":
      if (gap || inFlow) beginValue(state);
      return gap || inFlow;
    case "#":
      state.at = "comment";
      return true;
    case "|":
    case ">":
      if (!inFlow) readHeader(state, text, at);
      return !inFlow;
    default:
      return false;
  }
}

/** After the colon of a key. */
function beginValue(state: YamlState): void {
  state.at = "value";
  state.owner = state.node;
  state.fresh = false;
}

/** @returns whether it was a bracket, or a comma between brackets */
function readBracket(state: YamlState, character: string): boolean {
  if (character === "[" || character === "{") {
    beginNode(state);
    state.flow += 1;
    state.at = "value";
    return true;
  }
  if (state.flow === 0) return false;
  if (character === "," || character === "]" || character === "}") {
    if (character !== ",") state.flow -= 1;
    state.at = character === "," ? "value" : "closed";
    return true;
  }
  return false;
}

/** A tag or an anchor, which the value follows. */
function readProperty(state: YamlState, text: string, at: number): number {
  beginNode(state);
  const length = text.slice(at).search(GAP);
  if (length === -1) state.at = "unknown";
  return length === -1 ? text.length : at + length;
}

/** The header of a block scalar. When it is alone in its line, which lines belong to it is not known. */
function readHeader(state: YamlState, text: string, at: number): void {
  const isHeader = /^[|>][-+0-9]{0,2}[ \t]*(?:[ \t]#[^\r\n]*)?[\r\n]/.test(text.slice(at));
  state.at = isHeader && state.owner >= 0 ? "block" : "unknown";
}

function readPlain(state: YamlState, text: string, at: number): number {
  const character = text.charAt(at);
  const following = text.charAt(at + 1);
  if (character === ":" && (GAP.test(following) || (state.flow > 0 && /[,[\]{}]/.test(following)))) beginValue(state);
  else if (character === "#" && SPACE.test(text.charAt(at - 1))) state.at = "comment";
  else if (state.flow > 0) readBracket(state, character);
  return at + 1;
}

function readClosed(state: YamlState, text: string, at: number): number {
  const character = text.charAt(at);
  if (character === ":") beginValue(state);
  else if (character === "#" && SPACE.test(text.charAt(at - 1))) state.at = "comment";
  else if (!SPACE.test(character) && !readBracket(state, character)) state.at = "plain";
  return at + 1;
}
