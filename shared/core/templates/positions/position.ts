import { contentKind, type ContentKind } from "../../requests/content-type.ts";
import { scan, type PositionResult } from "./literal-scan.ts";
import { multipartPositions, nestedIn, type MultipartKind } from "../../requests/multipart.ts";
import { csvPositions } from "./scan-csv.ts";
import { HTML_READING } from "./scan-html.ts";
import { JSON_READING } from "./scan-json.ts";
import { tomlPositions } from "./scan-toml.ts";
import { XML_READING } from "./scan-xml.ts";
import { yamlPositions } from "./scan-yaml.ts";
import type { PlaceholderToken, Token } from "../parse.ts";
import { TemplateProblem } from "../problem.ts";

/** The kind of text that a template makes. A multipart body without a boundary cannot contain placeholders. */
export type TemplateKind = ContentKind | MultipartKind | "url" | "header";

/**
 * The position of each placeholder of a template, in order, derived from the literal text around it.
 * @throws TemplateProblem when the literal text of a URL cannot be one, or a part of a multipart body cannot be sent.
 */
export function positions(tokens: readonly Token[], kind: TemplateKind): readonly PositionResult[] {
  if (typeof kind === "object") return multipartPositions(tokens, kind, partPositions);
  switch (kind) {
    case "url":
      return urlPositions(tokens);
    case "json":
      return scan(tokens, JSON_READING);
    case "xml":
      return scan(tokens, XML_READING);
    case "html":
      return scan(tokens, HTML_READING);
    case "csv":
      return csvPositions(tokens);
    case "yaml":
      return yamlPositions(tokens);
    case "toml":
      return tomlPositions(tokens);
    case "multipart":
      return placeholders(tokens).map(() => ({ problem: NO_BOUNDARY }));
    default:
      return placeholders(tokens).map(() => kind);
  }
}

const NO_BOUNDARY = 'a multipart body needs its boundary in the Content-Type, as in multipart/form-data; boundary="x"';

function partPositions(part: readonly Token[], contentType: string): readonly PositionResult[] {
  const literal = part.map((token) => (typeof token === "string" ? token : STAND_IN)).join("");
  return positions(part, nestedIn(contentType) ?? contentKind(contentType, literal));
}

/** The placeholders of a template. */
export function placeholders(tokens: readonly Token[]): readonly PlaceholderToken[] {
  return tokens.filter((token) => typeof token !== "string");
}

/** Takes the place of a placeholder while a URL's literal text is read; a URL may not contain it. */
export const STAND_IN = "\0";

/** A URL template's parts, each placeholder as {@link STAND_IN}. */
interface UrlParts {
  readonly authority: string;
  readonly path: string;
  readonly rest: string;
}

/** @throws TemplateProblem when the literal text does not begin like an https URL. */
export function urlParts(tokens: readonly Token[]): UrlParts {
  const outline = tokens.map((token) => (typeof token === "string" ? literalOfUrl(token) : STAND_IN)).join("");
  const parts = /^https:[/\\]*(?<authority>[^/\\?#]*)(?<path>[^?#]*)(?<rest>.*)$/is.exec(outline)?.groups;
  if (parts === undefined)
    throw new TemplateProblem('a URL must begin with "https:" as written, without a placeholder in it');
  return { authority: parts["authority"] ?? "", path: parts["path"] ?? "", rest: parts["rest"] ?? "" };
}

function literalOfUrl(literal: string): string {
  if (literal.includes(STAND_IN)) throw new TemplateProblem("a URL may not contain NUL");
  return literal;
}

function urlPositions(tokens: readonly Token[]): readonly PositionResult[] {
  const { authority, path, rest } = urlParts(tokens);
  const afterUser = authority.lastIndexOf("@") + 1;
  const numeric = authority.slice(afterUser).search(/[:[]/);
  const host = (at: number): PositionResult => {
    if (at < afterUser)
      return { problem: "a placeholder is not allowed in a URL's user name or password; use a header" };
    return numeric !== -1 && at > afterUser + numeric
      ? { problem: "a placeholder is not allowed in a URL's port or numeric address" }
      : "url-host";
  };
  return [
    ...standIns(authority).map(host),
    ...standIns(path).map((): PositionResult => "url-path"),
    ...standIns(rest).map((): PositionResult => "url-query"),
  ];
}

function standIns(text: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(STAND_IN); at !== -1; at = text.indexOf(STAND_IN, at + 1)) found.push(at);
  return found;
}
