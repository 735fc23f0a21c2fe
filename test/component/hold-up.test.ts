import { hostileSecrets } from "../../bench/support/hostile-secrets.ts";
import { thoughtOf } from "../../bench/support/hostile.ts";
import { takeTurns } from "../../shared/lib/turns.ts";
import { nodeEventLoop } from "../../shared/platform/event-loop.ts";
import { add, aWebhook, deliveryWorld, startHouse } from "./support/delivery-world.ts";
import type { House } from "./support/delivery-world.ts";

let house: House;

beforeAll(async () => {
  house = await startHouse();
});

afterAll(() => house.close());

beforeEach(() => {
  house.reset();
});

const WANTED_BY = 40;

/** The webhook and event of the bench that is named so. */
function hostile(name: string): ReturnType<typeof thoughtOf> extends Generator<infer One> ? One : never {
  for (const one of thoughtOf()) if (one.name === name) return one;
  throw new Error(`The bench has no ${name}.`);
}

/** In pieces of work instead of milliseconds; those are in `npm run bench -- hold-up`. */
test.each(["in a form, keys", "in headers, quotes", "escaped again and again, quotes"])(
  "another client's event does not wait for an expensive one that many webhooks want: %s",
  async (name) => {
    const { webhook, attributes } = hostile(name);
    const shared = takeTurns(nodeEventLoop);
    let pieces = 0;
    const expensive = deliveryWorld(house, {
      turns: (client, work) =>
        shared(client, () => {
          pieces += 1;
          return work();
        }),
    });
    const other = deliveryWorld(house, { turns: (_client, work) => shared("globex", work) });
    const { headers, body } = webhook;
    for (let index = 0; index < WANTED_BY; index += 1)
      add(expensive, aWebhook(house.server, `wh_${String(index)}`, { headers, body }));
    add(other, aWebhook(house.server, "wh_other"));

    const flood = expensive.deliver(expensive.event("evt-expensive", attributes));
    await other.deliver(other.event("evt-other"));
    const before = pieces;
    await flood;

    expect((await other.rows()).map(({ state }) => state)).toEqual(["delivered"]);
    expect(await expensive.rows()).toHaveLength(WANTED_BY);
    // Reading it, and rendering for each webhook; what could be rendered was sent and masked too.
    expect(pieces).toBeGreaterThan(WANTED_BY);
    expect(before).toBeLessThan(WANTED_BY / 2);
  },
);

test("another client's event does not wait for secrets as many and as long as are accepted, which are prepared once", async () => {
  const { webhook, attributes, token } = hostileSecrets();
  const shared = takeTurns(nodeEventLoop);
  let pieces = 0;
  const hostile = deliveryWorld(house, {
    tokens: { get: () => Promise.resolve(token), drop: () => undefined },
    turns: (client, work) =>
      shared(client, () => {
        pieces += 1;
        return work();
      }),
  });
  const other = deliveryWorld(house, { turns: (_client, work) => shared("globex", work) });
  const { headers, body, credentialId } = webhook;
  add(hostile, aWebhook(house.server, "wh_hostile", { headers, body, credentialId, url: house.server.url }));
  add(other, aWebhook(house.server, "wh_other"));
  house.server.answer = ({ headers: sent, body: text }, response) =>
    response.end(JSON.stringify(sent.authorization) + JSON.stringify(sent) + text);

  const first = hostile.deliver(hostile.event("evt-first", attributes));
  await other.deliver(other.event("evt-other"));
  const before = pieces;
  await first;
  const ofFirst = pieces;
  await hostile.deliver(hostile.event("evt-second", attributes));
  const ofSecond = pieces - ofFirst;

  expect((await other.rows()).map(({ state }) => state)).toEqual(["delivered"]);
  expect((await hostile.rows()).map(({ state }) => state)).toEqual(["delivered", "delivered"]);
  expect(before).toBeLessThan(ofFirst / 2);
  expect(ofSecond).toBeGreaterThan(4);
  expect(ofSecond).toBeLessThan(ofFirst / 2);
  const [row] = await hostile.rows();
  const [attempt] = await house.store.attempts(hostile.scope, row?.id ?? "");
  expect(attempt?.request?.body).toMatch(/^[\w+/]+… \(750000 characters in all\)$/);
  expect(attempt?.response?.body).toMatch(/^"•••"/);
});
