import { decide } from "../../../shared/core/deliveries/decide.ts";
import type { Decision, Reply, Situation } from "../../../shared/core/deliveries/decide.ts";
import { FAULT_KINDS, type FaultKind } from "../../../shared/contract/fault.ts";

const NOW = new Date("2026-11-23T10:00:00.000Z");
const HOUR_MS = 3_600_000;
const INVALID_TOKEN = 'Bearer realm="x", error="invalid_token"';

function situation(more: Partial<Situation> = {}): Situation {
  const webhook = { retryPolicy: "standard", success: { alsoStatuses: [] } } as const;
  return { attempt: 1, webhook, token: "none", random: 0.5, now: NOW, ...more };
}

function answered(status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { kind: "answered", status, headers: Object.entries(headers).map(([key, value]) => ({ key, value })) };
}

/** A decision in short: `retry 5000 drop-token`. */
function short(decision: Decision): string {
  const waitMs = decision.kind === "retry" ? [String(decision.at.getTime() - NOW.getTime())] : [];
  return [decision.kind, ...waitMs, ...decision.effects].join(" ");
}

const decided = (reply: Reply, more: Partial<Situation> = {}): string => short(decide(reply, situation(more)));

/** What follows from each status that has a meaning of its own: without a token, with the one we held, with one that was just renewed. */
const MEANINGS: readonly (readonly [statuses: readonly number[], none: string, held: string, renewed: string])[] = [
  [Array.from({ length: 100 }, (_, more) => 200 + more), "delivered", "delivered", "delivered"],
  [[400, 405, 406, 411, 413, 414, 415, 422, 431, 501, 505], "give-up", "give-up", "give-up"],
  [[410], "give-up pause-webhook", "give-up pause-webhook", "give-up pause-webhook"],
  [[401], "retry 5000", "retry 5000 drop-token renew-token", "retry 5000"],
  [[403, 419, 440, 498], "retry 5000", "retry 5000 drop-token", "retry 5000"],
];
const TRIED_AGAIN = ["retry 5000", "retry 5000", "retry 5000"];

test("every status from 200 to 599, whatever token the request carried", () => {
  for (let status = 200; status < 600; status += 1) {
    const [, ...meaning] = MEANINGS.find(([statuses]) => statuses.includes(status)) ?? [[], ...TRIED_AGAIN];
    const made = (["none", "held", "renewed"] as const).map((token) => decided(answered(status), { token }));
    expect([status, ...made]).toEqual([status, ...meaning]);
  }
});

const FAULTS: Readonly<Record<FaultKind, string>> = {
  template: "give-up",
  "address-refused": "give-up",
  credential: "retry 5000",
  dns: "retry 5000",
  connect: "retry 5000",
  tls: "retry 5000",
  timeout: "retry 5000",
  status: "retry 5000",
  "response-too-large": "retry 5000",
  rule: "retry 5000",
  webhook: "retry 5000",
};

test.each(FAULT_KINDS)("a fault of kind %s, whatever token there was, is returned unchanged", (kind) => {
  const fault = { kind, message: "x" };
  for (const token of ["none", "held", "renewed"] as const)
    expect(decided({ kind: "failed", fault }, { token })).toBe(FAULTS[kind]);
  expect(decide({ kind: "failed", fault }, situation())).toMatchObject({ fault });
});

test("400 that names the token as invalid is about the token, not about the bytes", () => {
  const reply = answered(400, { "www-authenticate": INVALID_TOKEN });
  expect(decided(reply)).toBe("give-up");
  expect(decided(reply, { token: "held" })).toBe("retry 5000 drop-token renew-token");
  expect(decided(reply, { token: "renewed" })).toBe("retry 5000");
  expect(decided(answered(400, { "www-authenticate": "Bearer" }), { token: "held" })).toBe("give-up");
});

test.each([409, 410, 422, 401, 403])("%i that the webhook calls a success is one, whatever else it means", (status) => {
  const webhook = { retryPolicy: "standard", success: { alsoStatuses: [status] } } as const;
  expect(decided(answered(status), { webhook, token: "held" })).toBe("delivered");
  expect(decided(answered(500), { webhook })).toBe("retry 5000");
});

test.each([
  [500, "The receiver answered 500."],
  [302, "The receiver answered 302; redirects are not followed."],
  [410, "The receiver answered 410 (gone for good); the webhook is paused."],
])("%i in words: %s", (status, message) => {
  expect(decide(answered(status), situation())).toMatchObject({ fault: { kind: "status", message } });
});

test("the attempt after the last wait gives up, says after how many, and still does what the answer means for the token", () => {
  expect(decided(answered(500), { attempt: 12 })).toBe(`retry ${String(24 * HOUR_MS)}`);
  expect(decide(answered(500), situation({ attempt: 13 }))).toEqual({
    kind: "give-up",
    fault: { kind: "status", message: "The receiver answered 500. Given up after 13 attempts." },
    effects: [],
  });
  expect(decided(answered(401), { attempt: 13, token: "held" })).toBe("give-up drop-token renew-token");
});

test.each([
  [429, "120", 120_000],
  [503, "120", 120_000],
  [503, "Mon, 23 Nov 2026 11:00:00 GMT", HOUR_MS],
  [503, "999999999999999999999", 24 * HOUR_MS],
  [503, "1", 4_000],
  [503, "Sun, 22 Nov 2026 11:00:00 GMT", 4_000],
  [503, "soon", 4_000],
  [500, "120", 4_000],
  [301, "120", 4_000],
])("%i with Retry-After %p waits %i ms even with the shortest jitter", (status, retryAfter, expected) => {
  expect(decided(answered(status, { "retry-after": retryAfter }), { random: 0 })).toBe(`retry ${String(expected)}`);
});
