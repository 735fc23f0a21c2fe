import { EVENT_TYPES } from "../../../shared/contract/event-types.ts";
import { parseMessage } from "../../../shared/core/events/event.ts";
import { sampleEvent } from "../../../shared/core/events/sample-events.ts";

const SCOPE = { client: "acme", program: "rewards", environment: "uat" };
const NOW = new Date("2026-11-25T10:00:00.000Z");

describe("sample events", () => {
  test.each(EVENT_TYPES)("that of %s is an event as the bus takes it, with its member and reward", (type) => {
    const text = JSON.stringify(sampleEvent(type, SCOPE, "evt-1", NOW));
    const message = parseMessage(Buffer.from(text), NOW, "acme");
    expect(message).toMatchObject({
      kind: "event",
      event: { id: "evt-1", type, scope: SCOPE, source: "/kls/acme/rewards", time: NOW },
    });
    for (const name of ["memberId", "memberEmail", "firstName", "points", "balance", "reward"])
      expect(message.kind === "event" ? Object.keys(message.event.attributes) : []).toContain(name);
    // As money is written: the last zero is there.
    expect(text).toMatch(/"balance":\d+\.\d0,/);
  });

  test("dates in it are around its time", () => {
    expect(JSON.stringify(sampleEvent("reward.issued", SCOPE, "evt-1", NOW))).toContain('"expiresAt":"2027-02-23"');
  });
});
