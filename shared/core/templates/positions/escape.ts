import {
  tomlKey,
  tomlLiteral,
  tomlValue,
  yamlBegin,
  yamlBlock,
  yamlPlain,
  yamlSingle,
  yamlValue,
} from "./escape-data.ts";
import { csvField, csvPart, csvQuoted, partHeader, partQuoted, styleWord } from "./escape-fields.ts";
import { linkStart } from "./escape-link.ts";
import { blockString, scriptText, scriptValue } from "./escape-script.ts";
import { TemplateProblem } from "../problem.ts";
import { isMissing } from "../value.ts";
import type { RenderWork } from "../work.ts";

/** The syntactic position of a placeholder, known once the template is compiled (decision 0023). */
export type Position =
  | "url-host"
  | "url-path"
  | "url-query"
  | "header"
  | "json-string"
  | "xml-text"
  | "xml-attribute"
  | "xml-name"
  | "xml-comment"
  | "xml-instruction"
  | "cdata"
  | "html-text"
  | "html-link"
  | "script-text"
  | "block-string"
  | "style-word"
  | "csv-field"
  | "csv-part"
  | "csv-quoted"
  | "part-header"
  | "part-quoted"
  | "data-text"
  | "yaml-begin"
  | "yaml-plain"
  | "yaml-single"
  | "yaml-block"
  | "toml-literal"
  | "form"
  | "text"
  | ValuePosition;

/** Positions of a whole value rather than of text: a number is written as a number there. */
type ValuePosition = "json-value" | "script-value" | "handler-value" | "yaml-value" | "toml-value" | "toml-key";

/**
 * Turns a value (missing ones included) into what is safe in one position, in time linear in its input and output.
 * @throws TemplateProblem when the value is not allowed there at all, TemplateLimit when the render has cost too much.
 */
export type Writer = (value: unknown, work: RenderWork) => string;

type Escape = (text: string) => string;

const ESCAPES: Readonly<Record<Exclude<Position, ValuePosition>, Escape>> = {
  "url-host": hostLabel,
  "url-path": percentEncode,
  "url-query": percentEncode,
  header: headerText,
  "json-string": jsonStringText,
  "xml-text": xmlText,
  "xml-attribute": xmlAttribute,
  "xml-name": xmlName,
  "xml-comment": xmlComment,
  "xml-instruction": xmlText,
  cdata,
  "html-text": htmlText,
  "html-link": (text) => htmlText(linkStart(text)),
  "script-text": scriptText,
  "block-string": blockString,
  "style-word": styleWord,
  "csv-field": csvField,
  "csv-part": csvPart,
  "csv-quoted": csvQuoted,
  "part-header": partHeader,
  "part-quoted": partQuoted,
  "data-text": scriptText,
  "yaml-begin": yamlBegin,
  "yaml-plain": yamlPlain,
  "yaml-single": yamlSingle,
  "yaml-block": yamlBlock,
  "toml-literal": tomlLiteral,
  form: percentEncode,
  text: (text) => text.toWellFormed(),
};

const VALUES: Readonly<Record<ValuePosition, Writer>> = {
  "json-value": (value, work) => work.jsonOf(value),
  "script-value": (value, work) => scriptValue(work.jsonOf(value)),
  "handler-value": (value, work) => htmlText(scriptValue(work.jsonOf(value))),
  "yaml-value": yamlValue,
  "toml-value": tomlValue,
  "toml-key": tomlKey,
};

/** For placeholders with `| raw`: nothing is escaped, but a host must remain a host, and a header a single line. */
const RAW_ESCAPES: Partial<Readonly<Record<Position, Escape>>> = {
  "url-host": hostName,
  header: oneLine,
  "part-header": partLine,
  "part-quoted": partLine,
};

/** The writer for a position, or the one for `| raw` there. */
export function writerFor(position: Position, raw: boolean): Writer {
  const write = uncharged(position, raw);
  return (value, work) => work.step(value, (given) => write(given, work));
}

function uncharged(position: Position, raw: boolean): Writer {
  if (isValuePosition(position))
    return raw ? (value, work) => (isMissing(value) ? "null" : work.textOf(value)) : VALUES[position];
  const escape = raw ? RAW_ESCAPES[position] : ESCAPES[position];
  return escape === undefined ? (value, work) => work.textOf(value) : (value, work) => escape(work.textOf(value));
}

function isValuePosition(position: Position): position is ValuePosition {
  return Object.hasOwn(VALUES, position);
}

const UNRESERVED_ONLY = /^[A-Za-z0-9\-._~]*$/;

/** UTF-8 percent-encoding of all but the unreserved characters of RFC 3986 section 2.3; a lone surrogate becomes U+FFFD. */
function percentEncode(text: string): string {
  return UNRESERVED_ONLY.test(text) ? text : percentBytes(text, UNRESERVED);
}

const UNRESERVED = bytesOf(/[A-Za-z0-9\-._~]/);
const HEX = Buffer.from("0123456789ABCDEF", "latin1");
const PERCENT = 0x25;

/** By byte, 1 for the ASCII characters of a class. */
export function bytesOf(characters: RegExp): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) =>
    byte < 0x80 && characters.test(String.fromCharCode(byte)) ? 1 : 0,
  );
}

/** The text as UTF-8, with every byte percent-encoded except the kept ones. By table: a callback per match costs ten times as much. */
export function percentBytes(text: string, kept: Uint8Array): string {
  const bytes = Buffer.from(text, "utf8");
  const encoded = Buffer.allocUnsafe(bytes.length * 3);
  let end = 0;
  for (const byte of bytes) {
    if (kept[byte] === 1) {
      encoded[end] = byte;
      end += 1;
    } else {
      encoded[end] = PERCENT;
      encoded[end + 1] = HEX[byte >> 4] ?? 0;
      encoded[end + 2] = HEX[byte & 15] ?? 0;
      end += 3;
    }
  }
  return encoded.toString("latin1", 0, end);
}

/** The encoding of forms and of Liquid's `url_encode`: a space is a plus. */
export function formEncode(text: string): string {
  return percentEncode(text).replaceAll("%20", "+");
}

const HOST_LABEL = /^[A-Za-z0-9-]+$/;
const HOST_NAME = /^[A-Za-z0-9.-]+$/;

function hostLabel(text: string): string {
  if (HOST_LABEL.test(text)) return text;
  throw new TemplateProblem(
    text === ""
      ? "the value is empty, so there is no host"
      : "in a host name a value may contain only letters, digits and hyphens",
  );
}

function hostName(text: string): string {
  if (HOST_NAME.test(text)) return text;
  throw new TemplateProblem(
    "in a host name even a raw value may contain only letters, digits, hyphens and dots, and must not be empty",
  );
}

const VISIBLE_ASCII = /^[\x20-\x7e]*$/;
const VISIBLE = bytesOf(/[\x20-\x7e]/);

/** Visible ASCII and space as they are, everything else percent-encoded as UTF-8: a line break can never end the header. */
function headerText(text: string): string {
  return VISIBLE_ASCII.test(text) ? text : percentBytes(text, VISIBLE);
}

/** Controls would end the header or be rejected by receivers; characters beyond U+00FF have no byte in a header (RFC 9110 section 5.5). */
const NOT_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/;

/** Whether `text` can be sent as a header value at all. */
export function fitsHeader(text: string): boolean {
  return !NOT_IN_HEADER.test(text);
}

function oneLine(text: string): string {
  if (fitsHeader(text)) return text;
  throw new TemplateProblem(
    "even raw, a header value may not contain line breaks, other control characters or characters beyond U+00FF",
  );
}

const JSON_AWKWARD = /["\\\p{Cc}\p{Cs}]/u;

function partLine(text: string): string {
  if (!/[\r\n\0]/.test(text)) return text;
  throw new TemplateProblem("even raw, a value in a part's header may not contain line breaks or NUL");
}

/** Inside a JSON string: the escapes of RFC 8259 section 7. */
function jsonStringText(text: string): string {
  return JSON_AWKWARD.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  // XML parsers turn line ends into LF (XML 1.0 section 2.11) and white space in attributes into spaces (section 3.3.3), but keep references.
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
  "-": "&#45;",
};
const TEXT_ENTITIES = entitiesOf("&<>\"'\r");
const ATTRIBUTE_ENTITIES = entitiesOf("&<>\"'\r\n\t");
const HTML_ENTITIES = TEXT_ENTITIES.map((entity) => (entity === "&apos;" ? "&#39;" : entity));
const LIQUID_ENTITIES = HTML_ENTITIES.with("\r".charCodeAt(0), undefined);
/** A comment may not contain two hyphens (XML 1.0 section 2.5); references have no meaning there, but do no harm. */
const COMMENT_ENTITIES = entitiesOf("&<>\"'\r-");

/** Entities by character code. */
function entitiesOf(characters: string): readonly (string | undefined)[] {
  return Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code);
    return characters.includes(character) ? ENTITIES[character] : undefined;
  });
}

/** Runs of what XML 1.0 section 2.2 does not count as characters. */
const XML_FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]+/gu;

function allowedInXml(text: string): string {
  return text.replace(XML_FORBIDDEN, "");
}

/** By table, like {@link percentBytes}. */
function withEntities(text: string, entities: readonly (string | undefined)[]): string {
  let written = "";
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const entity = entities[text.charCodeAt(at)];
    if (entity !== undefined) {
      written += text.slice(from, at) + entity;
      from = at + 1;
    }
  }
  return from === 0 ? text : written + text.slice(from);
}

/** Text and attribute values of HTML. Without `&apos;`, which HTML 4.01 does not define and some readers do not know. */
function htmlText(text: string): string {
  return withEntities(allowedInXml(text), HTML_ENTITIES);
}

/** Liquid's `escape`: its five entities, and nothing else changed. */
export function escapeHtml(text: string): string {
  return withEntities(text, LIQUID_ENTITIES);
}

function xmlText(text: string): string {
  return withEntities(allowedInXml(text), TEXT_ENTITIES);
}

function xmlAttribute(text: string): string {
  return withEntities(allowedInXml(text), ATTRIBUTE_ENTITIES);
}

function xmlComment(text: string): string {
  return withEntities(allowedInXml(text), COMMENT_ENTITIES);
}

function xmlName(text: string): string {
  if (/^[\p{L}\p{N}_.:-]+$/u.test(text)) return text;
  throw new TemplateProblem(
    "in a tag, outside quotes, a value may contain only the characters of a name, and must not be empty",
  );
}

const CDATA_BREAK = "]]><![CDATA[";

/** Unchanged, except that `]]>` is split over two sections, also where an end of the value could complete one with the text next to it. */
function cdata(text: string): string {
  const allowed = allowedInXml(text);
  const inner = allowed.replaceAll("]]>", `]]${CDATA_BREAK}>`);
  return `${/^\]?>/.test(allowed) ? CDATA_BREAK : ""}${inner}${allowed.endsWith("]") ? CDATA_BREAK : ""}`;
}
