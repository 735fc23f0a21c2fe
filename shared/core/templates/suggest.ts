/** Names of our filters elsewhere, without punctuation and in lower case. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  uppercase: "upcase",
  upper: "upcase",
  touppercase: "upcase",
  toupper: "upcase",
  lowercase: "downcase",
  lower: "downcase",
  tolowercase: "downcase",
  tolower: "downcase",
  trim: "strip",
  length: "size",
  count: "size",
  concat: "append",
  urlencode: "url_encode",
  encodeuricomponent: "url_encode",
  escapehtml: "escape",
  htmlescape: "escape",
  h: "escape",
  base64: "base64_encode",
  tojson: "json",
  safe: "raw",
  dateformat: "date",
  formatdate: "date",
  ifempty: "default",
};

/** Longer names are not typos. */
const LONGEST = 20;

/** The one of `names` that was probably meant: its name elsewhere, or the nearest one within a typo or two; undefined when there is none. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  if (written.length > LONGEST) return undefined;
  const word = folded(written);
  if (Object.hasOwn(ELSEWHERE, word)) return ELSEWHERE[word];
  const slips = names.map((name) => ({ name, slips: distance(word, folded(name)) }));
  const allowed = word.length < 5 ? 1 : 2;
  return slips.filter((one) => one.slips <= allowed).toSorted((one, other) => one.slips - other.slips)[0]?.name;
}

function folded(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, "");
}

/** Letters to change, add or leave out to turn one word into the other (Levenshtein). */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of Array.from(one).entries()) {
    const next = [index + 1];
    for (let at = 1; at <= other.length; at += 1) {
      const same = letter === other[at - 1] ? 0 : 1;
      next.push(Math.min((row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1, (row[at - 1] ?? 0) + same));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
