const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Up to the first character that a string cannot contain, so that an unfinished one is reported where it breaks off.
// RFC 8259 forbids U+0000 to U+001F only; the other control characters are allowed again.
const STRING_INSIDE = /(?:[^"\\\p{Cc}]|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;

/**
 * Where a text stops being JSON (RFC 8259), as an offset in UTF-16 units; its length when it only ends unexpectedly. For
 * texts that JSON.parse refused: its own message rarely has a position. Without recursion, so depth does not matter.
 */
export function jsonFaultAt(text: string): number {
  const open: ("{" | "[")[] = [];
  let at = 0;
  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0] ?? "";
    at += found.length;
    return found !== "";
  };
  const take = (character: string): boolean => {
    const there = text[at] === character;
    if (there) at += 1;
    return there;
  };
  const string = (): boolean => {
    if (!take('"')) return false;
    skip(STRING_INSIDE);
    return take('"');
  };
  const member = (): boolean => {
    skip(SPACE);
    if (!string()) return false;
    skip(SPACE);
    return take(":");
  };

  const closeValues = (): boolean => {
    for (;;) {
      skip(SPACE);
      const inside = open.at(-1);
      if (inside === undefined) return false;
      if (take(inside === "{" ? "}" : "]")) open.pop();
      else return take(",") && (inside === "[" || member());
    }
  };

  for (;;) {
    // A value begins here; what opens an object or a list goes on with its first value.
    skip(SPACE);
    const bracket = take("{") ? "{" : take("[") ? "[" : undefined;
    if (bracket !== undefined) {
      skip(SPACE);
      if (!take(bracket === "{" ? "}" : "]")) {
        open.push(bracket);
        if (bracket === "{" && !member()) return at;
        continue;
      }
    } else if (text[at] === '"' ? !string() : !skip(LITERAL) && !skip(NUMBER)) {
      return at;
    }
    // A value ended: close what closes, then go on to the next one.
    if (!closeValues()) return at;
  }
}
