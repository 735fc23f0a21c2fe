import type { Reading, Standing } from "./literal-scan.ts";
import { readJson, type JsonState } from "./scan-json.ts";

/** Elements whose content is not text: entities mean nothing in it. */
type Element = "text" | "script" | "style";

interface HtmlState {
  readonly at: Element | "tag" | "double" | "single" | "comment" | "declaration";
  /** In a tag: what comes after it. */
  readonly after: Element;
  /** In a script: where in it. */
  readonly script: JsonState;
}

const TEXT: HtmlState = { at: "text", after: "text", script: "value" };
const SCRIPT: HtmlState = { at: "script", after: "text", script: "value" };

/** Where a tag's name ends, so that `<scripted>` is not a script. */
const NAME_END = "(?![^\\s/>])";
const OPENING = new RegExp(`<!--|<[!?]|<(script|style)${NAME_END}|<(?=/?[a-z]|/?$)`, "gi");
/** A quote opens a value after "=" only (WHATWG HTML, section 13.2.5.35); elsewhere it is a part of a name. */
const IN_TAG = /=[\t\n\f\r ]{0,64}["']|>/g;
const ENDS: Readonly<Record<"double" | "single" | "comment" | "declaration" | "script" | "style", RegExp>> = {
  double: /"/g,
  single: /'/g,
  comment: /--!?>/g,
  declaration: />/g,
  script: new RegExp(`</script${NAME_END}`, "gi"),
  style: new RegExp(`</style${NAME_END}`, "gi"),
};

/** HTML as browsers and mail programs read it (WHATWG HTML, section 13.2.5), as far as it takes to know where a value stands. */
export const HTML_READING: Reading<HtmlState> = { start: TEXT, read, standing };

function read(start: HtmlState, literal: string): HtmlState {
  let state = start;
  for (let at = 0; at < literal.length;) {
    const pattern = state.at === "text" ? OPENING : state.at === "tag" ? IN_TAG : ENDS[state.at];
    pattern.lastIndex = at;
    const found = pattern.exec(literal);
    if (state.at === "script") {
      state = { ...state, script: readJson(state.script, literal.slice(at, found?.index)) };
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
      return { ...state, at: mark.endsWith('"') ? "double" : "single" };
    case "double":
    case "single":
      return { ...state, at: "tag" };
    case "script":
    case "style":
      return { ...TEXT, at: "tag" };
    default:
      return TEXT;
  }
}

function opened(mark: string): HtmlState {
  if (mark === "<!--") return { ...TEXT, at: "comment" };
  if (mark === "<!" || mark === "<?") return { ...TEXT, at: "declaration" };
  if (mark === "<script") return { ...TEXT, at: "tag", after: "script" };
  return { ...TEXT, at: "tag", after: mark === "<style" ? "style" : "text" };
}

const STANDINGS: Readonly<Record<Exclude<HtmlState["at"], "script">, Standing>> = {
  text: "html-text",
  tag: "xml-name",
  double: "html-text",
  single: "html-text",
  comment: "xml-comment",
  declaration: "xml-name",
  style: "style-word",
};

function standing({ at, script }: HtmlState): Standing {
  if (at !== "script") return STANDINGS[at];
  return script === "value" ? "script-value" : "script-text";
}
