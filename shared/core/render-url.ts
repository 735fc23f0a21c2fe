import type { KlsEvent } from "./event.ts";
import { parseTemplate } from "./template-parse.ts";
import { STAND_IN, urlParts } from "./template-position.ts";
import { TemplateProblem } from "./template-problem.ts";
import {
  atPlaceholder,
  compileTemplate,
  outcome,
  renderTemplate,
  writeSlot,
  type Outcome,
  type Template,
} from "./template.ts";
import type { PersonalizationAttribute } from "./webhook.ts";

/** A URL template with what its literal text promises of every URL it makes. */
export interface UrlTemplate {
  readonly template: Template;
  /** The host and port as the URL parser writes them; undefined when a placeholder stands there. */
  readonly host: string | undefined;
  /** How many segments `.` and `..` the literal text has itself. */
  readonly dotSegments: number;
}

/** A segment `.` or `..`, percent-encoded dots included (WHATWG URL, section 4.1), in a path that begins with a slash. */
const DOT_SEGMENT = /(?<=[/\\])(?:\.|%2e){1,2}(?=[/\\]|$)/gi;
const MAYBE_DOT_SEGMENT = /[/\\](?:\.|%2e)/i;

/** Compiles a webhook's URL. A fault here is one that no event can mend. */
export function compileUrl(text: string, attributes: readonly PersonalizationAttribute[]): Outcome<UrlTemplate> {
  const seen = asParsersRead(text);
  const compiled = compileTemplate(seen, "url", attributes);
  if (!compiled.ok) return compiled;
  return outcome(() => {
    const { authority, path } = urlParts(parseTemplate(seen, false));
    if (authority.includes("@")) throw withCredentials();
    return { template: compiled.value, host: literalHost(authority), dotSegments: dotSegments(path).length };
  });
}

/**
 * Renders a URL: absolute, https, without user name, password and fragment, and with the host that the template names.
 * A value can neither leave its path segment nor make it `.` or `..`.
 */
export function renderUrl(compiled: UrlTemplate, event: KlsEvent): Outcome<string> {
  const rendered = renderTemplate(compiled.template, event);
  if (!rendered.ok) return rendered;
  return outcome(() => {
    const text = asParsersRead(rendered.value);
    if (MAYBE_DOT_SEGMENT.test(text)) refuseClimbing(compiled, event, text);
    const url = URL.parse(text);
    if (url === null) throw new TemplateProblem("what was rendered is no valid URL");
    if (url.protocol !== "https:") throw new TemplateProblem('what was rendered does not begin with "https:"');
    if (url.username !== "" || url.password !== "") throw withCredentials();
    if (compiled.host !== undefined && url.host !== compiled.host) {
      throw new TemplateProblem(`what was rendered leads to ${url.host} instead of ${compiled.host}`);
    }
    if (url.hash !== "" || text.endsWith("#")) url.hash = "";
    return url.href;
  });
}

/** URL parsers drop tabs and line breaks anywhere, and controls and spaces at the end (WHATWG URL, section 4.4). So do we, before looking. */
function asParsersRead(text: string): string {
  return text.replace(/[\t\r\n]/g, "").replace(/[^\x21-\uffff]+$/, "");
}

function literalHost(authority: string): string | undefined {
  if (authority.includes(STAND_IN)) return undefined;
  const host = URL.parse(`https://${authority}/`)?.host;
  if (host === undefined) throw new TemplateProblem("it names no valid host");
  return host;
}

function withCredentials(): TemplateProblem {
  return new TemplateProblem("a URL may not carry a user name or password; use a header or a credential");
}

function refuseClimbing({ template, dotSegments: own }: UrlTemplate, event: KlsEvent, text: string): void {
  const path = /^https:[/\\]*[^/\\?#]*(?<path>[^?#]*)/is.exec(text)?.groups?.["path"] ?? "";
  const found = dotSegments(path);
  if (found.length <= own) return;
  const begin = text.length - text.replace(/^https:[/\\]*[^/\\?#]*/i, "").length;
  let at = 0;
  for (const piece of template.pieces) {
    const length = (typeof piece === "string" ? piece : writeSlot(piece, event)).length;
    const end = at + length;
    const inSegment = found.some(({ index, length: size }) => at <= begin + index + size && end >= begin + index);
    if (typeof piece !== "string" && inSegment) {
      throw atPlaceholder(piece.token, 'its value makes a path segment "." or "..", which would lead to another path');
    }
    at = end;
  }
  throw new TemplateProblem('a value makes a path segment "." or "..", which would lead to another path');
}

function dotSegments(path: string): readonly { readonly index: number; readonly length: number }[] {
  return [...path.matchAll(DOT_SEGMENT)].map(({ index, 0: text }) => ({ index, length: text.length }));
}
