import { charsetNamed, type Charset } from "./charset.ts";
import { typeParameter, type ContentKind } from "./content-type.ts";
import { unicodeEscape } from "../templates/positions/escape-script.ts";
import { scan, type PositionResult } from "../templates/positions/literal-scan.ts";
import { HTML_READING } from "../templates/positions/scan-html.ts";
import { JSON_READING } from "../templates/positions/scan-json.ts";
import { tomlPositions } from "../templates/positions/scan-toml.ts";
import { XML_READING } from "../templates/positions/scan-xml.ts";
import { yamlPositions } from "../templates/positions/scan-yaml.ts";
import { TemplateProblem } from "../templates/problem.ts";
import type { RenderWork } from "../templates/work.ts";

/** A body as sent. */
export interface EncodedBody {
  /** What it reads as. */
  readonly text: string;
  /** Absent when it is sent in UTF-8. */
  readonly bytes?: Buffer;
}

/** A character that the charset cannot encode, with its offset in the rendered text, in UTF-16 units. */
export class CharacterProblem extends TemplateProblem {
  readonly offset: number;

  constructor(problem: string, offset: number) {
    super(problem);
    this.name = "CharacterProblem";
    this.offset = offset;
  }
}

/**
 * Encodes a rendered body in the charset that it declares: by the Content-Type, else by its XML declaration, else UTF-8. If both declare one, the
 * Content-Type wins (RFC 7303, section 3) and the declaration is rewritten to match.
 * Characters that the charset lacks become character references in XML and HTML, and `\u` escapes in JSON strings.
 * @throws TemplateProblem for an unsupported charset; CharacterProblem for a character that cannot be written there at all; TemplateLimit
 */
export function encodeBody(
  text: string,
  kind: ContentKind,
  contentType: string | undefined,
  work: RenderWork,
): EncodedBody {
  const inType = contentType === undefined ? undefined : typeParameter(contentType, "charset");
  const declared = kind === "xml" || kind === "html" ? declarationOf(text) : undefined;
  const name = inType ?? declared?.charset;
  if (name === undefined) return { text };
  const charset = charsetNamed(name);
  if (charset === undefined) throw new TemplateProblem(`the charset "${name.slice(0, 60)}" is not supported`);
  const agreed = agreeing(text, declared, name);
  if (charset === "utf-8") return { text: agreed };
  work.spend(COST_IN_CHARSET * agreed.length);
  const inCharset = kind === "form" ? formIn(agreed, charset, work) : agreed;
  const fitting = fit(inCharset, kind, charset, agreed.length - text.length, work);
  return { text: fitting, bytes: charset.encode(fitting) };
}

/** Extra cost of a character beyond ASCII, measured: it is looked up in tables, tried, and perhaps escaped. */
const COST_BEYOND_ASCII = 16;
/** Extra cost of any character in a charset other than UTF-8, measured: it is encoded, read by two decoders, and encoded again. */
const COST_IN_CHARSET = 3;

/** How many more UTF-8 bytes than UTF-16 units a text has: one or two for each unit beyond ASCII. */
function beyondAscii(text: string): number {
  return Buffer.byteLength(text) - text.length;
}

/** The charset that the XML declaration of a text names. */
export function declaredCharset(text: string): string | undefined {
  return declarationOf(text)?.charset;
}

interface Declaration {
  readonly charset: string;
  /** Offset of its name. */
  readonly at: number;
}

/** XML 1.0, section 2.8. Declarations longer than any real one are not matched. */
const DECLARATION = /^\s*<\?xml\s[^>]{0,200}?\sencoding\s{0,9}=\s{0,9}["']([A-Za-z0-9._:+-]{1,60})["']/d;

function declarationOf(text: string): Declaration | undefined {
  const found = DECLARATION.exec(text);
  const charset = found?.[1];
  return charset === undefined ? undefined : { charset, at: found?.indices?.[1]?.[0] ?? 0 };
}

function agreeing(text: string, declared: Declaration | undefined, name: string): string {
  if (declared === undefined || canonical(declared.charset) === canonical(name)) return text;
  return text.slice(0, declared.at) + name + text.slice(declared.at + declared.charset.length);
}

function canonical(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** @param shift how much longer than rendered the text is, all of it at its beginning, in UTF-16 units */
function fit(text: string, kind: ContentKind, charset: Charset, shift: number, work: RenderWork): string {
  if (charset.holds(text)) return text;
  work.spend(COST_BEYOND_ASCII * beyondAscii(text));
  const pieces = lackingRuns(text, charset.lacking(text));
  const places = positionsIn(pieces, kind).values();
  const fitted = pieces
    .map((piece) => (typeof piece === "string" ? piece : escapedRun(piece, places.next().value, charset, shift)))
    .join("");
  if (charset.holds(fitted)) return fitted;
  throw new TemplateProblem(`the charset ${charset.name} cannot encode this text`);
}

/** Consecutive characters that a charset lacks. */
interface Run {
  readonly characters: string;
  readonly offset: number;
}

/** A text cut at the characters that a charset lacks. */
function lackingRuns(text: string, lacking: ReadonlySet<string>): readonly (string | Run)[] {
  const pieces: (string | Run)[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const offset = at;
    for (let length = lackingAt(text, at, lacking); length > 0; length = lackingAt(text, at, lacking)) at += length;
    if (at === offset) continue;
    pieces.push(text.slice(from, offset), { characters: text.slice(offset, at), offset });
    from = at;
  }
  pieces.push(text.slice(from));
  return pieces;
}

/** Length of the character at an offset when it is lacking, else 0. */
function lackingAt(text: string, at: number, lacking: ReadonlySet<string>): number {
  if (!(text.charCodeAt(at) > 0x7f)) return 0;
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return lacking.has(character) ? character.length : 0;
}

function escapedRun(
  { characters, offset }: Run,
  position: PositionResult | undefined,
  charset: Charset,
  shift: number,
): string {
  let written = "";
  for (const character of characters) {
    const escape = escaped(character, position);
    if (escape === undefined) throw new CharacterProblem(lacks(charset, character), offset - shift);
    written += escape;
  }
  return written;
}

function positionsIn(pieces: readonly unknown[], kind: ContentKind): readonly PositionResult[] {
  if (kind === "json") return scan(pieces, JSON_READING);
  if (kind === "xml") return scan(pieces, XML_READING);
  if (kind === "yaml") return yamlPositions(pieces);
  if (kind === "toml") return tomlPositions(pieces);
  return kind === "html" ? scan(pieces, HTML_READING) : [];
}

/** The escape of a character in a position; undefined when there is none. */
function escaped(character: string, position: PositionResult | undefined): string | undefined {
  switch (position) {
    case "xml-text":
    case "xml-attribute":
      return `&#${String(character.codePointAt(0))};`;
    case "html-text":
    case "html-link":
      // HTML reads references to C1 controls as characters of windows-1252 (WHATWG HTML, section 13.2.5.80).
      return /\p{Cc}/u.test(character) ? undefined : `&#${String(character.codePointAt(0))};`;
    case "json-string":
    case "script-text":
      return unicodeEscape(character);
    case "data-text":
      // Neither YAML nor TOML combines two escapes into one character.
      return character.length === 1 ? unicodeEscape(character) : `\\U${codeOf(character).padStart(8, "0")}`;
    default:
      return undefined;
  }
}

function codeOf(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
}

function lacks({ name }: Charset, character: string): string {
  return `the charset ${name} cannot encode "${character}" (U+${codeOf(character).padStart(4, "0")}), and no escape is possible here`;
}

const HIGH_BYTES = /((?:%[89A-F][0-9A-F])+)/i;

/** Re-encodes a form's percent-encoded text, whose values are UTF-8, in another charset, as receivers that follow the declaration decode it. */
function formIn(text: string, charset: Charset, work: RenderWork): string {
  if (!charset.encode("a").equals(Buffer.from("a"))) {
    throw new TemplateProblem(`a form cannot be sent in ${charset.name}, which is not compatible with ASCII`);
  }
  // Every second piece is a run of high bytes.
  const pieces = text
    .split(HIGH_BYTES)
    .map((piece, index) => ({ piece, characters: index % 2 === 1 ? decoded(piece) : undefined }));
  const all = pieces.map(({ characters = "" }) => characters).join("");
  work.spend(COST_BEYOND_ASCII * beyondAscii(all));
  const lacking = charset.lacking(all);
  const percents = percentsOf(new Set(all), charset);
  let offset = 0;
  let written = "";
  for (const { piece, characters } of pieces) {
    for (const character of characters ?? "") {
      if (lacking.has(character)) throw new CharacterProblem(lacks(charset, character), offset);
      written += percents.get(character) ?? "";
    }
    if (characters === undefined) written += piece;
    offset += piece.length;
  }
  return written;
}

const PERCENTS = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);

/** Characters in the bytes of a charset, percent-encoded; all at once, since one call per character is expensive. */
function percentsOf(characters: ReadonlySet<string>, charset: Charset): ReadonlyMap<string, string> {
  const encoded = charset
    .encode([...characters].join("\n"))
    .toString("latin1")
    .split("\n");
  const percent = (bytes = ""): string => {
    let written = "";
    for (let at = 0; at < bytes.length; at += 1) written += PERCENTS[bytes.charCodeAt(at)] ?? "";
    return written;
  };
  return new Map([...characters].map((character, index) => [character, percent(encoded[index])]));
}

/** Undefined for percent-encoded bytes that are not UTF-8: the template's author wrote them like that. */
function decoded(encoded: string): string | undefined {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
