import { DEFERRALS_PER_SECOND } from "../../../shared/lib/fair-share.ts";
import { slots } from "../../../shared/delivery/slots.ts";
import type { Slot, Slots } from "../../../shared/delivery/slots.ts";
import { virtualTime } from "../../support/virtual-time.ts";
import type { VirtualTime } from "../../support/virtual-time.ts";

const ACME = { client: "acme", program: "rewards", environment: "uat" };

let time: VirtualTime;
let all: Slots;

beforeEach(() => {
  time = virtualTime(new Date("2026-11-23T10:00:00.000Z"));
  all = slots(time);
});

function take(count: number): Slot[] {
  return Array.from({ length: count }, () => all.take(ACME, "wh_a")).filter((slot) => slot !== undefined);
}

const after = (webhookId: string, waitMs: number, scope = ACME): number =>
  all.turn(scope, webhookId, waitMs).at.getTime() - time.clock().getTime();

test("a few return after their own wait", () => {
  expect([after("wh_a", 1_000), after("wh_a", 2_000), after("wh_a", 1_000)]).toEqual([1_000, 2_000, 1_000]);
});

test("an hour of 20 events a second to a silent webhook: at most 50 return in any second", () => {
  const due = new Map<number, number>();
  const put = (second: number, waitMs: number): void => {
    const at = Math.floor(second + after("wh_a", waitMs) / 1000);
    due.set(at, (due.get(at) ?? 0) + 1);
  };
  let most = 0;
  let carried = 0;
  for (let second = 0; second < 3600; second += 1) {
    const back = due.get(second) ?? 0;
    due.delete(second);
    for (let event = 0; event < 20; event += 1) put(second, 1_000);
    for (let event = 0; event < back; event += 1) put(second, 30_000);
    time.pass(1_000);
    most = Math.max(most, back);
    carried += back;
  }
  // Those whose own wait is up and those whose turn it is can meet while the backlog is young.
  expect(most).toBeLessThanOrEqual(2 * DEFERRALS_PER_SECOND);
  expect(carried / 3600).toBeLessThanOrEqual(DEFERRALS_PER_SECOND);
  expect([...due.values()].reduce((sum, count) => sum + count)).toBe(72_000);
});

test("two silent webhooks of a client share the pace, another client has its own", () => {
  for (let count = 0; count < 500; count += 1) all.turn(ACME, "wh_a", 1_000);
  for (let count = 0; count < 250; count += 1) all.turn(ACME, "wh_b", 1_000);
  expect(after("wh_b", 1_000)).toBe((250 * 2 * 1000) / DEFERRALS_PER_SECOND);
  expect(after("wh_b", 1_000, { ...ACME, client: "globex" })).toBe(1_000);
});

test("once it answers again, nothing queues behind what was deferred before", () => {
  const [slot] = take(1);
  for (let count = 0; count < 5_000; count += 1) all.turn(ACME, "wh_a", 1_000);
  time.pass(1_000);
  expect(after("wh_a", 1_000)).toBeGreaterThan(90_000);
  slot?.ended();
  expect(after("wh_a", 1_000)).toBeGreaterThan(90_000);
  for (let request = 0; request < 10; request += 1) for (const one of take(1)) one.ended();
  expect(after("wh_a", 1_000)).toBe(1_000);
});

test("what a quick receiver cannot take at once returns as fast as it can take it", () => {
  const [slot] = take(1);
  time.pass(160);
  slot?.ended();
  const waits = Array.from({ length: 1_000 }, () => after("wh_a", 1_000));
  expect(waits.at(-1)).toBeCloseTo((999 * 160) / 16, -1);
});

test("deferrals are logged at once, then once a minute with their number", () => {
  take(3);
  const reports = (): unknown => all.turn(ACME, "wh_a", 1_000).report;
  expect([reports(), reports(), reports()]).toEqual([{ deferred: 1, inFlight: 3 }, undefined, undefined]);
  time.pass(59_999);
  expect(reports()).toBeUndefined();
  time.pass(1);
  expect(reports()).toEqual({ deferred: 4, inFlight: 3 });
});
