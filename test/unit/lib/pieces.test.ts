import { hostileSecrets } from "../../../bench/support/hostile-secrets.ts";
import { prepareSecrets } from "../../../shared/core/masking/mask.ts";
import { inTurns, type Pieces } from "../../../shared/lib/pieces.ts";
import type { Turns } from "../../../shared/lib/turns.ts";

/** Turns that come at once, and how much was done in each of them. */
function counted(steps: () => number): { readonly turns: Turns; readonly each: number[] } {
  const each: number[] = [];
  return {
    each,
    turns: (_client, work) => {
      const before = steps();
      const result = work();
      each.push(steps() - before);
      return Promise.resolve(result);
    },
  };
}

test("small pieces share a turn, large ones have one each, and the result comes at the end", async () => {
  let done = 0;
  function* work(): Pieces<string> {
    for (const size of [1_000, 1_000, 200_000, 50_000, 50_000, 5]) {
      done += size;
      yield size;
    }
    return "result";
  }
  const { turns, each } = counted(() => done);
  expect(await inTurns(turns, "acme", work())).toBe("result");
  expect(each).toEqual([202_000, 100_000, 5]);
});

test("what work throws is thrown", async () => {
  function* work(): Pieces<never> {
    yield 1;
    throw new RangeError("no");
  }
  await expect(inTurns(counted(() => 0).turns, "acme", work())).rejects.toThrow(RangeError);
});

test("no turn of masking the most and longest secrets that are accepted takes long, and a text that is cut costs only what is shown", async () => {
  const { event, webhook, token } = hostileSecrets();
  const meter = { steps: 0 };
  const { turns, each } = counted(() => meter.steps);
  const secrets = [...webhook.headers.map(({ value }) => value.reveal()), ...token.secrets];
  const prepared = await inTurns(turns, "acme", prepareSecrets(secrets, meter));
  expect(each.length).toBeGreaterThan(20);
  const body = JSON.stringify(event.attributes).repeat(4);
  const echo = `${token.value} ${secrets.join(" ")}`.slice(0, 65_536);
  expect(body.length).toBeGreaterThan(900_000);
  // No turn of preparing goes over more than a few of the secrets.
  expect(Math.max(...each)).toBeLessThan(65_536);
  for (const text of [
    body,
    echo,
    "漢".repeat(65_536),
    '\\"%41&amp;'.repeat(6_553),
    "%252525".repeat(9_362),
    "\\".repeat(65_536),
  ]) {
    each.length = 0;
    await inTurns(turns, "acme", prepared.mask(text, 65_536));
    const shown = Math.min(Buffer.byteLength(text), 3 * 65_536);
    expect(each.reduce((sum, one) => sum + one, 0)).toBeLessThan(40 * 65_536);
    // One pass over the text searches for short and long secrets, and compares where one may be.
    expect(Math.max(...each)).toBeLessThan(6.4 * shown);
  }
});
