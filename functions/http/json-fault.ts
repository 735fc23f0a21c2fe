const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
// Up to the first character that cannot stand in a string, so that an unfinished one is told where it breaks off.
const STRING_INSIDE = /(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;

/**
 * Where a text stops being JSON (RFC 8259), as an offset in UTF-16 units; its length when it only ends too early. For
 * texts that JSON.parse refused: its own message has no position in most cases. Without recursion, so depth does not matter.
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

  for (;;) {
    // A value begins here.
    skip(SPACE);
    if (take("{")) {
      skip(SPACE);
      if (!take("}")) {
        open.push("{");
        if (!member()) return at;
        continue;
      }
    } else if (take("[")) {
      skip(SPACE);
      if (!take("]")) {
        open.push("[");
        continue;
      }
    } else if (text[at] === '"' ? !string() : !skip(LITERAL) && !skip(NUMBER)) {
      return at;
    }
    // A value ended: close what closes, then go on to the next one.
    for (;;) {
      skip(SPACE);
      const inside = open.at(-1);
      if (inside === undefined) return at;
      if (take(inside === "{" ? "}" : "]")) {
        open.pop();
        continue;
      }
      if (!take(",")) return at;
      if (inside === "{" && !member()) return at;
      break;
    }
  }
}
