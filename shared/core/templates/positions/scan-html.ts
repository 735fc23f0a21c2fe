import type { Reading, PositionResult } from "./literal-scan.ts";
import { readJson, type JsonState } from "./scan-json.ts";

/** Elements whose content is not text: entities mean nothing in it. */
type Element = "text" | "script" | "style";

interface HtmlState {
  readonly at: Element | "tag" | "double" | "single" | "comment" | "declaration";
  /** In a tag: what comes after it. */
  readonly after: Element;
  /** In a script, or in an attribute that is one: where in it. */
  readonly script: JsonState;
  /** In an attribute: it is a script (`onclick`). */
  readonly handler: boolean;
}

const TEXT: HtmlState = { at: "text", after: "text", script: "value", handler: false };
const SCRIPT: HtmlState = { ...TEXT, at: "script" };

/** Where a tag's name ends, so that `<scripted>` is not a script. */
const NAME_END = "(?![^\\s/>])";
const OPENING = new RegExp(`<!--|<[!?]|<(script|style)${NAME_END}|<(?=/?[a-z]|/?$)`, "gi");
/** A quote opens a value after "=" only (WHATWG HTML, section 13.2.5.35); elsewhere it is a part of a name. */
const IN_TAG = /(?:[\s"'/]on[a-z]{1,40}\s{0,64})?=[\t\n\f\r ]{0,64}["']|>/gi;
const ENDS: Readonly<Record<"double" | "single" | "comment" | "declaration" | "script" | "style", RegExp>> = {
  double: /"/g,
  single: /'/g,
  comment: /--!?>/g,
  declaration: />/g,
  script: new RegExp(`</script${NAME_END}`, "gi"),
  style: new RegExp(`</style${NAME_END}`, "gi"),
};

/** HTML as browsers and mail programs read it (WHATWG HTML, section 13.2.5), as far as it takes to know where a value stands. */
export const HTML_READING: Reading<HtmlState> = { start: TEXT, read, position };

function read(start: HtmlState, literal: string): HtmlState {
  let state = start;
  for (let at = 0; at < literal.length;) {
    const pattern = state.at === "text" ? OPENING : state.at === "tag" ? IN_TAG : ENDS[state.at];
    pattern.lastIndex = at;
    const found = pattern.exec(literal);
    if (state.at === "script" || state.handler) {
      state = { ...state, script: readJson(state.script, scriptOf(state, literal.slice(at, found?.index))) };
    }
    if (found === null) break;
    at = pattern.lastIndex;
    state = after(state, found[0].toLowerCase());
  }
  return state;
}

function after(state: HtmlState, mark: string): HtmlState {
  switch (state.at) {
    case "text":
      return opened(mark);
    case "tag":
      if (mark === ">") return state.after === "script" ? SCRIPT : { ...TEXT, at: state.after };
      return {
        ...state,
        at: mark.endsWith('"') ? "double" : "single",
        script: "value",
        handler: !mark.startsWith("="),
      };
    case "double":
    case "single":
      return { ...state, at: "tag", handler: false };
    case "script":
    case "style":
      return { ...TEXT, at: "tag" };
    default:
      return TEXT;
  }
}

/** Quotes of a script that stands in an attribute may be written as entities. */
function scriptOf({ handler }: HtmlState, literal: string): string {
  return handler ? literal.replace(/&(?:quot|#34|#x22);/gi, '"').replace(/&(?:apos|#39|#x27);/gi, "'") : literal;
}

function opened(mark: string): HtmlState {
  if (mark === "<!--") return { ...TEXT, at: "comment" };
  if (mark === "<!" || mark === "<?") return { ...TEXT, at: "declaration" };
  if (mark === "<script") return { ...TEXT, at: "tag", after: "script" };
  return { ...TEXT, at: "tag", after: mark === "<style" ? "style" : "text" };
}

const POSITIONS: Readonly<Record<Exclude<HtmlState["at"], "script">, PositionResult>> = {
  text: "html-text",
  tag: "xml-name",
  double: "html-text",
  single: "html-text",
  comment: "xml-comment",
  declaration: "xml-name",
  style: "style-word",
};

function position({ at, script, handler }: HtmlState): PositionResult {
  if (handler) return script === "value" ? "handler-value" : "script-text";
  if (at !== "script") return POSITIONS[at];
  return script === "value" ? "script-value" : "script-text";
}
