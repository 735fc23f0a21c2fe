import { hostileSecrets } from "../../../bench/support/hostile-secrets.ts";
import { thoughtOf } from "../../../bench/support/hostile.ts";
import { takeTurns, type Turns } from "../../../shared/lib/turns.ts";
import { nodeEventLoop } from "../../../shared/platform/event-loop.ts";
import { add, aWebhook, deliveryFixture, startBackends } from "../support/delivery-fixture.ts";
import type { Backends } from "../support/delivery-fixture.ts";

let backends: Backends;

beforeAll(async () => {
  backends = await startBackends();
});

afterAll(() => backends.close());

beforeEach(() => {
  backends.reset();
});

const WANTED_BY = 40;
const PIECE_MS = 20;

/**
 * Turns for an expensive client and another one, on an event loop whose clock moves only by the expensive client's pieces. What has to wait is then the
 * same on every machine, however long sending and recording take there.
 */
function sharedTurns(): {
  readonly expensive: Turns;
  readonly other: Turns;
  /** Pieces of the expensive client that were done. */
  readonly pieces: () => number;
  /** Most of them that were done between two rounds of input and output. */
  readonly mostInOneRound: () => number;
  /** For each piece of the other client: how many of the expensive one's were done after it was asked for and before it began. */
  readonly waitedFor: readonly number[];
} {
  let pieces = 0;
  let inThisRound = 0;
  let most = 0;
  const waitedFor: number[] = [];
  const shared = takeTurns({
    now: () => pieces * PIECE_MS,
    later: (_ms, go) => setImmediate(go),
    settled: nodeEventLoop.settled,
  });
  return {
    expensive: (_client, work) =>
      shared("acme", () => {
        if (inThisRound === 0) setImmediate(() => (inThisRound = 0));
        inThisRound += 1;
        most = Math.max(most, inThisRound);
        pieces += 1;
        return work();
      }),
    other: (_client, work) => {
      const before = pieces;
      return shared("globex", () => {
        waitedFor.push(pieces - before);
        return work();
      });
    },
    pieces: () => pieces,
    mostInOneRound: () => most,
    waitedFor,
  };
}

/** The webhook and event of the bench that is named so. */
function hostile(name: string): ReturnType<typeof thoughtOf> extends Generator<infer One> ? One : never {
  for (const one of thoughtOf()) if (one.name === name) return one;
  throw new Error(`The bench has no ${name}.`);
}

/** In pieces of work instead of milliseconds; those are in `npm run bench -- hold-up`. */
test.each(["in a form, keys", "in headers, quotes", "escaped again and again, quotes"])(
  "another client's event does not wait for an expensive one that many webhooks match: %s",
  async (name) => {
    const { webhook, attributes } = hostile(name);
    const turns = sharedTurns();
    const expensive = deliveryFixture(backends, { turns: turns.expensive });
    const other = deliveryFixture(backends, { turns: turns.other });
    const { headers, body } = webhook;
    for (let index = 0; index < WANTED_BY; index += 1)
      add(expensive, aWebhook(backends.server, `wh_${String(index)}`, { headers, body }));
    add(other, aWebhook(backends.server, "wh_other"));

    await Promise.all([
      expensive.deliver(expensive.event("evt-expensive", attributes)),
      other.deliver(other.event("evt-other")),
    ]);

    expect((await other.rows()).map(({ state }) => state)).toEqual(["delivered"]);
    expect(await expensive.rows()).toHaveLength(WANTED_BY);
    // Reading it, and rendering for each webhook; what could be rendered was sent and masked too.
    expect(turns.pieces()).toBeGreaterThan(WANTED_BY);
    expect(turns.mostInOneRound()).toBe(1);
    // Reading it, rendering, masking.
    expect(turns.waitedFor.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...turns.waitedFor)).toBeLessThanOrEqual(1);
  },
);

test("another client's event does not wait for the most and longest secrets that are accepted, which are prepared once", async () => {
  const { webhook, attributes, token } = hostileSecrets();
  const turns = sharedTurns();
  const hostile = deliveryFixture(backends, {
    tokens: { get: () => Promise.resolve(token), drop: () => undefined },
    turns: turns.expensive,
  });
  const other = deliveryFixture(backends, { turns: turns.other });
  const { headers, body, credentialId } = webhook;
  add(hostile, aWebhook(backends.server, "wh_hostile", { headers, body, credentialId, url: backends.server.url }));
  add(other, aWebhook(backends.server, "wh_other"));
  backends.server.answer = ({ headers: sent, body: text }, response) =>
    response.end(JSON.stringify(sent.authorization) + JSON.stringify(sent) + text);

  await Promise.all([hostile.deliver(hostile.event("evt-first", attributes)), other.deliver(other.event("evt-other"))]);
  const ofFirst = turns.pieces();
  await hostile.deliver(hostile.event("evt-second", attributes));
  const ofSecond = turns.pieces() - ofFirst;

  expect((await other.rows()).map(({ state }) => state)).toEqual(["delivered"]);
  expect((await hostile.rows()).map(({ state }) => state)).toEqual(["delivered", "delivered"]);
  expect(turns.mostInOneRound()).toBe(1);
  expect(turns.waitedFor.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...turns.waitedFor)).toBeLessThanOrEqual(1);
  expect(ofSecond).toBeGreaterThan(4);
  expect(ofSecond).toBeLessThan(ofFirst / 2);
  const [row] = await hostile.rows();
  const [attempt] = await backends.store.attempts(hostile.scope, row?.id ?? "");
  expect(attempt?.request?.body).toMatch(/^[\w+/]+… \(750000 characters in all\)$/);
  expect(attempt?.response?.body).toMatch(/^"•••"/);
});
