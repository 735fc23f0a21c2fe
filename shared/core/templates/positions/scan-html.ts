import type { Reading, PositionResult } from "./literal-scan.ts";
import { readJson, type JsonState } from "./scan-json.ts";

/** Kinds of content; entities have no meaning in scripts and styles. */
type Element = "text" | "script" | "style";

interface HtmlState {
  readonly at: Element | "tag" | "double" | "single" | "comment" | "declaration";
  /** In a tag: the kind of content after it. */
  readonly after: Element;
  /** In a script, or in an attribute that is one: the position within it. */
  readonly script: JsonState;
  /** In an attribute: the kind of its value. */
  readonly attribute: Attribute;
}

/** Text; a script (`onclick`); the beginning of a link, the rest of one, or a link that runs a script. */
type Attribute = "text" | "handler" | "link" | "link-rest" | "link-script";

const TEXT: HtmlState = { at: "text", after: "text", script: "value", attribute: "text" };
const SCRIPT: HtmlState = { ...TEXT, at: "script" };

/** The end of a tag's name, so that `<scripted>` is not a script. */
const NAME_END = "(?![^\\s/>])";
const OPENING = new RegExp(`<!--|<[!?]|<(script|style)${NAME_END}|<(?=/?[a-z]|/?$)`, "gi");
/** Attributes that contain a URL (WHATWG HTML, section 3.2.6, and SVG). */
const LINKS = "href|src|action|formaction|data|poster|cite|background|longdesc|manifest|ping|xlink:href";
/** A quote opens a value only after "=" (WHATWG HTML, section 13.2.5.35); elsewhere it is part of a name. */
const IN_TAG = new RegExp(`(?:[\\s"'/](?:on[a-z]{1,40}|${LINKS})\\s{0,64})?=[\\t\\n\\f\\r ]{0,64}["']|>`, "gi");
const ENDS: Readonly<Record<"double" | "single" | "comment" | "declaration" | "script" | "style", RegExp>> = {
  double: /"/g,
  single: /'/g,
  comment: /--!?>/g,
  declaration: />/g,
  script: new RegExp(`</script${NAME_END}`, "gi"),
  style: new RegExp(`</style${NAME_END}`, "gi"),
};

/** HTML as browsers and mail programs read it (WHATWG HTML, section 13.2.5), as far as positions depend on it. */
export const HTML_READING: Reading<HtmlState> = { start: TEXT, read, position };

function read(start: HtmlState, literal: string): HtmlState {
  let state = start;
  for (let at = 0; at < literal.length;) {
    const pattern = state.at === "text" ? OPENING : state.at === "tag" ? IN_TAG : ENDS[state.at];
    pattern.lastIndex = at;
    const found = pattern.exec(literal);
    state = readContent(state, literal.slice(at, found?.index));
    if (found === null) break;
    at = pattern.lastIndex;
    state = after(state, found[0].toLowerCase());
  }
  return state;
}

/** Reads the content of a script, or of an attribute that is more than text. */
function readContent(state: HtmlState, content: string): HtmlState {
  if (state.at === "script" || state.attribute === "handler")
    return { ...state, script: readJson(state.script, scriptOf(state, content)) };
  if (state.attribute !== "link") return state;
  if (/^[\0- ]*(?:javascript|vbscript):/i.test(content.replace(/[\t\n\r]/g, "")))
    return { ...state, attribute: "link-script" };
  return /[:/?#]/.test(content) ? { ...state, attribute: "link-rest" } : state;
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
        attribute: attributeOf(mark),
      };
    case "double":
    case "single":
      return { ...state, at: "tag", attribute: "text" };
    case "script":
    case "style":
      return { ...TEXT, at: "tag" };
    default:
      return TEXT;
  }
}

/** The kind of an attribute's value, by what opened it. */
function attributeOf(mark: string): Attribute {
  if (mark.startsWith("=")) return "text";
  return /^.on/s.test(mark) ? "handler" : "link";
}

/** In an attribute, the quotes of a script may be written as entities. */
function scriptOf({ attribute }: HtmlState, literal: string): string {
  return attribute === "handler"
    ? literal.replace(/&(?:quot|#34|#x22);/gi, '"').replace(/&(?:apos|#39|#x27);/gi, "'")
    : literal;
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

const SCRIPT_LINK =
  "a value is not allowed in a link that runs a script; use an attribute such as onclick, or data-x and a script";

function position({ at, script, attribute }: HtmlState): PositionResult {
  if (attribute === "link") return "html-link";
  if (attribute === "link-script") return { problem: SCRIPT_LINK };
  if (attribute === "handler") return script === "value" ? "handler-value" : "script-text";
  if (at !== "script") return POSITIONS[at];
  return script === "value" ? "script-value" : "script-text";
}
