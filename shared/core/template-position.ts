import type { Position } from "./escape.ts";
import type { ContentKind } from "./header-rules.ts";
import type { PlaceholderToken, Token } from "./template-parse.ts";
import { TemplateProblem } from "./template-problem.ts";

/** What kind of text a template makes. */
export type TemplateKind = ContentKind | "url" | "header";

/** A position, or why no placeholder may stand there. */
export type Standing = Position | { readonly problem: string };

/**
 * Where each placeholder of a template stands, in their order, seen from the literal text around them.
 * @throws TemplateProblem when the literal text of a URL cannot be one.
 */
export function standings(tokens: readonly Token[], kind: TemplateKind): readonly Standing[] {
  switch (kind) {
    case "url":
      return urlStandings(tokens);
    case "json":
      return scan<JsonState>(tokens, "json-value", readJson, (state) => state);
    case "xml":
      return scan<XmlState>(tokens, "text", readXml, (state) => XML_POSITIONS[state]);
    default: {
      const position: Position = kind;
      return placeholders(tokens).map(() => position);
    }
  }
}

/** The placeholders of a template. */
export function placeholders(tokens: readonly Token[]): readonly PlaceholderToken[] {
  return tokens.filter((token) => typeof token !== "string");
}

function scan<State>(
  tokens: readonly Token[],
  start: State,
  read: (state: State, literal: string) => State,
  position: (state: State) => Standing,
): readonly Standing[] {
  const found: Standing[] = [];
  let state = start;
  for (const token of tokens) {
    if (typeof token === "string") state = read(state, token);
    else found.push(position(state));
  }
  return found;
}

type JsonState = "json-value" | "json-string";

function readJson(state: JsonState, literal: string): JsonState {
  let inString = state === "json-string";
  for (let at = 0; at < literal.length; at += 1) {
    const character = literal[at];
    if (character === '"') inString = !inString;
    else if (character === "\\" && inString) at += 1;
  }
  return inString ? "json-string" : "json-value";
}

type XmlState = "text" | "tag" | "double-quoted" | "single-quoted" | "comment" | "cdata" | "instruction";

const XML_POSITIONS: Readonly<Record<XmlState, Position>> = {
  text: "xml-text",
  tag: "xml-name",
  "double-quoted": "xml-attribute",
  "single-quoted": "xml-attribute",
  comment: "xml-comment",
  cdata: "cdata",
  instruction: "xml-text",
};

/** By state, the marks that end it and the state that each leads to. Longer marks first. */
const XML_MARKS: Readonly<Record<XmlState, readonly (readonly [mark: string, next: XmlState])[]>> = {
  text: [
    ["<![CDATA[", "cdata"],
    ["<!--", "comment"],
    ["<?", "instruction"],
    ["<", "tag"],
  ],
  tag: [
    ['"', "double-quoted"],
    ["'", "single-quoted"],
    [">", "text"],
  ],
  "double-quoted": [['"', "tag"]],
  "single-quoted": [["'", "tag"]],
  comment: [["-->", "text"]],
  cdata: [["]]>", "text"]],
  instruction: [["?>", "text"]],
};

function readXml(start: XmlState, literal: string): XmlState {
  let state = start;
  for (let at = 0; at < literal.length;) {
    const mark = XML_MARKS[state].find(([text]) => literal.startsWith(text, at));
    at += mark?.[0].length ?? 1;
    state = mark?.[1] ?? state;
  }
  return state;
}

/** Stands for a placeholder while a URL's literal text is read; a URL may not hold it. */
export const STAND_IN = "\0";

/** A URL template's parts, each placeholder as {@link STAND_IN}. */
interface UrlParts {
  readonly authority: string;
  readonly path: string;
  readonly rest: string;
}

/** @throws TemplateProblem when the literal text does not begin as an https URL. */
export function urlParts(tokens: readonly Token[]): UrlParts {
  const outline = tokens.map((token) => (typeof token === "string" ? literalOfUrl(token) : STAND_IN)).join("");
  const parts = /^https:[/\\]*(?<authority>[^/\\?#]*)(?<path>[^?#]*)(?<rest>.*)$/is.exec(outline)?.groups;
  if (parts === undefined)
    throw new TemplateProblem('a URL must begin with "https:" as written, without a placeholder in it');
  return { authority: parts["authority"] ?? "", path: parts["path"] ?? "", rest: parts["rest"] ?? "" };
}

function literalOfUrl(literal: string): string {
  if (literal.includes(STAND_IN)) throw new TemplateProblem("a URL may not hold the character NUL");
  return literal;
}

function urlStandings(tokens: readonly Token[]): readonly Standing[] {
  const { authority, path, rest } = urlParts(tokens);
  const afterUser = authority.lastIndexOf("@") + 1;
  const numeric = authority.slice(afterUser).search(/[:[]/);
  const host = (at: number): Standing => {
    if (at < afterUser)
      return { problem: "a placeholder may not stand in a URL's user name or password; use a header" };
    return numeric !== -1 && at > afterUser + numeric
      ? { problem: "a placeholder may not stand in a URL's port or numeric address" }
      : "url-host";
  };
  return [
    ...standIns(authority).map(host),
    ...standIns(path).map((): Standing => "url-path"),
    ...standIns(rest).map((): Standing => "url-query"),
  ];
}

function standIns(text: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(STAND_IN); at !== -1; at = text.indexOf(STAND_IN, at + 1)) found.push(at);
  return found;
}
