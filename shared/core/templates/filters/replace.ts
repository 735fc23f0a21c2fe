/**
 * Finds a text in others, in time linear in both whatever they contain (Knuth, Morris and Pratt): the engine's own search takes the product of
 * their lengths for adversarial texts.
 * @param search not empty
 * @returns where it begins, from left to right, without overlaps
 */
export function finderOf(search: string): (text: string) => readonly number[] {
  const back = borders(search);
  return (text) => {
    const found: number[] = [];
    let matched = 0;
    for (let at = 0; at < text.length; at += 1) {
      while (matched > 0 && text.charCodeAt(at) !== search.charCodeAt(matched)) matched = back[matched - 1] ?? 0;
      if (text.charCodeAt(at) === search.charCodeAt(matched)) matched += 1;
      if (matched === search.length) {
        found.push(at - search.length + 1);
        matched = 0;
      }
    }
    return found;
  };
}

/** For each prefix, the length of its longest border (a proper prefix that is also a suffix). */
function borders(search: string): Uint32Array {
  const lengths = new Uint32Array(search.length);
  let length = 0;
  for (let at = 1; at < search.length; at += 1) {
    while (length > 0 && search.charCodeAt(at) !== search.charCodeAt(length)) length = lengths[length - 1] ?? 0;
    if (search.charCodeAt(at) === search.charCodeAt(length)) length += 1;
    lengths[at] = length;
  }
  return lengths;
}

/** `text` with `replacement` in place of `length` UTF-16 units at each of `places`. */
export function replacedAt(text: string, places: readonly number[], length: number, replacement: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const place of places) {
    pieces.push(text.slice(from, place));
    from = place + length;
  }
  return pieces.length === 0 ? text : [...pieces, text.slice(from)].join(replacement);
}
