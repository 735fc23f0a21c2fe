import { cutText } from "../../../shared/core/masking/cut-text.ts";

const noteOf = (text: string): string => `… (${String(text.length)} characters in all)`;

test("a text of the longest length is unchanged, a longer one ends in a note of its length and is no longer", () => {
  expect(cutText("x".repeat(100), 100)).toBe("x".repeat(100));
  const cut = cutText("x".repeat(101), 100);
  expect(cut).toHaveLength(100);
  expect(cut).toMatch(/^x+… \(101 characters in all\)$/);
});

/** Puts `whole` over the place where a text is cut, once for each way to tear it. */
function tornEverywhere(whole: string): string[] {
  const longest = 200;
  return Array.from({ length: whole.length - 1 }, (_, at) => {
    const note = noteOf("x".repeat(999));
    const begin = longest - note.length - at - 1;
    const text = `${"x".repeat(begin)}${whole}`.padEnd(999, "y");
    const cut = cutText(text, longest);
    expect(cut.endsWith(note)).toBe(true);
    return cut.slice(0, -note.length);
  });
}

test.each([
  ["a pair of surrogates", "😀"],
  ["an escape of JSON", "\\u00e9"],
  ["two escapes of JSON for one character", "\\ud83d\\ude00"],
  ["an escaped quote", '\\"'],
  ["an escaped backslash", "\\\\"],
  ["a hexadecimal escape", "\\x41"],
  ["a percent-encoded byte", "%41"],
  ["a percent-encoded character of two bytes", "%C3%A9"],
  ["of three bytes", "%e2%82%ac"],
  ["of four bytes", "%F0%9F%98%80"],
  ["an entity", "&quot;"],
  ["a numeric entity", "&#x1F600;"],
  ["a mask", "•••"],
])("%s is never split", (_name, whole) => {
  for (const kept of tornEverywhere(whole)) expect(kept).toMatch(/^x+$/);
});

test("a run of backslashes before the cut is read in pairs from its beginning", () => {
  const longest = 100;
  for (const odd of [0, 1]) {
    const cut = cutText(`${"z".repeat(odd)}${"\\".repeat(500)}`, longest);
    expect((/\\+/.exec(cut)?.[0].length ?? 0) % 2).toBe(0);
  }
});

test("what only looks like an escape is cut anywhere", () => {
  const cut = cutText("%zz&y ".repeat(100), 200);
  expect(cut).toHaveLength(200);
});
