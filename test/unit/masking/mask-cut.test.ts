import { maskFor, prepareSecrets } from "../../../shared/core/masking/mask.ts";
import { allAtOnce } from "../../../shared/lib/pieces.ts";
import { numbers } from "./numbers.ts";
import { SPELLINGS } from "./spellings.ts";

const LONGEST = 3_000;
const VISIBLE = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 0x21 + index));

/** A text with `seen` in it from `begin` on, and far more around it than is shown. */
function textWith(seen: string, begin: number, filler: string): string {
  const before = filler.repeat(Math.ceil(begin / filler.length)).slice(0, begin);
  return `${before}${seen}${filler.repeat(6_000 / filler.length)}`;
}

function cutAndMasked(text: string, secrets: readonly string[]): string {
  const prepared = allAtOnce(prepareSecrets(secrets));
  return allAtOnce(prepared.mask(text, LONGEST));
}

test.each(Object.keys(SPELLINGS))("what remains of a text that is cut is masked as in the whole text: %s", (name) => {
  const spelling = SPELLINGS[name];
  if (!spelling) throw new Error("no such spelling");
  const next = numbers(name.length);
  for (const [length, filler] of [
    [4, "text "],
    [6, '{"a": 1}, '],
    [12, "<p>a</p> & "],
    [40, "漢字 - "],
    [90, "%20 . "],
    [700, "text "],
    [2_500, "text "],
  ] as const) {
    const secret = Array.from({ length }, () => VISIBLE.charAt(next(VISIBLE.length))).join("");
    const seen = spelling(secret);
    const mask = maskFor([secret]);
    // Across the cut, up to it, and beyond it; long ones also where the end of the searched text cuts them off.
    for (const begin of [
      LONGEST - next(seen.length + 1),
      LONGEST - seen.length,
      LONGEST - 1,
      LONGEST - 40 - next(40),
      LONGEST + 4_096 - next(12),
      Math.max(0, LONGEST - 500 - next(500)),
    ].map((place) => Math.max(0, place))) {
      const text = textWith(seen, begin, filler);
      const shown = cutAndMasked(text, [secret]);
      const note = `… (${String(text.length)} characters in all)`;
      expect(shown.endsWith(note)).toBe(true);
      expect(shown.length).toBeLessThanOrEqual(LONGEST);
      const whole = mask(text);
      const kept = shown.slice(0, -note.length);
      expect({ name, length, begin, kept }).toEqual({ name, length, begin, kept: whole.slice(0, kept.length) });
      // No more is left out than the note needs, a mask is short for, and an escape that must not be torn.
      const spared = text.length - whole.length;
      expect(kept.length).toBeGreaterThanOrEqual(LONGEST - note.length - spared - 32);
    }
  }
});

test("a text that is nothing but a secret is shown as that", () => {
  const secret = VISIBLE.repeat(200);
  expect(cutAndMasked(secret, [secret])).toBe(`•••… (${String(secret.length)} characters in all)`);
});

test("texts that are short enough are not cut, and texts without secrets are cut too", () => {
  expect(cutAndMasked("a secret, s3cr3tkey", ["s3cr3tkey"])).toBe("a secret, •••");
  expect(cutAndMasked("x".repeat(LONGEST), [])).toHaveLength(LONGEST);
  expect(cutAndMasked("x".repeat(LONGEST + 1), [])).toMatch(/^x+… \(3001 characters in all\)$/);
});
