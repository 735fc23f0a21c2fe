import type { ShownDelivery } from "../../../local/publish/api.ts";
import { follow, MAX_OPEN } from "../../../local/publish/follow.ts";
import type { Expected, FollowDeps, Followed } from "../../../local/publish/follow.ts";

/** A simulated stack: `stateAt` is the state of a delivery this many milliseconds after its event was published; time passes only in `wait`. */
function world(
  count: number,
  perEvent: number,
  stateAt: (id: string, age: number) => ShownDelivery["state"] | undefined,
) {
  let now = 0;
  let published = 0;
  let reads = 0;
  let open = 0;
  let mostOpen = 0;
  const born = new Map<string, number>();
  const seen: string[] = [];
  const quiet: number[] = [];
  const deps: FollowDeps = {
    publishNext: (most) => {
      const first = published;
      published = Math.min(count, published + most);
      const out = Array.from({ length: (published - first) * perEvent }, (_, index): Expected => {
        const id = `${String(first + Math.floor(index / perEvent))}/${String(index % perEvent)}`;
        born.set(id, now);
        return { id, webhook: "w", eventId: id };
      });
      open += out.length;
      mostOpen = Math.max(mostOpen, open);
      return Promise.resolve(out);
    },
    read: (id) => {
      reads += 1;
      const state = stateAt(id, now - (born.get(id) ?? 0));
      return Promise.resolve(state && { state, attempts: [] });
    },
    seen: ({ id }, { state }) => {
      open -= 1;
      seen.push(`${id} ${state}`);
    },
    quiet: (left) => quiet.push(left),
    now: () => now,
    wait: (ms) => {
      now += ms;
      return Promise.resolve();
    },
  };
  return {
    run: (): Promise<Followed> => follow(perEvent, deps),
    deps,
    seen,
    quiet,
    figures: () => ({ now, published, reads, mostOpen }),
  };
}

describe("following deliveries", () => {
  test("each is reported once, when it ends, and the last one ends the wait", async () => {
    const at = world(3, 2, (id, age) => (age < (id.endsWith("/1") ? 400 : 0) ? "pending" : "delivered"));
    expect(await at.run()).toEqual({ kind: "all" });
    expect(at.seen.slice(0, 3).sort()).toEqual(["0/0 delivered", "1/0 delivered", "2/0 delivered"]);
    expect(new Set(at.seen).size).toBe(6);
  });

  test.each(["retrying", "waiting", "failed", "canceled"] as const)("%s ends it too", async (state) => {
    const at = world(1, 1, () => state);
    expect(await at.run()).toEqual({ kind: "all" });
    expect(at.seen).toEqual([`0/0 ${state}`]);
  });

  test("10,000 events: a bounded number is in progress, and reads are few", async () => {
    const at = world(10_000, 1, (_, age) => (age < 100 ? undefined : "delivered"));
    expect(await at.run()).toEqual({ kind: "all" });
    const { published, mostOpen, reads } = at.figures();
    expect(published).toBe(10_000);
    expect(at.seen).toHaveLength(10_000);
    expect(mostOpen).toBeLessThanOrEqual(MAX_OPEN);
    expect(reads).toBeLessThan(15_000);
  });

  test("more webhooks than that: one event at a time", async () => {
    const at = world(3, MAX_OPEN + 1, () => "delivered");
    expect(await at.run()).toEqual({ kind: "all" });
    expect(at.figures().mostOpen).toBe(MAX_OPEN + 1);
    expect(at.seen).toHaveLength(3 * (MAX_OPEN + 1));
  });

  test("a receiver that hangs is waited for gently: reported after 5 s, and polled less and less often", async () => {
    const at = world(1, 1, (_, age) => (age < 60_000 ? "pending" : "retrying"));
    expect(await at.run()).toEqual({ kind: "all" });
    expect(at.quiet.length).toBeGreaterThan(2);
    expect(at.figures().reads).toBeLessThan(150);
  });

  test("one that hangs does not hide those that end behind it", async () => {
    const at = world(40, 1, (id, age) => (Number.parseInt(id, 10) < 20 && age < 30_000 ? "pending" : "delivered"));
    expect(await at.run()).toEqual({ kind: "all" });
    expect(at.seen.slice(0, 20).every((line) => Number.parseInt(line, 10) >= 20)).toBe(true);
  });

  test("an event that is not delivered ends it after half a minute, one that never ends a while later", async () => {
    const lost = world(2, 1, (id) => (id === "0/0" ? "delivered" : undefined));
    expect(await lost.run()).toEqual({ kind: "nothing-started", left: 1 });
    expect(lost.figures().now).toBeLessThan(31_000);
    const stuck = world(1, 1, () => "pending");
    expect(await stuck.run()).toEqual({ kind: "no-progress", left: 1 });
  });

  test("an API that is briefly unavailable is waited for, one that stays unavailable ends it", async () => {
    const back = world(1, 1, (_, age) => (age < 10_000 ? undefined : "delivered"));
    const read: FollowDeps["read"] = async (id) => {
      const delivery = await back.deps.read(id);
      if (delivery === undefined) throw new Error("fetch failed");
      return delivery;
    };
    expect(await follow(1, { ...back.deps, read })).toEqual({ kind: "all" });
    const cause = new Error("fetch failed");
    const gone = world(1, 1, () => undefined);
    expect(await follow(1, { ...gone.deps, read: () => Promise.reject(cause) })).toEqual({
      kind: "api-silent",
      left: 1,
      cause,
    });
  });

  test("what cannot be published is thrown", async () => {
    const at = world(1, 1, () => "delivered");
    await expect(follow(1, { ...at.deps, publishNext: () => Promise.reject(new Error("no bus")) })).rejects.toThrow(
      "no bus",
    );
  });
});
