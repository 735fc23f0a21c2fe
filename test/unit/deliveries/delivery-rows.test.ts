import type { Attempt } from "../../../shared/core/deliveries/delivery.ts";
import { attemptProperties, readAttempt } from "../../../shared/tables/deliveries/rows.ts";
import {
  entityBytes,
  MAX_ENTITY_BYTES,
  MAX_REQUEST_BYTES,
  operationBytes,
} from "../../../shared/tables/entity-size.ts";
import { attemptOf, CHARACTERS, headerPairs } from "../../support/extreme-attempts.ts";

const KEYS = { partitionKey: "p".repeat(512), rowKey: "r".repeat(512) };

function expectFit(attempt: Attempt): Attempt {
  const entity = { ...KEYS, ...attemptProperties(attempt) };
  expect(entityBytes(entity)).toBeLessThanOrEqual(MAX_ENTITY_BYTES);
  // With its delivery's row, which is at most a few texts of some thousand characters, it goes into one transaction.
  expect(operationBytes(["create", entity])).toBeLessThanOrEqual(MAX_REQUEST_BYTES - 100_000);
  expect(Object.values(entity).every((value) => typeof value !== "string" || value.length <= 32_768)).toBe(true);
  expect(Object.values(entity).every((value) => typeof value !== "string" || value.isWellFormed())).toBe(true);
  return readAttempt(entity);
}

test.each(CHARACTERS)("the largest possible attempt fits, all of it %j", (character) => {
  const read = expectFit(attemptOf((longest) => character.repeat(longest / character.length), 200));
  expect(read.response).toMatchObject({ status: 599, truncated: true });
  expect(read.response?.body).toMatch(/characters in all\)$/);
  expect(read.request?.body).toMatch(/characters in all\)$/);
  expect(read.request?.url).toMatch(/characters in all\)$/);
  expect(read.fault?.message).toMatch(/characters in all\)$/);
  const last = read.response?.headers.at(-1);
  expect([last?.key, last?.value]).toEqual(["…", expect.stringMatching(/^\d+ more headers are not shown$/)]);
});

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function expectWhole(shown: string | undefined, text: string | undefined, longest: number): void {
  if (text !== undefined && text.length <= longest) expect(shown).toBe(text);
}

test("any attempt fits, and reads back unchanged where nothing was cut", () => {
  const random = chance(12);
  const pick = (): string => CHARACTERS[Math.floor(random() * CHARACTERS.length)] ?? "x";
  for (let round = 0; round < 150; round += 1) {
    const text = (longest: number): string => {
      const [one, other] = [pick(), pick()];
      const length = Math.floor(longest * random() ** 3);
      return `${one}${other}`.repeat(length).slice(0, length).toWellFormed();
    };
    const attempt = attemptOf(text, Math.floor(random() * 60));
    const read = expectFit(attempt);
    expectWhole(read.request?.url, attempt.request?.url, 16_384);
    expectWhole(read.request?.body, attempt.request?.body, 65_536);
    expectWhole(read.response?.body, attempt.response?.body, 65_536);
    expectWhole(read.fault?.message, attempt.fault?.message, 4_000);
    if (read.response?.truncated === false) expect(read.response).toEqual(attempt.response);
  }
});

test("what the contract allows a webhook to send and a receiver to answer is shown in full", () => {
  const read = expectFit({
    ...attemptOf((longest) => "x".repeat(Math.min(longest, 4_000)), 0),
    request: {
      method: "POST",
      url: "u".repeat(16_384),
      headers: headerPairs(50, "x-", '"'.repeat(1_024) + "v".repeat(3_072)),
      body: "b".repeat(65_536),
    },
    response: {
      status: 200,
      headers: headerPairs(40, "y-", "w".repeat(400)),
      body: "é".repeat(65_536),
      truncated: false,
    },
  });
  expect(read.response?.truncated).toBe(false);
  expect(read.request?.headers).toHaveLength(50);
  expect(JSON.stringify(read)).not.toContain("characters in all");
});

test("an answer of which only one header was cut says that something is missing", () => {
  const response = { status: 200, headers: [{ key: "x", value: "v".repeat(4_097) }], body: "", truncated: false };
  const read = readAttempt({ ...KEYS, ...attemptProperties({ ...attemptOf(() => "x", 0), response }) });
  expect(read.response?.truncated).toBe(true);
  expect(read.response?.headers[0]?.value).toMatch(/… \(4097 characters in all\)$/);
});
