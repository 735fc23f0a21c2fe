import * as z from "zod";
import { EVENT_TYPES, KLS_TYPE_PREFIX, type EventType } from "../../contract/event-types.ts";
import type { Scope } from "../scope.ts";
import { parseTime } from "../../contract/rfc3339.ts";
import { isObject, issuesOf, member, notAnObject, scopeId, text } from "./fields.ts";
import { wellFormed } from "./well-formed.ts";

/** An event of KLS, validated. */
export interface KlsEvent {
  readonly scope: Scope;
  readonly id: string;
  readonly source: string;
  /** Short name, for example `reward.issued`. */
  readonly type: EventType;
  readonly time: Date;
  /** `time` as received. */
  readonly timeText: string;
  /** Personalization values; numbers that would lose digits are raw numbers (exact-json.ts), texts are well-formed Unicode. Absent and null are empty. */
  readonly attributes: Readonly<Record<string, unknown>>;
  /** The whole CloudEvent as parsed, well-formed too: what a retry message carries. */
  readonly raw: unknown;
}

/** What a CloudEvent is. */
export type EventReading =
  | { readonly kind: "event"; readonly event: KlsEvent }
  /** A type of KLS that this version does not know: nothing to do, and nothing wrong. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** Not a valid event; `reason` is for people and quotes no value of the message. */
  | { readonly kind: "invalid"; readonly reason: string };

const DAY_MS = 86_400_000;
/** How many days after its message was queued the `time` of an event may be. */
const NEWEST_DAYS = 1;
/** How deep objects and lists of an event may be nested, counting itself. */
export const MAX_DEPTH = 64;

const head = z.object(
  {
    specversion: z.literal("1.0", 'specversion must be "1.0"'),
    id: text("id"),
    source: text("source"),
    type: text("type"),
    time: text("time").transform((value, context) => {
      const at = parseTime(value);
      if (at === undefined) context.addIssue("time must be an RFC 3339 time with a zone");
      return { at: at ?? new Date(Number.NaN), text: value };
    }),
  },
  "the message must be a JSON object",
);

const data = z.object(
  {
    program: scopeId("data.program"),
    environment: scopeId("data.environment"),
    attributes: z
      .custom<Record<string, unknown>>(isObject, { error: ({ input }) => notAnObject("data.attributes", input) })
      .nullish(),
  },
  { error: ({ input }) => notAnObject("data", input) },
);

/**
 * Reads a CloudEvent of KLS.
 * @param raw as parsed, numbers with their digits (exact-json.ts)
 * @param enqueuedAt when the bus took its message; `time` must be at most `oldestDays` before and 1 day after
 * @param client whose bus it came over
 */
export function readEvent(raw: unknown, enqueuedAt: Date, oldestDays: number, client: string): EventReading {
  if (!isShallow(raw, MAX_DEPTH)) return invalid(`Objects and lists are nested more than ${String(MAX_DEPTH)} deep`);
  const read = head.safeParse(raw);
  if (!read.success) return invalid(issuesOf(read.error));
  const { id: eventId, source, type, time } = read.data;
  const known = EVENT_TYPES.find((name) => type === KLS_TYPE_PREFIX + name);
  if (known === undefined) {
    return type.startsWith(KLS_TYPE_PREFIX)
      ? { kind: "unknown-type", type }
      : invalid(`type must begin with "${KLS_TYPE_PREFIX}"`);
  }
  const whole = wellFormed(raw);
  const found = data.safeParse(member(whole, "data"));
  if (!found.success) return invalid(issuesOf(found.error));
  const age = enqueuedAt.getTime() - time.at.getTime();
  if (age > oldestDays * DAY_MS)
    return invalid(`time is more than ${String(oldestDays)} days before the message was queued`);
  if (age < -NEWEST_DAYS * DAY_MS)
    return invalid(`time is more than ${String(NEWEST_DAYS)} day after the message was queued`);
  const { program, environment } = found.data;
  const attributes = found.data.attributes ?? {};
  const scope = { client, program, environment };
  return {
    kind: "event",
    event: { scope, id: eventId, source, type: known, time: time.at, timeText: time.text, attributes, raw: whole },
  };
}

function invalid(reason: string): EventReading {
  return { kind: "invalid", reason };
}

function isShallow(value: unknown, room: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return room > 0 && Object.values(value).every((inner) => isShallow(inner, room - 1));
}
