import iconv from "iconv-lite";

/** A charset that bodies can be sent in, other than UTF-8. */
export interface Charset {
  /** As declared. */
  readonly name: string;
  /** The bytes of a text, with a byte order mark where the name leaves the order open (UTF-16: RFC 2781, section 3.3; UTF-32). */
  encode(text: string): Buffer;
  /** Whether a whole text comes back from its bytes. */
  holds(text: string): boolean;
  /** The characters of a text that it has no bytes for, each once. */
  lacking(text: string): ReadonlySet<string>;
}

/** Codecs of the library that are not charsets of a text: transfer encodings, and one in which ASCII does not stand for itself. */
const NOT_CHARSETS = /^(?:base64|hex|binary|utf7.*|unicode11utf7|cesu8)$/;
const LABEL = /^[A-Za-z0-9._:+-]{1,60}$/;
/** Names that the library has under another one. */
const ALIASES: Readonly<Record<string, string>> = {
  unicode: "utf16",
  iso10646ucs2: "ucs2",
  xcp1250: "cp1250",
  xcp1251: "cp1251",
  xcp1252: "cp1252",
  xmaccyrillic: "maccyrillic",
  iso88598i: "iso88598",
};

/** The charset of a name of the IANA registry, in any letter case: `utf-8` for UTF-8, which bodies are in anyway; undefined for one that we do not have. */
export function charsetNamed(name: string): Charset | "utf-8" | undefined {
  if (!LABEL.test(name)) return undefined;
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (plain === "utf8" || plain === "unicode11utf8") return "utf-8";
  const codec = Object.hasOwn(ALIASES, plain) ? (ALIASES[plain] ?? plain) : plain;
  if (NOT_CHARSETS.test(codec) || !iconv.encodingExists(codec)) return undefined;
  const encode = (text: string): Buffer => iconv.encode(text, codec);
  // A charset that is not of all of Unicode has no U+FFFD, though some of its bytes are read as that.
  const unicode = /^(?:utf|ucs|gb18030)/.test(codec);
  const decoders = [(bytes: Buffer): string => iconv.decode(bytes, codec), ...platformDecoder(name)];
  const again = (text: string): readonly string[] => {
    const bytes = encode(text);
    return decoders.map((decode) => decode(bytes));
  };
  return {
    name,
    encode,
    holds: (text) => again(text).every((read) => read === text) && (unicode || !text.includes("\ufffd")),
    lacking(text) {
      // All at once, with something between that every charset has: a call for each would cost a thousand times as much.
      const characters = [...distinctBeyondAscii(text)];
      const readings = again(characters.join("\n")).map((read) => read.split("\n"));
      const held = (character: string, index: number): boolean =>
        readings.every((read) => read[index] === character) && (unicode || character !== "\ufffd");
      return new Set(characters.filter((character, index) => !held(character, index)));
    },
  };
}

/** By code point rather than by pattern: a match is an object, and a text can have hundreds of thousands. */
function distinctBeyondAscii(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code <= 0x7f) continue;
    const character = String.fromCodePoint(text.codePointAt(at) ?? code);
    found.add(character);
    at += character.length - 1;
  }
  return found;
}

/**
 * The platform's own reading of a charset, if it has one. A character counts as held when both read it so: of Big5, EUC-KR and others there are
 * several tables, and of a character that only one has nobody knows what the receiver makes.
 */
function platformDecoder(name: string): readonly ((bytes: Buffer) => string)[] {
  try {
    const decoder = new TextDecoder(name);
    return [(bytes) => decoder.decode(bytes)];
  } catch {
    return [];
  }
}
