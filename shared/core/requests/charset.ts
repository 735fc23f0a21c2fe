import iconv from "iconv-lite";

/** A charset that bodies can be sent in, other than UTF-8. */
export interface Charset {
  /** As declared. */
  readonly name: string;
  /** The bytes of a text, with a byte order mark if the name leaves the byte order open (UTF-16: RFC 2781, section 3.3; UTF-32). */
  encode(text: string): Buffer;
  /** Whether a text survives the round trip through its bytes. */
  holds(text: string): boolean;
  /** The distinct characters of a text that it cannot encode. */
  lacking(text: string): ReadonlySet<string>;
}

/** Codecs of the library that are not charsets: transfer encodings, and those in which ASCII does not represent itself. */
const NOT_CHARSETS = /^(?:base64|hex|binary|utf7.*|unicode11utf7|cesu8)$/;
const LABEL = /^[A-Za-z0-9._:+-]{1,60}$/;
/** Names that the library knows under another one. */
const ALIASES: Readonly<Record<string, string>> = {
  unicode: "utf16",
  iso10646ucs2: "ucs2",
  xcp1250: "cp1250",
  xcp1251: "cp1251",
  xcp1252: "cp1252",
  xmaccyrillic: "maccyrillic",
  iso88598i: "iso88598",
};

/** The charset for a name of the IANA registry, in any letter case: `utf-8` for UTF-8, the default of bodies; undefined for one that is not supported. */
export function charsetNamed(name: string): Charset | "utf-8" | undefined {
  if (!LABEL.test(name)) return undefined;
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, "");
  if (plain === "utf8" || plain === "unicode11utf8") return "utf-8";
  const codec = Object.hasOwn(ALIASES, plain) ? (ALIASES[plain] ?? plain) : plain;
  if (NOT_CHARSETS.test(codec) || !iconv.encodingExists(codec)) return undefined;
  const encode = (text: string): Buffer => iconv.encode(text, codec);
  // Only a charset of all of Unicode has U+FFFD, though bytes of others may decode to it.
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
      // All at once, separated by what every charset has: one call per character would cost a thousand times as much.
      const characters = [...distinctBeyondAscii(text)];
      const readings = again(characters.join("\n")).map((read) => read.split("\n"));
      const held = (character: string, index: number): boolean =>
        readings.every((read) => read[index] === character) && (unicode || character !== "\ufffd");
      return new Set(characters.filter((character, index) => !held(character, index)));
    },
  };
}

/** By code point, not by pattern: each match is an object, and a text can have hundreds of thousands. */
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
 * The platform's own decoder for a charset, if it has one. A character counts as supported only when both decoders read it back: Big5, EUC-KR and
 * others have several tables, and how a receiver reads a character that only one of them has is unknown.
 */
function platformDecoder(name: string): readonly ((bytes: Buffer) => string)[] {
  try {
    const decoder = new TextDecoder(name);
    return [(bytes) => decoder.decode(bytes)];
  } catch {
    return [];
  }
}
