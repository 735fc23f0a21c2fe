import { parseTemplate } from "../templates/parse.ts";
import { STAND_IN, urlParts } from "../templates/positions/position.ts";
import { TemplateProblem } from "../templates/problem.ts";
import {
  compileTokens,
  resultOf,
  renderTemplate,
  tooLong,
  writeSlot,
  type Fillers,
  type Result,
  type Slot,
  type Template,
} from "../templates/template.ts";
import type { TemplateValues } from "../templates/value.ts";
import type { CompileWork, RenderWork } from "../templates/work.ts";
import { rfc3986, withoutLonePercents } from "./url-text.ts";
import { plainText } from "../../contract/plain-text.ts";

/** Longest URL that is sent, in bytes: no server accepts longer ones. */
export const MAX_URL_BYTES = 16_384;
/** Longest host and port that is parsed, in characters: parsing takes quadratic time. Names have at most 253 (RFC 1035), however they are encoded. */
const MAX_AUTHORITY = 1_024;

/** A URL template, with what its literal text guarantees for every URL it renders. */
export interface UrlTemplate {
  readonly template: Template;
  /** The host and port as serialized by the URL parser; undefined when they contain a placeholder. */
  readonly host: string | undefined;
  /** How many `.` and `..` segments the literal text itself has. */
  readonly dotSegments: number;
  /** Path segments made of placeholders only that must not be empty. */
  readonly filledSegments: readonly (readonly Slot[])[];
}

/** A segment `.` or `..`, percent-encoded dots included (WHATWG URL, section 4.1), in a path that begins with a slash. */
const DOT_SEGMENT = /(?<=[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/gi;
const MAYBE_DOT_SEGMENT = /[/\\](?:\.|%2e)/i;

/** Compiles a webhook's URL. A fault here occurs whatever the event. */
export function compileUrl(text: string, fillers: Fillers, work: CompileWork): Result<UrlTemplate> {
  return resultOf(() => {
    const tokens = parseTemplate(asParsersRead(plainText(text)), false).map((token) =>
      typeof token === "string" ? withoutLonePercents(token) : token,
    );
    const template = compileTokens(tokens, "url", fillers, work);
    const { authority, path } = urlParts(tokens);
    if (authority.includes("@")) throw withCredentials();
    return {
      template,
      host: literalHost(authority),
      dotSegments: dotSegments(path).length,
      filledSegments: filledSegments(template, authority, path, fillers),
    };
  });
}

/**
 * Renders a URL: absolute, https, without user name, password and fragment, and with the host that the template names.
 * A value can neither leave its path segment nor make it `.` or `..`. What RFC 3986 does not allow in a path or query is percent-encoded.
 */
export function renderUrl(compiled: UrlTemplate, values: TemplateValues, work: RenderWork): Result<string> {
  const rendered = renderTemplate(compiled.template, values, work, MAX_URL_BYTES);
  if (!rendered.ok) return rendered;
  return resultOf(() => {
    const text = asParsersRead(rendered.value);
    if (compiled.filledSegments.length > 0) refuseEmptySegments(compiled, values, work, text);
    if (MAYBE_DOT_SEGMENT.test(text)) refuseClimbing(compiled, values, work, text);
    const url = URL.parse(text);
    if (url === null) throw new TemplateProblem("the rendered URL is not valid");
    if (url.protocol !== "https:") throw new TemplateProblem('the rendered URL does not begin with "https:"');
    if (url.username !== "" || url.password !== "") throw withCredentials();
    if (compiled.host !== undefined && url.host !== compiled.host) {
      throw new TemplateProblem(`the rendered URL points to a host other than ${compiled.host}`);
    }
    const href = rfc3986(url);
    // Raw values and the literal text are percent-encoded only now.
    if (href.length > MAX_URL_BYTES) throw tooLong(MAX_URL_BYTES);
    return href;
  });
}

/** URL parsers drop tabs and line breaks anywhere, and controls and spaces at the end (WHATWG URL, section 4.4). So do we, before any check. */
function asParsersRead(text: string): string {
  const line = text.replace(/[\t\r\n]+/g, "");
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= 0x20) end -= 1;
  return line.slice(0, end);
}

function literalHost(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY) throw new TemplateProblem("it does not name a valid host");
  if (authority.includes(STAND_IN)) return undefined;
  const host = URL.parse(`https://${authority}/`)?.host;
  if (host === undefined) throw new TemplateProblem("it does not name a valid host");
  return host;
}

function withCredentials(): TemplateProblem {
  return new TemplateProblem("a URL may not carry a user name or password; use a header or a credential");
}

function afterHost(url: string): string {
  return url.replace(/^https:[/\\]*[^/\\?#]*/i, "");
}

/** Path segments made of placeholders only, unless the webhook's attributes allow every one of them to be empty. */
function filledSegments({ pieces }: Template, authority: string, path: string, fillers: Fillers): readonly Slot[][] {
  const slots = pieces.filter((piece) => typeof piece !== "string");
  let next = placeholdersIn(authority);
  return path.split(/[/\\]/).flatMap((segment) => {
    const held = slots.slice(next, next + placeholdersIn(segment));
    next += held.length;
    const alone = held.length === segment.length;
    return alone && held.some((slot) => !mayBeEmpty(slot, fillers)) ? [held] : [];
  });
}

function placeholdersIn(outline: string): number {
  return outline.split(STAND_IN).length - 1;
}

function mayBeEmpty({ token }: Slot, fillers: Fillers): boolean {
  return fillers.get(token.name)?.ifMissing === "empty";
}

/** An empty segment, or a missing last one, is a different resource: `/members//mail`, or all of `/members/`. */
const EMPTY_SEGMENT = /[/\\](?=[/\\?#]|$)/;
const LEAVES_EMPTY =
  'its value is missing or empty, which would leave a path segment empty and lead to a different path; give the attribute a fallback, or set ifMissing to "empty" if that is intended';

function refuseEmptySegments(
  { filledSegments: segments }: UrlTemplate,
  values: TemplateValues,
  work: RenderWork,
  text: string,
): void {
  if (!EMPTY_SEGMENT.test(afterHost(text))) return;
  for (const slots of segments) {
    if (slots.some((slot) => asParsersRead(writeSlot(slot, values, work)) !== "")) continue;
    throw new TemplateProblem(LEAVES_EMPTY, slots[0]?.token);
  }
}

function refuseClimbing(
  { template, dotSegments: own }: UrlTemplate,
  values: TemplateValues,
  work: RenderWork,
  text: string,
): void {
  const begin = text.length - afterHost(text).length;
  const found = dotSegments(text.slice(begin).split(/[?#]/, 1)[0] ?? "");
  if (found.length <= own) return;
  // Both are in the order of the text, so one pass finds the first placeholder that touches such a segment.
  let next = 0;
  let at = 0;
  for (const piece of template.pieces) {
    const end = at + (typeof piece === "string" ? piece : writeSlot(piece, values, work)).length;
    while (begin + (found[next]?.end ?? Infinity) < at) next += 1;
    if (typeof piece !== "string" && begin + (found[next]?.begin ?? Infinity) <= end) {
      throw new TemplateProblem(CLIMBS, piece.token);
    }
    at = end;
  }
  throw new TemplateProblem('a value makes a path segment "." or "..", which would lead to a different path');
}

const CLIMBS = 'its value makes a path segment "." or "..", which would lead to a different path';

function dotSegments(path: string): readonly { readonly begin: number; readonly end: number }[] {
  return [...path.matchAll(DOT_SEGMENT)].map(({ index, 0: text }) => ({ begin: index, end: index + text.length }));
}
