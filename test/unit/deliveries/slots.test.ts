import { readFileSync } from "node:fs";
import { LONG, MAX_IN_FLIGHT, SLOW_SHARE } from "../../../shared/lib/fair-share.ts";
import type { Patience } from "../../../shared/lib/fair-share.ts";
import { slots } from "../../../shared/delivery/slots.ts";
import type { Slot, Slots } from "../../../shared/delivery/slots.ts";
import { virtualTime } from "../../support/virtual-time.ts";
import type { VirtualTime } from "../../support/virtual-time.ts";

const START = new Date("2026-11-23T10:00:00.000Z");
const ACME = { client: "acme", program: "rewards", environment: "uat" };

let time: VirtualTime;
let all: Slots;

beforeEach(() => {
  time = virtualTime(START);
  all = slots(time);
});

/** Takes as many slots as there are, at most `most`. */
function fill(webhookId: string, most = 1_000, scope = ACME): Slot[] {
  const taken: Slot[] = [];
  while (taken.length < most) {
    const slot = all.take(scope, webhookId);
    if (!slot) break;
    taken.push(slot);
  }
  return taken;
}

/** Each takes one in turn, until none gets any; how many each has. */
function fillInTurn(ids: readonly string[]): { slots: Map<string, Slot[]>; counts: number[] } {
  const slots = new Map<string, Slot[]>(ids.map((id) => [id, []]));
  for (let more = true; more;) {
    more = false;
    for (const [id, held] of slots) {
      const [slot] = fill(id, 1);
      if (slot) held.push(slot);
      more ||= slot !== undefined;
    }
  }
  return { slots, counts: [...slots.values()].map(({ length }) => length) };
}

/** Waits for a slot; reports the outcome so far. */
function waiting(webhookId: string, patience?: Patience): { outcome: Slot | "none" | "waits" } {
  const self: { outcome: Slot | "none" | "waits" } = { outcome: "waits" };
  void all.wait(ACME, webhookId, patience).then((slot) => {
    self.outcome = slot ?? "none";
  });
  return self;
}

/** Lets settled promises run their callbacks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

const got = (waiter: { outcome: Slot | "none" | "waits" }): string =>
  typeof waiter.outcome === "string" ? waiter.outcome : "slot";

/** Slow webhooks, each with requests that took `tookMs`, so that it is known. */
function slow(count: number, tookMs = 30_000): string[] {
  const ids = Array.from({ length: count }, (_, index) => `wh_slow${String(index)}`);
  const held = ids.flatMap((id) => fill(id, 1));
  time.pass(tookMs);
  for (const slot of held) slot.ended();
  return ids;
}

test("the numbers fit the host: a webhook has an eighth of its calls, the slow ones of a client half", () => {
  const host: unknown = JSON.parse(readFileSync("host.json", "utf8"));
  expect(host).toMatchObject({ extensions: { serviceBus: { maxConcurrentCalls: 8 * MAX_IN_FLIGHT } } });
  expect(SLOW_SHARE).toBe(4 * MAX_IN_FLIGHT);
});

test("16 at a time; each slot that is returned is available once, even if it is returned twice", () => {
  const taken = fill("wh_a");
  expect(taken).toHaveLength(16);
  taken[3]?.ended();
  taken[3]?.release();
  expect(fill("wh_a")).toHaveLength(1);
});

test.each([
  ["webhook", ACME, "wh_b"],
  ["program", { ...ACME, program: "other" }, "wh_a"],
  ["environment", { ...ACME, environment: "live" }, "wh_a"],
  ["client", { ...ACME, client: "globex" }, "wh_a"],
])("another %s has slots of its own", (_what, scope, id) => {
  fill("wh_a");
  expect(fill(id, 1_000, scope)).toHaveLength(16);
});

test("waiters get slots in order of arrival, before later arrivals", async () => {
  const taken = fill("wh_a");
  const first = waiting("wh_a");
  const second = waiting("wh_a");
  taken[0]?.ended();
  await settle();
  expect([got(first), got(second)]).toEqual(["slot", "waits"]);
  expect(all.take(ACME, "wh_a")).toBeUndefined();
  taken[1]?.ended();
  await settle();
  expect([got(second), time.pending()]).toEqual(["slot", 0]);
});

/** A webhook whose receiver has just answered. */
function quick(webhookId: string): void {
  for (const slot of fill(webhookId, 1)) slot.ended();
}

test("a waiter leaves after 250 ms in which nothing moved, and leaves no timer behind", async () => {
  quick("wh_a");
  fill("wh_a");
  const waiter = waiting("wh_a");
  time.pass(249);
  await settle();
  expect(got(waiter)).toBe("waits");
  time.pass(1);
  await settle();
  expect([got(waiter), time.pending()]).toEqual(["none", 0]);
});

test("the first requests of all, which connect, are waited for up to a second", async () => {
  fill("wh_a");
  const waiter = waiting("wh_a");
  time.pass(999);
  await settle();
  expect(got(waiter)).toBe("waits");
  time.pass(1);
  await settle();
  expect([got(waiter), time.pending()]).toEqual(["none", 0]);
});

test("there is no wait for a receiver that is known to be silent", async () => {
  quick("wh_a");
  fill("wh_a");
  time.pass(250);
  const waiter = waiting("wh_a");
  await settle();
  expect([got(waiter), time.pending()]).toEqual(["none", 0]);
});

test("a slot that is returned without a request says nothing about the receiver", () => {
  const ids = slow(8);
  for (const slot of fill(ids[0] ?? "", 1)) slot.release();
  expect(fillInTurn(ids).counts).toEqual(Array<number>(8).fill(8));
});

test("a slot that is returned when nothing waits any more is free", async () => {
  quick("wh_a");
  const taken = fill("wh_a");
  waiting("wh_a");
  time.pass(250);
  await settle();
  taken[0]?.ended();
  expect(fill("wh_a")).toHaveLength(1);
});

test("a healthy burst of 200 passes in place: all get a slot, though the last wait longer than 250 ms", async () => {
  const outcomes = Array.from({ length: 200 }, () => waiting("wh_a"));
  const done = new Set<unknown>();
  for (let round = 0; round < 14; round += 1) {
    await settle();
    time.pass(50);
    for (const { outcome } of outcomes) {
      if (typeof outcome === "string" || done.has(outcome)) continue;
      done.add(outcome);
      outcome.ended();
    }
  }
  await settle();
  expect(outcomes.filter((waiter) => got(waiter) === "none")).toHaveLength(0);
  expect(done.size).toBe(200);
});

test("the line of a receiver that takes a second is short, so that it does not use up the host's calls", async () => {
  const [id = ""] = slow(1, 10_000);
  fill(id);
  const waiters = Array.from({ length: 100 }, () => waiting(id));
  await settle();
  expect(waiters.filter((waiter) => got(waiter) === "waits").length).toBeLessThanOrEqual(8);
});

test("a line that moves only now and then is left after two seconds", async () => {
  const taken = fill("wh_a");
  const waiters = Array.from({ length: 20 }, () => waiting("wh_a"));
  for (const slot of taken.slice(0, 12)) {
    time.pass(200);
    slot.ended();
  }
  await settle();
  expect(waiters.map(got)).toEqual([...Array<string>(9).fill("slot"), ...Array<string>(11).fill("none")]);
});

test("a waiter that cannot come back waits as long as attempts can take", async () => {
  const taken = fill("wh_a");
  const waiter = waiting("wh_a", LONG);
  time.pass(60_000);
  taken[0]?.ended();
  await settle();
  expect(got(waiter)).toBe("slot");
});

test("four silent webhooks have 16 each, eight have 8 each, a hundred have 64 together", () => {
  for (const [count, each] of [
    [1, 16],
    [4, 16],
    [8, 8],
    [64, 1],
  ] as const) {
    all = slots(time);
    expect(fillInTurn(slow(count)).counts).toEqual(Array<number>(count).fill(each));
  }
  all = slots(time);
  expect(fillInTurn(slow(100)).counts.reduce((sum, taken) => sum + taken)).toBe(64);
});

test("a silent webhook that arrives late gets its share when others return slots", () => {
  const ids = slow(8);
  const early = fillInTurn(ids.slice(0, 4));
  expect(fillInTurn(ids.slice(4)).counts).toEqual([0, 0, 0, 0]);
  for (const id of ids) all.turn(ACME, id, 1_000);
  time.pass(30_000);
  for (const slot of [...early.slots.values()].flat()) slot.ended();
  expect(ids.slice(0, 4).map((id) => fill(id).length)).toEqual([8, 8, 8, 8]);
  expect(ids.slice(4).map((id) => fill(id).length)).toEqual([8, 8, 8, 8]);
});

test("webhooks about which nothing is known share half of the host's calls, and each gets one to show its speed", () => {
  const ids = Array.from({ length: 100 }, (_, index) => `wh_${String(index)}`);
  expect(ids.slice(0, 12).flatMap((id) => fill(id)).length).toBeLessThanOrEqual(64 + 12);
  expect(ids.slice(12).map((id) => fill(id).length)).toEqual(Array<number>(88).fill(1));
});

test("webhooks that fall silent at the same time are slow as soon as their requests take half a second", () => {
  const ids = Array.from({ length: 20 }, (_, index) => `wh_${String(index)}`);
  ids.forEach(quick);
  const before = ids.flatMap((id) => fill(id, 4));
  time.pass(500);
  expect(before).toHaveLength(80);
  expect(ids.flatMap((id) => fill(id))).toHaveLength(0);
});

test("however many are silent, a webhook that answers has its 16, and another client is not affected", () => {
  fillInTurn(slow(100));
  const [first, ...none] = fill("wh_good");
  expect([first === undefined, none]).toEqual([false, []]);
  first?.ended();
  expect(fill("wh_good")).toHaveLength(16);
  const [id = ""] = slow(1);
  expect(fill(id, 1_000, { ...ACME, client: "globex" })).toHaveLength(16);
});

test("a slot of one silent webhook moves another's line on", async () => {
  const ids = slow(65);
  const taken = [...fillInTurn(ids).slots.values()].flat();
  expect(taken).toHaveLength(64);
  const waiter = waiting(ids[64] ?? "", LONG);
  await settle();
  expect(got(waiter)).toBe("waits");
  taken[5]?.ended();
  await settle();
  expect(got(waiter)).toBe("slot");
});

test("one that answers again is soon treated like any other", () => {
  const [id = ""] = slow(8);
  for (let request = 0; request < 40; request += 1) {
    const [slot] = fill(id, 1);
    time.pass(20);
    slot?.ended();
  }
  expect(fill(id)).toHaveLength(16);
});

test("a webhook that is not used any more is forgotten", () => {
  const [id = ""] = slow(8);
  time.pass(60_000);
  all.take(ACME, "wh_other");
  expect(fill(id)).toHaveLength(16);
});
