import { maskFor, prepareSecrets } from "../shared/core/masking/mask.ts";
import { allAtOnce } from "../shared/lib/pieces.ts";
import { noise } from "./support/hostile-secrets.ts";
import { ms, sideBySide } from "./support/side-by-side.ts";

const ROUNDS = 9;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64 = `${LETTERS}+/`;
const VISIBLE = String.fromCharCode(...Array.from({ length: 95 }, (_, index) => 0x20 + index));

/** What it costs to mask an attempt: an ordinary one, and the most that can come together, beside reading its answer as JSON. */
export async function run(): Promise<void> {
  const ordinary = {
    secrets: [`Bearer ${noise(40, 1, LETTERS)}`, noise(40, 1, LETTERS), noise(32, 2, LETTERS)],
    texts: [
      "application/json",
      "https://api.example.com/members/M-1/mail",
      JSON.stringify({ to: "ana@example.com", points: 120, note: 'a "reward" & more', at: "2026-11-23T10:00:00Z" }),
      JSON.stringify({ ok: true, id: noise(24, 3, LETTERS) }),
      ...Array.from({ length: 8 }, (_, index) => `header ${String(index)}; charset=utf-8`),
    ],
  };
  const largest = {
    secrets: [...many(50, 4_096, VISIBLE), ...many(50, 20_000, VISIBLE), `Bearer ${noise(65_000, 9, VISIBLE)}`],
    texts: [noise(65_536, 4, BASE64), noise(65_536, 5, VISIBLE), ...many(50, 4_096, VISIBLE)],
  };
  const answer = JSON.stringify(
    Array.from({ length: 1_300 }, (_, index) => ({ index, text: noise(24, index, LETTERS) })),
  );
  const prepared = [ordinary, largest].map(({ secrets }) => maskFor(secrets));
  const { mask } = allAtOnce(prepareSecrets(largest.secrets));
  const body = noise(1_000_000, 6, VISIBLE);
  const measured = await sideBySide(
    [
      { name: "JSON.parse of 64 KB", work: () => void JSON.parse(answer) },
      { name: "ordinary attempt, preparing", work: () => maskFor(ordinary.secrets) },
      { name: "ordinary attempt, masking", work: () => ordinary.texts.map((text) => prepared[0]?.(text)) },
      { name: "largest attempt, preparing", work: () => maskFor(largest.secrets) },
      { name: "largest attempt, masking", work: () => largest.texts.map((text) => prepared[1]?.(text)) },
      { name: "1 MB of which 64 KB are shown", work: () => allAtOnce(mask(body, 65_536)) },
      { name: "64 KB of one letter, masking", work: () => prepared[0]?.("a".repeat(65_536)) },
    ],
    ROUNDS,
  );
  const unit = measured[0]?.medianMs ?? 1;
  for (const { name, medianMs, longestMs } of measured)
    console.log(
      `${name.padEnd(32)}${ms(medianMs)}, longest ${ms(longestMs)}, ${(medianMs / unit).toFixed(2)} × JSON.parse of 64 KB`,
    );
}

function many(count: number, length: number, alphabet: string): readonly string[] {
  return Array.from({ length: count }, (_, index) => noise(length, index * 7 + length, alphabet));
}
