/** Replacements of ASCII characters, by code; undefined for those that stay as they are. */
export type Table = readonly (string | undefined)[];

/** A table for the ASCII characters of a class. */
export function tableOf(characters: RegExp, write: (character: string) => string): Table {
  return Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code);
    return characters.test(character) ? write(character) : undefined;
  });
}

/** A text with its characters replaced by a table. A callback for each match of a pattern costs ten times as much. */
export function byTable(text: string, table: Table): string {
  let written = "";
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const other = table[text.charCodeAt(at)];
    if (other !== undefined) {
      written += text.slice(from, at) + other;
      from = at + 1;
    }
  }
  return from === 0 ? text : written + text.slice(from);
}
