/** The catalogue of sample events: what an event of each type looks like, for trying webhooks out. */
import { parseExact } from "./exact-json.ts";
import { KLS_TYPE_PREFIX } from "../../contract/event-types.ts";
import type { EventType } from "../../contract/event-types.ts";
import type { Scope } from "../scope.ts";

/** A CloudEvent as KLS publishes it; `JSON.stringify` keeps the digits of its numbers. */
export interface CloudEvent {
  readonly specversion: "1.0";
  readonly id: string;
  readonly source: string;
  readonly time: string;
  readonly type: string;
  readonly datacontenttype: "application/json";
  readonly data: {
    readonly program: string;
    readonly environment: string;
    readonly attributes: Readonly<Record<string, unknown>>;
  };
}

/** What every event says about its member. A name beyond ASCII and a balance with a trailing zero: both must arrive unchanged. */
const MEMBER = `"memberId":"M-10042","memberEmail":"zoe@example.com","firstName":"Zoë","lastName":"Garcia","language":"en"`;

/** Attributes as JSON text, for an event that happens at `time`. */
const ATTRIBUTES: Readonly<Record<EventType, (time: Date) => string>> = {
  "reward.issued": (time) =>
    `{${MEMBER},"points":250,"balance":1840.50,"reward":${reward(time, 90)},"reason":"Birthday"}`,
  "reward.redeemed": (time) =>
    `{${MEMBER},"points":250,"balance":1590.50,"reward":${reward(time, 60)},"redeemedAt":"${time.toISOString()}","store":{"id":"S-17","name":"Rue du Marché 17"}}`,
  "reward.canceled": (time) =>
    `{${MEMBER},"points":250,"balance":1840.50,"reward":${reward(time, 60)},"reason":"Canceled by customer service"}`,
  "reward.expirationchanged": (time) =>
    `{${MEMBER},"points":250,"balance":1840.50,"reward":${reward(time, 120)},"previousExpiresAt":"${dateAfter(time, 30)}"}`,
  "reward.redemptionreversed": (time) =>
    `{${MEMBER},"points":250,"balance":1840.50,"reward":${reward(time, 60)},"reason":"Purchase returned","store":{"id":"S-17","name":"Rue du Marché 17"}}`,
};

/** The attributes of the sample of a type, for an event at `time`; numbers keep their digits (exact-json.ts). */
export function sampleAttributes(type: EventType, time: Date): Readonly<Record<string, unknown>> {
  const attributes = parseExact(ATTRIBUTES[type](time));
  return typeof attributes === "object" ? { ...attributes } : {};
}

/** An event of that type in that scope, with the sample's attributes unless others are given. Its source is the client's program. */
export function sampleEvent(
  type: EventType,
  { client, program, environment }: Scope,
  id: string,
  time: Date,
  attributes = sampleAttributes(type, time),
): CloudEvent {
  return {
    specversion: "1.0",
    id,
    source: `/kls/${client}/${program}`,
    time: time.toISOString(),
    type: KLS_TYPE_PREFIX + type,
    datacontenttype: "application/json",
    data: { program, environment, attributes },
  };
}

/** Quotes in its name: a body that is not escaped breaks with the first sample, not with the first customer. */
function reward(time: Date, days: number): string {
  return String.raw`{"id":"R-2041","name":"Café \"Lux\" for two","value":25.00,"currency":"EUR","expiresAt":"${dateAfter(time, days)}"}`;
}

/** `2027-01-31`, UTC. */
function dateAfter(time: Date, days: number): string {
  return new Date(time.getTime() + days * 86_400_000).toISOString().slice(0, 10);
}
