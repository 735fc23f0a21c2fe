/** Bodies made readable. Nothing is parsed and re-serialized: digits, escapes and order stay as received, only the white space between them changes. */
import { isUtf8 } from "node:buffer";

export interface Pretty {
  readonly text: string;
  /** What is not shown, in words. */
  readonly note: string;
}

/** Larger bodies are not indented, in UTF-16 units. */
const MOST_INDENTED = 128 * 1024;
/** UTF-16 units that are shown. */
const MOST_SHOWN = 32 * 1024;
const MOST_DUMPED = 1024;
/** Deeper levels are not indented further: the text would grow with the square of the depth. */
const DEEPEST_INDENT = 20;

/** @param contentType the header as received; undefined without one. */
export function prettyBody(bytes: Buffer, contentType: string | undefined): Pretty {
  const text = decoded(bytes, contentType);
  if (text === undefined)
    return {
      text: hexDump(bytes.subarray(0, MOST_DUMPED)),
      note: `not text${bytes.length > MOST_DUMPED ? `, the first ${String(MOST_DUMPED)} bytes` : ""}`,
    };
  const shown = text.length > MOST_INDENTED ? text : (indented(text, contentType ?? "") ?? text);
  if (shown.length <= MOST_SHOWN) return { text: shown, note: "" };
  return { text: shown.slice(0, MOST_SHOWN), note: `the first ${String(MOST_SHOWN)} characters` };
}

function decoded(bytes: Buffer, contentType = ""): string | undefined {
  if (isUtf8(bytes)) return bytes.toString("utf8");
  const charset = /;\s*charset="?([\w.:-]+)/i.exec(contentType)?.[1];
  if (charset === undefined) return undefined;
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function indented(text: string, contentType: string): string | undefined {
  if (/^application\/x-www-form-urlencoded/i.test(contentType)) return formLines(text);
  return /^\s*</.test(text) ? indentXml(text) : indentJson(text);
}

/** One pair a line, decoded. */
function formLines(text: string): string | undefined {
  try {
    return text
      .split("&")
      .map((pair) =>
        pair
          .split("=")
          .map((part) => decodeURIComponent(part.replaceAll("+", " ")))
          .join(" = "),
      )
      .join("\n");
  } catch {
    return undefined;
  }
}

const JSON_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/gs;

/** Undefined when it is not JSON. */
export function indentJson(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  const out: string[] = [];
  let depth = 0;
  let before = "";
  for (const [token] of text.matchAll(JSON_TOKEN)) {
    const opened = before === "{" || before === "[";
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    if (opened !== closes || (!opened && before === ",")) out.push(lineBreak(depth));
    out.push(token === ":" ? ": " : token);
    if (token === "{" || token === "[") depth += 1;
    before = token;
  }
  return out.join("");
}

const MARKUP: readonly (readonly [opens: string, closes: string])[] = [
  ["<!--", "-->"],
  ["<![CDATA[", "]]>"],
  ["<?", "?>"],
  ["<", ">"],
];

/** Line breaks between tags with only white space between them. Undefined when some markup does not end. */
export function indentXml(text: string): string | undefined {
  const out: string[] = [];
  let depth = 0;
  let at = 0;
  let inLine = true;
  while (at < text.length) {
    const next = text.indexOf("<", at);
    const between = text.slice(at, next === -1 ? undefined : next);
    if (between.trim() !== "") {
      out.push(between);
      inLine = true;
    }
    if (next === -1) break;
    const markup = markupAt(text, next);
    if (markup === undefined) return undefined;
    at = next + markup.text.length;
    if (markup.kind === "end") depth = Math.max(0, depth - 1);
    if (!inLine && markup.kind !== "cdata") out.push(lineBreak(depth));
    if (markup.kind === "start") depth += 1;
    out.push(markup.text);
    // `<name>Zoë</name>` and `<name></name>` stay on one line.
    inLine = markup.kind === "cdata" || (markup.kind === "start" && text.startsWith("</", at));
  }
  return out.join("").trim();
}

interface Markup {
  readonly kind: "start" | "end" | "cdata" | "other";
  readonly text: string;
}

function markupAt(text: string, start: number): Markup | undefined {
  const [opens, closes] = MARKUP.find(([beginning]) => text.startsWith(beginning, start)) ?? ["<", ">"];
  const end = text.indexOf(closes, start + opens.length);
  if (end === -1) return undefined;
  const found = text.slice(start, end + closes.length);
  if (opens === "<![CDATA[") return { kind: "cdata", text: found };
  if (opens !== "<" || found.startsWith("<!") || found.endsWith("/>")) return { kind: "other", text: found };
  return { kind: found.startsWith("</") ? "end" : "start", text: found };
}

function lineBreak(depth: number): string {
  return `\n${"  ".repeat(Math.min(depth, DEEPEST_INDENT))}`;
}

/** `00000000  89 50 4e 47 …  .PNG…` */
function hexDump(bytes: Buffer): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = [...bytes.subarray(at, at + 16)];
    const hex = row.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const ascii = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(8, "0")}  ${hex.padEnd(47)}  ${ascii}`);
  }
  return lines.join("\n");
}
