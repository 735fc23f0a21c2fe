import { SaxesParser } from "saxes";

/** An answer of a token endpoint, in whatever format. */
export interface AnswerValues {
  readonly kind: "json" | "xml" | "form" | "html" | "text";
  /** The value at a path; undefined when there is none. An empty path is the whole answer. */
  at(path: string): unknown;
  /** Names and texts in document order. Names are dotted paths; empty where a text has none. */
  readonly entries: readonly (readonly [name: string, text: string])[];
}

/** How many entries of an answer are looked at. */
const MOST_ENTRIES = 500;
/** How deep objects and lists within each other are followed. */
const DEEPEST = 32;

/**
 * Reads the answer of a token endpoint by its content, since its `Content-Type` is not always true: JSON, XML, a form
 * (`access_token=…&expires_in=…`, as early OAuth 2.0 drafts had it), a web page, or plain text. Never throws.
 */
export function readAnswerValues(body: string): AnswerValues {
  const text = body.replace(/^\uFEFF/, "").trim();
  const json = parseJson(text);
  if (json !== undefined) return jsonValues(json);
  if (/^<(?:!doctype html|html|head|body)[\s>]/i.test(text)) return webPage(text);
  if (text.startsWith("<")) return xmlValues(text) ?? webPage(text);
  if (/^[\w.%~+-]{1,200}=[^\s<>{}"]*$/.test(text)) return formValues(text);
  return { kind: "text", at: (path) => (path === "" ? text : undefined), entries: text === "" ? [] : [["", text]] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function jsonValues(json: unknown): AnswerValues {
  const entries: [string, string][] = [];
  collect(json, "", 0, entries);
  return { kind: "json", at: (path) => (path === "" ? json : (own(json, path) ?? step(json, path))), entries };
}

/** The value at a dotted path, own properties only; `items[0].name` is `items.0.name`. */
function step(value: unknown, path: string): unknown {
  let found = value;
  for (const name of path.replaceAll(/\[(\d+)\]/g, ".$1").split(".")) found = own(found, name);
  return found;
}

/** A member by its whole name, dots and all. */
function own(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.entries(value).find(([key]) => key === name)?.[1];
}

function collect(value: unknown, name: string, depth: number, into: [string, string][]): void {
  if (into.length >= MOST_ENTRIES || depth > DEEPEST) return;
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      collect(inner, name === "" ? key : `${name}.${key}`, depth + 1, into);
  } else if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    into.push([name, String(value)]);
  }
}

/** Texts of elements by the local names on the way to them; undefined when it is not well-formed. Entities of a DTD are not expanded. */
function xmlValues(text: string): AnswerValues | undefined {
  const entries: [string, string][] = [];
  const open: { name: string; text: string }[] = [];
  const parser = new SaxesParser({ xmlns: false });
  const errors: Error[] = [];
  parser.on("error", (error) => errors.push(error));
  parser.on("opentag", ({ name }) => {
    open.push({ name: name.replace(/^.*:/, ""), text: "" });
  });
  const addText = (more: string): void => {
    const last = open.at(-1);
    if (last) last.text += more;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", () => {
    const path = open
      .slice(-DEEPEST)
      .map(({ name }) => name)
      .join(".");
    const said = open.pop()?.text.trim() ?? "";
    if (said !== "" && entries.length < MOST_ENTRIES) entries.push([path, said]);
  });
  parser.write(text).close();
  if (errors.length > 0) return undefined;
  const at = (path: string): unknown => entries.find(([name]) => name === path || name.endsWith(`.${path}`))?.[1];
  return { kind: "xml", at, entries };
}

function formValues(text: string): AnswerValues {
  const entries = [...new URLSearchParams(text)].slice(0, MOST_ENTRIES);
  return { kind: "form", at: (path) => entries.find(([name]) => name === path)?.[1], entries };
}

/** The title says most about a web page. */
function webPage(text: string): AnswerValues {
  const title = /<title[^>]{0,200}>([^<]{1,1000})/i.exec(text)?.[1]?.trim() ?? "";
  return { kind: "html", at: () => undefined, entries: title === "" ? [] : [["title", title]] };
}
