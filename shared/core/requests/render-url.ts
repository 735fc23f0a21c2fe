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

/** Longest URL that is sent, in bytes: longer ones no server takes. */
export const MAX_URL_BYTES = 16_384;
/** Longest host with its port that is looked at, in characters: reading one takes time quadratic to it. Names have 253 (RFC 1035), written in any way. */
const MAX_AUTHORITY = 1_024;

/** A URL template with what its literal text promises of every URL it makes. */
export interface UrlTemplate {
  readonly template: Template;
  /** The host and port as the URL parser writes them; undefined when a placeholder stands there. */
  readonly host: string | undefined;
  /** How many segments `.` and `..` the literal text has itself. */
  readonly dotSegments: number;
  /** Segments of the path that are placeholders alone, some of which may not be left empty. */
  readonly filledSegments: readonly (readonly Slot[])[];
}

/** A segment `.` or `..`, percent-encoded dots included (WHATWG URL, section 4.1), in a path that begins with a slash. */
const DOT_SEGMENT = /(?<=[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/gi;
const MAYBE_DOT_SEGMENT = /[/\\](?:\.|%2e)/i;

/** Compiles a webhook's URL. A fault here is one that no event can mend. */
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
 * A value can neither leave its path segment nor make it `.` or `..`. What RFC 3986 does not let stand in a path or query is percent-encoded.
 */
export function renderUrl(compiled: UrlTemplate, values: TemplateValues, work: RenderWork): Result<string> {
  const rendered = renderTemplate(compiled.template, values, work, MAX_URL_BYTES);
  if (!rendered.ok) return rendered;
  return resultOf(() => {
    const text = asParsersRead(rendered.value);
    if (compiled.filledSegments.length > 0) refuseEmptySegments(compiled, values, work, text);
    if (MAYBE_DOT_SEGMENT.test(text)) refuseClimbing(compiled, values, work, text);
    const url = URL.parse(text);
    if (url === null) throw new TemplateProblem("what was rendered is no valid URL");
    if (url.protocol !== "https:") throw new TemplateProblem('what was rendered does not begin with "https:"');
    if (url.username !== "" || url.password !== "") throw withCredentials();
    if (compiled.host !== undefined && url.host !== compiled.host) {
      throw new TemplateProblem(`what was rendered leads to another host than ${compiled.host}`);
    }
    const href = rfc3986(url);
    // What a raw value and the literal text hold is percent-encoded only now.
    if (href.length > MAX_URL_BYTES) throw tooLong(MAX_URL_BYTES);
    return href;
  });
}

/** URL parsers drop tabs and line breaks anywhere, and controls and spaces at the end (WHATWG URL, section 4.4). So do we, before looking. */
function asParsersRead(text: string): string {
  const line = text.replace(/[\t\r\n]+/g, "");
  let end = line.length;
  while (end > 0 && line.charCodeAt(end - 1) <= 0x20) end -= 1;
  return line.slice(0, end);
}

function literalHost(authority: string): string | undefined {
  if (authority.length > MAX_AUTHORITY) throw new TemplateProblem("it names no valid host");
  if (authority.includes(STAND_IN)) return undefined;
  const host = URL.parse(`https://${authority}/`)?.host;
  if (host === undefined) throw new TemplateProblem("it names no valid host");
  return host;
}

function withCredentials(): TemplateProblem {
  return new TemplateProblem("a URL may not carry a user name or password; use a header or a credential");
}

function afterHost(url: string): string {
  return url.replace(/^https:[/\\]*[^/\\?#]*/i, "");
}

/** The segments of the path that placeholders make alone, unless the webhook's attributes say of each placeholder in it that it may be empty. */
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

/** An empty segment, or one that is not there at the end, is another resource: `/members//mail`, or all of `/members/`. */
const EMPTY_SEGMENT = /[/\\](?=[/\\?#]|$)/;
const LEAVES_EMPTY =
  'its value is missing or empty, which would leave a segment of the path empty and lead to another path; give the attribute a fallback, or ifMissing "empty" if that is meant';

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
  // Both in the order of the text, so that one walk finds the first placeholder that has to do with such a segment.
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
  throw new TemplateProblem('a value makes a path segment "." or "..", which would lead to another path');
}

const CLIMBS = 'its value makes a path segment "." or "..", which would lead to another path';

function dotSegments(path: string): readonly { readonly begin: number; readonly end: number }[] {
  return [...path.matchAll(DOT_SEGMENT)].map(({ index, 0: text }) => ({ begin: index, end: index + text.length }));
}
