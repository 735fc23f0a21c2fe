import { thoughtOf } from "../../bench/support/hostile.ts";
import { takeTurns } from "../../shared/core/turns.ts";
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
