import { TemplateProblem } from "./template-problem.ts";
import { isMissing, jsonOf, textOf } from "./template-value.ts";

/** Where a placeholder stands (design, section 7). It is known when the template is compiled. */
export type Position =
  | "url-host"
  | "url-path"
  | "url-query"
  | "header"
  | "json-string"
  | "json-value"
  | "xml-text"
  | "xml-attribute"
  | "xml-name"
  | "xml-comment"
  | "cdata"
  | "form"
  | "text";

/** Turns a value (missing ones included) into what may stand in one position. @throws TemplateProblem when it may not stand there at all. */
export type Writer = (value: unknown) => string;

const WRITERS: Readonly<Record<Position, Writer>> = {
  "url-host": (value) => hostLabel(textOf(value)),
  "url-path": (value) => percentEncode(textOf(value)),
  "url-query": (value) => percentEncode(textOf(value)),
  header: (value) => headerText(textOf(value)),
  "json-string": (value) => jsonStringText(textOf(value)),
  "json-value": jsonOf,
  "xml-text": (value) => xmlText(textOf(value)),
  "xml-attribute": (value) => xmlAttribute(textOf(value)),
  "xml-name": (value) => xmlName(textOf(value)),
  "xml-comment": (value) => xmlComment(textOf(value)),
  cdata: (value) => cdata(textOf(value)),
  form: (value) => percentEncode(textOf(value)),
  text: (value) => textOf(value).toWellFormed(),
};

/** Writers of placeholders with `| raw`: nothing is escaped, but a host stays a host and a header one line. */
const RAW_WRITERS: Partial<Readonly<Record<Position, Writer>>> = {
  "url-host": (value) => hostName(textOf(value)),
  header: (value) => oneLine(textOf(value)),
  "json-value": (value) => (isMissing(value) ? "null" : textOf(value)),
};

/** The writer for a position, or the one for `| raw` there. */
export function writerFor(position: Position, raw: boolean): Writer {
  return raw ? (RAW_WRITERS[position] ?? textOf) : WRITERS[position];
}

const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]*$/;

/** UTF-8 percent-encoding of all but the unreserved characters of RFC 3986 section 2.3; half a surrogate pair becomes U+FFFD. */
function percentEncode(text: string): string {
  if (UNRESERVED_ONLY.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percentByte);
}

function percentByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

const HOST_LABEL = /^[A-Za-z0-9-]+$/;
const HOST_NAME = /^[A-Za-z0-9.-]+$/;

function hostLabel(text: string): string {
  if (HOST_LABEL.test(text)) return text;
  throw new TemplateProblem(
    text === ""
      ? "the value is empty, so there is no host"
      : "in a host name a value may hold letters, digits and hyphens only",
  );
}

function hostName(text: string): string {
  if (HOST_NAME.test(text)) return text;
  throw new TemplateProblem(
    "in a host name even a raw value may hold letters, digits, hyphens and dots only, and must not be empty",
  );
}

const VISIBLE_ASCII = /^[\x20-\x7e]*$/;

/** Visible ASCII and space as they are, everything else percent-encoded as UTF-8: a line break can never end the header. */
function headerText(text: string): string {
  if (VISIBLE_ASCII.test(text)) return text;
  return text.toWellFormed().replace(/[^\x20-\x7e]+/g, encodeURIComponent);
}

/** Controls would end the header or be refused by receivers; beyond U+00FF a header has no bytes (RFC 9110 section 5.5). */
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether `text` can be sent as a header value at all. */
export function fitsHeader(text: string): boolean {
  return !NOT_IN_HEADER.test(text);
}

function oneLine(text: string): string {
  if (fitsHeader(text)) return text;
  throw new TemplateProblem(
    "even raw, a header value may hold no line break, no other control character and nothing beyond U+00FF",
  );
}

const JSON_AWKWARD = /["\\\p{Cc}\p{Cs}]/u;

/** Inside a JSON string: the escapes of RFC 8259 section 7. */
function jsonStringText(text: string): string {
  return JSON_AWKWARD.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

const XML_SPECIAL = /[&<>"'\r]/;
const XML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // XML parsers turn line ends into LF (XML 1.0 section 2.11) and white space of attributes into spaces (section 3.3.3), references stay.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
  "-": "&#45;",
};
/** What XML 1.0 section 2.2 does not count as a character. */
const XML_FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const ALL_XML_FORBIDDEN = new RegExp(XML_FORBIDDEN, "gu");

function allowedInXml(text: string): string {
  return XML_FORBIDDEN.test(text) ? text.replace(ALL_XML_FORBIDDEN, "") : text;
}

function entity(character: string): string {
  return XML_ENTITIES[character] ?? character;
}

function xmlText(text: string): string {
  const allowed = allowedInXml(text);
  return XML_SPECIAL.test(allowed) ? allowed.replace(/[&<>"'\r]/g, entity) : allowed;
}

function xmlAttribute(text: string): string {
  return allowedInXml(text).replace(/[&<>"'\r\n\t]/g, entity);
}

/** Two hyphens end a comment's right to be one (XML 1.0 section 2.5); references mean nothing there, but do no harm. */
function xmlComment(text: string): string {
  return allowedInXml(text).replace(/[&<>"'\r-]/g, entity);
}

function xmlName(text: string): string {
  if (/^[\p{L}\p{N}_.:-]+$/u.test(text)) return text;
  throw new TemplateProblem(
    "in a tag, outside of quotes, a value may hold the characters of a name only, and must not be empty",
  );
}

const CDATA_BREAK = "]]><![CDATA[";

/** As it is, but `]]>` spread over two sections, also where the value's ends could make one with what stands beside it. */
function cdata(text: string): string {
  const allowed = allowedInXml(text);
  const inner = allowed.replaceAll("]]>", `]]${CDATA_BREAK}>`);
  return `${/^\]?>/.test(allowed) ? CDATA_BREAK : ""}${inner}${allowed.endsWith("]") ? CDATA_BREAK : ""}`;
}
