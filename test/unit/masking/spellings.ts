/** How receivers write what they were sent. */
type Spelling = (text: string) => string;

/** Each character written by `write`. */
export function spell(text: string, write: (character: string) => string): string {
  return Array.from(text).map(write).join("");
}

export const hex = (text: string): string => Buffer.from(text).toString("hex");
const json = (text: string): string => JSON.stringify(text).slice(1, -1);
const bytes = (text: string, write: (byte: string) => string): string =>
  (hex(text).match(/../g) ?? []).map(write).join("");
const units = (text: string, write: (unit: string) => string): string =>
  Array.from({ length: text.length }, (_, at) => write(text.charCodeAt(at).toString(16).padStart(4, "0"))).join("");
const code = (character: string): number => character.codePointAt(0) ?? 0;
const NAMES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos" };
const entity = (character: string): string => {
  const name = NAMES[character];
  return name === undefined ? character : `&${name};`;
};

/** Spellings of text as text. */
export const TEXT_SPELLINGS: Readonly<Record<string, Spelling>> = {
  "as it is": (text) => text,
  JSON: json,
  "JSON with escaped slashes": (text) => json(text).replaceAll("/", "\\/"),
  "JSON of ASCII alone": (text) =>
    spell(json(text), (character) => (code(character) < 0x7f ? character : units(character, (unit) => `\\u${unit}`))),
  "\\u for all": (text) => units(text, (unit) => `\\u${unit}`),
  "\\u in capitals": (text) => units(text, (unit) => `\\u${unit.toUpperCase()}`),
  "percent-encoded": encodeURIComponent,
  "percent-encoded in small letters": (text) => encodeURIComponent(text).replace(/%../g, (byte) => byte.toLowerCase()),
  "percent-encoded, every byte": (text) => bytes(text, (byte) => `%${byte.toUpperCase()}`),
  "percent-encoded, every other character": (text) =>
    Array.from(text)
      .map((character, at) =>
        at % 2 === 0 || /[%\\&]/.test(character) ? bytes(character, (byte) => `%${byte}`) : character,
      )
      .join(""),
  form: (text) => new URLSearchParams({ a: text }).toString().slice(2),
  XML: (text) => spell(text, entity),
  "decimal entities": (text) => spell(text, (character) => `&#${String(code(character))};`),
  "hexadecimal entities": (text) => spell(text, (character) => `&#x${code(character).toString(16)};`),
  "hexadecimal entities with zeros": (text) =>
    spell(text, (character) => `&#X0000${code(character).toString(16).toUpperCase()};`),
};

/** All of them, and those of bytes. */
export const SPELLINGS: Readonly<Record<string, Spelling>> = {
  ...TEXT_SPELLINGS,
  "JSON in JSON": (text) => json(json(text)),
  "JSON in JSON in JSON": (text) => json(json(json(text))),
  "percent-encoded twice": (text) => encodeURIComponent(encodeURIComponent(text)),
  "XML in XML": (text) => spell(spell(text, entity), entity),
  base64: (text) => Buffer.from(text).toString("base64"),
  base64url: (text) => Buffer.from(text).toString("base64url"),
  hex,
  HEX: (text) => hex(text).toUpperCase(),
  "hex dump": (text) => bytes(text, (byte) => `${byte} `).trimEnd(),
  "hex with colons": (text) => bytes(text, (byte) => `${byte}:`).slice(0, -1),
  "\\x for all": (text) => bytes(text, (byte) => `\\x${byte}`),
  "capital letters": (text) => text.replace(/[a-z]/g, (letter) => letter.toUpperCase()),
  "small letters": (text) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
};
