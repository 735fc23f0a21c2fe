import { Trouble } from "../../lib/errors.ts";
import { parseExact } from "./exact-json.ts";
import { jsonFaultAt } from "./json-fault.ts";

/** Formats by their first bytes, and what their sender has to do. Longer marks with the same beginning come first. */
const FORMS: readonly (readonly [mark: readonly number[], reason: string])[] = [
  [[0x1f, 0x8b], "The body is gzip; send it uncompressed"],
  [[0x28, 0xb5, 0x2f, 0xfd], "The body is zstd; send it uncompressed"],
  [[0x78, 0x01], "The body is zlib; send it uncompressed"],
  [[0x78, 0x5e], "The body is zlib; send it uncompressed"],
  [[0x78, 0x9c], "The body is zlib; send it uncompressed"],
  [[0x78, 0xda], "The body is zlib; send it uncompressed"],
  [[0x50, 0x4b, 0x03, 0x04], "The body is a zip archive; send the JSON itself"],
  [[0xac, 0xed, 0x00, 0x05], "The body was written by Java's serializer; send the JSON's bytes"],
  [[0x00, 0x01, 0x00, 0x00, 0x00, 0xff], "The body was written by .NET's BinaryFormatter; send the JSON's bytes"],
  [[0x4f, 0x62, 0x6a, 0x01], "The body is Avro; send JSON"],
  [[0x00, 0x00, 0xfe, 0xff], "The body is UTF-32; send UTF-8"],
  [[0xff, 0xfe, 0x00, 0x00], "The body is UTF-32; send UTF-8"],
  [[0xff, 0xfe], "The body is UTF-16; send UTF-8"],
  [[0xfe, 0xff], "The body is UTF-16; send UTF-8"],
];

const OF_DOTNET =
  "The body was written by .NET's DataContractSerializer, as new BrokeredMessage(text) does; send the JSON's bytes, as a stream or with a newer library";
/** Namespaces that the serializer names at the beginning, in XML and in its binary form ([MC-NBFX]). */
const DOTNET_NAMESPACE = /http:\/\/schemas\.(?:microsoft\.com\/2003\/10\/Serialization|datacontract\.org\/)/;
/** How much of a body is searched for them, in bytes: an element's name comes first. */
const DOTNET_BEGIN = 512;

const OPENING_BRACE = 0x7b;
const UTF_8 = new TextDecoder("utf-8", { fatal: true });

/** How deep texts within texts are looked into. */
const MOST_LAYERS = 3;

/**
 * Reads the body of a message: JSON in UTF-8; a byte order mark is skipped.
 * @returns the value, numbers with their digits (exact-json.ts); or a Trouble that says what the body is instead and what to do. It quotes
 * nothing of the body.
 */
export function readBody(bytes: Uint8Array): unknown {
  const form = knownForm(bytes);
  if (form !== undefined) return new Trouble(form);
  let text: string;
  try {
    text = UTF_8.decode(bytes);
  } catch {
    return new Trouble("The message is not UTF-8");
  }
  if (text.trim() === "") return new Trouble("The body is empty; send the event in it, as JSON");
  try {
    const value = parseExact(text);
    const wrapped = wrapping(value);
    return wrapped === undefined ? value : new Trouble(wrapped);
  } catch (error) {
    // Not in the parser's words: they quote the text, which may be personal data, and operators read the reason.
    return new Trouble(error instanceof SyntaxError ? notJson(text) : "Not JSON: nested too deeply");
  }
}

/** What a body is by its first bytes, if that is not text in UTF-8. */
function knownForm(bytes: Uint8Array): string | undefined {
  // An object of JSON, as nearly all are; UTF-16 and UTF-32 would have a zero next.
  if (bytes[0] === OPENING_BRACE && bytes[1] !== 0) return undefined;
  const form = FORMS.find(([mark]) => mark.every((byte, at) => bytes[at] === byte))?.[1];
  if (form !== undefined) return form;
  // Which of the first four bytes are zero gives it away, since JSON begins with ASCII characters (RFC 4627, section 3).
  const zeros = bytes.length < 4 ? "" : [...bytes.subarray(0, 4)].map((byte) => (byte === 0 ? "0" : "x")).join("");
  if (zeros === "x0x0" || zeros === "0x0x") return "The body is UTF-16; send UTF-8";
  if (zeros === "x000" || zeros === "000x") return "The body is UTF-32; send UTF-8";
  return isOfDotnet(Buffer.from(bytes.subarray(0, DOTNET_BEGIN)).toString("latin1")) ? OF_DOTNET : undefined;
}

/** A short element of binary XML, with or without a prefix, or an element of XML text, in a namespace of the serializer. */
function isOfDotnet(begin: string): boolean {
  return /^(?:[\x40-\x5d]|\s*<)/.test(begin.replace(/^\xef\xbb\xbf/, "")) && DOTNET_NAMESPACE.test(begin);
}

function notJson(text: string): string {
  if (/^\s*</.test(text)) return "The body is XML or HTML; send JSON";
  // The base64 of `{` followed by a quote, a space or a line break.
  if (/^e[wy][A-Za-z0-9+/_-]+={0,2}\s*$/.test(text)) return "The body is base64; send the JSON itself";
  return `Not JSON: ${jsonFault(text)}`;
}

function jsonFault(text: string): string {
  const at = jsonFaultAt(text);
  if (at === text.length) return `it ends unexpectedly after ${String(at)} characters`;
  const before = text.slice(0, at).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  return `there is an error at line ${String(before.length)} column ${String(column)}`;
}

/** What the event was wrapped in, if it was. */
function wrapping(value: unknown): string | undefined {
  if (holdsJson(value))
    return "The body is a JSON string that contains JSON: it was serialized twice; send the object itself";
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    const first: unknown = value[0];
    const isList = typeof first === "object" && first !== null && !Array.isArray(first);
    return isList ? "The body is a list of objects; send each event in a message of its own" : undefined;
  }
  const isBuffer = "type" in value && value.type === "Buffer" && "data" in value && Array.isArray(value.data);
  return isBuffer ? "The body is a Node.js Buffer written as JSON; send the bytes themselves" : undefined;
}

/** Whether a value is a text that contains a JSON object or list, or a text of such a text. */
export function holdsJson(value: unknown): boolean {
  let inner = value;
  for (let layer = 0; layer < MOST_LAYERS && typeof inner === "string"; layer += 1) {
    if (!/^\s*["{[]/.test(inner)) return false;
    try {
      inner = JSON.parse(inner);
    } catch {
      return false;
    }
  }
  return typeof value === "string" && typeof inner === "object" && inner !== null;
}
