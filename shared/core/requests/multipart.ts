import { contentKind, typeParameter } from "./content-type.ts";
import type { PositionResult } from "../templates/positions/literal-scan.ts";
import { TemplateProblem } from "../templates/problem.ts";

const MAX_DEPTH = 4;
const MAX_BOUNDARIES = 20;

/** Takes the place of a placeholder in the headers of a part. */
const STAND_IN = "\0";

/** A multipart body with its boundary (RFC 2046, section 5.1.1). */
export interface MultipartKind {
  readonly boundary: string;
}

/** The position of a placeholder outside part bodies, or the whole content of one part. */
type Found<T> = PositionResult | { readonly contentType: string; readonly tokens: readonly (string | T)[] };

/**
 * Positions in a multipart body: in the headers of a part, or in its body, which is read by its own Content-Type.
 * @param positionsOf for one part's body
 * @throws TemplateProblem for a part that declares a charset other than UTF-8
 */
export function multipartPositions<T>(
  tokens: readonly (string | T)[],
  { boundary }: MultipartKind,
  positionsOf: (part: readonly (string | T)[], contentType: string) => readonly PositionResult[],
): readonly PositionResult[] {
  return partsOf(tokens, boundary).flatMap((found) =>
    typeof found === "string" || "problem" in found ? [found] : positionsOf(found.tokens, found.contentType),
  );
}

/**
 * All boundaries of a multipart body, including those of nested multipart bodies.
 * @throws TemplateProblem when there are more than any real body has: every value is searched for each
 */
export function boundariesOf(tokens: readonly unknown[], { boundary }: MultipartKind, depth = 1): readonly string[] {
  if (depth > MAX_DEPTH) throw tooMany();
  const inner = partsOf(tokens, boundary).flatMap((found) => {
    if (typeof found === "string" || "problem" in found) return [];
    const nested = nestedIn(found.contentType);
    return nested === undefined ? [] : boundariesOf(found.tokens, nested, depth + 1);
  });
  if (inner.length >= MAX_BOUNDARIES) throw tooMany();
  return [boundary, ...inner];
}

function tooMany(): TemplateProblem {
  return new TemplateProblem(
    `a multipart body may contain ${String(MAX_BOUNDARIES)} multipart bodies, nested ${String(MAX_DEPTH)} deep; use fewer`,
  );
}

/** A part that is a multipart body itself; undefined when it is something else. */
export function nestedIn(contentType: string): MultipartKind | undefined {
  const boundary = typeParameter(contentType, "boundary");
  return boundary !== undefined && contentKind(contentType, "") === "multipart" ? { boundary } : undefined;
}

/** How often a text contains a delimiter, which values must not change. */
export function delimiters(text: string, boundary: string): number {
  return text.split(`--${boundary}`).length - 1;
}

function partsOf<T>(tokens: readonly (string | T)[], boundary: string): readonly Found<T>[] {
  const found: Found<T>[] = [];
  let where: "outside" | "headers" | "body" = "outside";
  let headers = "";
  let quoted = false;
  let body: (string | T)[] = [];
  let lineStart = true;
  const endPart = (): void => {
    if (where === "body") found.push({ contentType: contentTypeOf(headers), tokens: body });
    headers = "";
    body = [];
  };
  for (const token of tokens) {
    if (typeof token !== "string") {
      if (where === "body") body.push(token);
      else found.push(where === "outside" ? "text" : quoted ? "part-quoted" : "part-header");
      if (where === "headers") headers += STAND_IN;
      lineStart = false;
      continue;
    }
    let rest = token;
    while (rest !== "") {
      if (where === "headers") {
        const end = /\r?\n\r?\n/.exec(headers.slice(-3) + rest);
        const taken = end === null ? rest.length : end.index + end[0].length - headers.slice(-3).length;
        headers += rest.slice(0, taken);
        quoted = quotesOpen(quoted, rest.slice(0, taken));
        rest = rest.slice(taken);
        if (end !== null) where = "body";
        lineStart = end !== null;
        continue;
      }
      const at = delimiterIn(rest, boundary, lineStart);
      if (where === "body") body.push(rest.slice(0, at));
      lineStart = rest.endsWith("\n");
      if (at === undefined) break;
      endPart();
      rest = rest.slice(at + 2 + boundary.length);
      where = rest.startsWith("--") ? "outside" : "headers";
    }
  }
  endPart();
  return found;
}

/** Where the next delimiter at the beginning of a line is. */
function delimiterIn(text: string, boundary: string, lineStart: boolean): number | undefined {
  const delimiter = `--${boundary}`;
  if (lineStart && text.startsWith(delimiter)) return 0;
  const at = text.indexOf(`\n${delimiter}`);
  return at === -1 ? undefined : at + 1;
}

/** Whether a header's quotes are open after more of it; a new line resets them. */
function quotesOpen(before: boolean, more: string): boolean {
  const line = more.lastIndexOf("\n");
  const open = line === -1 && before;
  return (more.slice(line + 1).split('"').length % 2 === 0) !== open;
}

function contentTypeOf(headers: string): string {
  const value =
    /^content-type[ \t]*:[ \t]*(.*(?:\r?\n[ \t].*)*)/im.exec(headers.replaceAll(STAND_IN, ""))?.[1] ?? "text/plain";
  const charset = typeParameter(value, "charset");
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new TemplateProblem("the parts of a multipart body are sent in UTF-8 and may not declare another charset");
  return value;
}
