import * as z from "zod";
import { Trouble } from "../../lib/errors.ts";
import { parseTime } from "./event-time.ts";
import { EVENT_TYPES, KLS_TYPE_PREFIX, type EventType } from "../../contract/event-types.ts";
import { isRawNumber } from "./exact-json.ts";
import { deliveryId as deliveryIdOf, placeOf } from "../deliveries/delivery-id.ts";
import { isId } from "../ids.ts";
import { holdsJson, readBody } from "./message-body.ts";
import { ID_PATTERN, ID_RULE, type Scope } from "../scope.ts";
import { wellFormed } from "./well-formed.ts";

/** CloudEvents type of our own retry messages. */
export const RETRY_MESSAGE_TYPE = "com.kognitiv.webhooks.delivery.due";

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

/** Our own message: one delivery whose next attempt is due. */
export interface RetryMessage {
  readonly scope: Scope;
  readonly deliveryId: string;
  readonly webhookId: string;
  /** Number of the attempt that is due, from 1. */
  readonly attempt: number;
  /** How often its message came without the attempt being made (too early, claimed by another run), from 0; `look` on the bus. */
  readonly rechecks: number;
  /** How often it was deferred because its webhook had too many requests in flight, from 0. That costs no attempt. */
  readonly deferrals: number;
  readonly event: KlsEvent;
}

export type Message =
  | { readonly kind: "event"; readonly event: KlsEvent }
  /** Claims to be one of our own. Anyone can claim it: {@link readRetryMessage} is for those whose MAC is valid (message-mac.ts). */
  | { readonly kind: "retry-message"; readonly raw: unknown }
  /** A type of KLS that this version does not know: nothing to do, and nothing wrong. */
  | { readonly kind: "unknown-type"; readonly type: string }
  /** Not a valid event; `reason` is for people and quotes no value of the message. */
  | { readonly kind: "invalid"; readonly reason: string };

const DAY_MS = 86_400_000;
/** How many days before and after its message was queued the `time` of an event may be. */
const OLDEST_DAYS = 30;
const NEWEST_DAYS = 1;
/**
 * The same for the event in a retry message: its age on first arrival, then up to ten days of retries, two weeks in the queue, and some days for
 * an operator to resubmit it. Without a limit, whoever can read the bus could have an event sent again once its rows are deleted.
 */
const OLDEST_BACK_DAYS = 60;
/** Most bytes of a message from KLS; a retry message, which contains one, may have twice as many. */
export const MAX_MESSAGE_BYTES = 1_048_576;
/** How deep objects and lists of an event may be nested, counting itself. */
export const MAX_DEPTH = 64;
/** Most characters of `id` and `source`. */
const MAX_NAME_LENGTH = 1024;

const CONTROL = /\p{Cc}/u;

function text(name: string): z.ZodString {
  return z
    .string({ error: ({ input }) => (input === undefined ? `${name} is missing` : `${name} must be a string`) })
    .min(1, `${name} is empty`)
    .max(MAX_NAME_LENGTH, `${name} is longer than ${String(MAX_NAME_LENGTH)} characters`)
    .refine(
      (value) => !CONTROL.test(value) && value.isWellFormed(),
      `${name} contains a control character or a lone surrogate`,
    );
}

function scopeId(name: string): z.ZodString {
  return text(name).regex(ID_PATTERN, `${name} must be ${ID_RULE}`);
}

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

const count = (name: string, from: number): z.ZodNumber =>
  z.int(`${name} must be a whole number`).min(from, `${name} must be ${String(from)} or more`);
const id = (name: string, isOne: (value: string) => boolean): z.ZodString =>
  text(name).refine(isOne, `${name} is not a valid id`);

const dueData = z.object(
  {
    program: scopeId("data.program"),
    environment: scopeId("data.environment"),
    deliveryId: id("data.deliveryId", (value) => placeOf(value) !== undefined),
    webhookId: id("data.webhookId", (value) => isId("wh", value)),
    attempt: count("data.attempt", 1),
    look: count("data.look", 0).default(0),
    deferrals: count("data.deferrals", 0).default(0),
  },
  "data must be an object",
);

/**
 * Reads a message of a client's bus (docs/api.md, "Events in").
 * @param bytes the body; strict UTF-8, a byte order mark is skipped.
 * @param enqueuedAt when the bus took the message; an event's `time` must lie within 30 days before and 1 day after.
 * @param scopeClient client whose bus it is: the message cannot name another.
 * @returns never throws, whatever the message contains.
 */
export function parseMessage(bytes: Uint8Array, enqueuedAt: Date, scopeClient: string): Message {
  if (bytes.byteLength > 2 * MAX_MESSAGE_BYTES)
    return invalid(`The message is larger than ${String(MAX_MESSAGE_BYTES)} bytes`);
  const raw = readBody(bytes);
  if (raw instanceof Trouble) return invalid(raw.message);
  if (member(raw, "type") === RETRY_MESSAGE_TYPE) return { kind: "retry-message", raw };
  if (bytes.byteLength > MAX_MESSAGE_BYTES)
    return invalid(`The message is larger than ${String(MAX_MESSAGE_BYTES)} bytes`);
  return readEvent(raw, enqueuedAt, OLDEST_DAYS, scopeClient);
}

/**
 * Reads a retry message whose MAC is valid. Its event obeys every rule of events except for its age.
 * @param raw as returned by {@link parseMessage}.
 * @param enqueuedAt when the bus took the message; the event's `time` must lie within 60 days before and 1 day after.
 */
export function readRetryMessage(
  raw: unknown,
  enqueuedAt: Date,
  scopeClient: string,
):
  | { readonly kind: "read"; readonly retryMessage: RetryMessage }
  | { readonly kind: "invalid"; readonly reason: string } {
  const due = member(raw, "data");
  const found = dueData.safeParse(due);
  if (!found.success) return invalid(issuesOf(found.error));
  const { program, environment, deliveryId, webhookId, attempt, look: rechecks, deferrals } = found.data;
  const message = readEvent(member(due, "event"), enqueuedAt, OLDEST_BACK_DAYS, scopeClient);
  if (message.kind === "invalid") return invalid(`data.event: ${message.reason}`);
  if (message.kind !== "event") return invalid("data.event: its type is unknown");
  const { event } = message;
  if (event.scope.program !== program || event.scope.environment !== environment)
    return invalid("data.event belongs to another program or environment than data says");
  if (deliveryId !== deliveryIdOf(event, webhookId))
    return invalid(`data.deliveryId is not the id of this event's delivery to ${webhookId}`);
  return {
    kind: "read",
    retryMessage: { scope: event.scope, deliveryId, webhookId, attempt, rechecks, deferrals, event },
  };
}

/**
 * JSON text of a retry message; numbers of the event keep their digits.
 * @param messageId the CloudEvent's own id, unique per message.
 * @param at its time.
 */
export function retryMessageBody(retryMessage: RetryMessage, messageId: string, at: Date): string {
  const { scope, deliveryId, webhookId, attempt, rechecks, deferrals, event } = retryMessage;
  return JSON.stringify({
    specversion: "1.0",
    id: messageId,
    source: "/kls-webhooks",
    type: RETRY_MESSAGE_TYPE,
    time: at.toISOString(),
    datacontenttype: "application/json",
    data: {
      program: scope.program,
      environment: scope.environment,
      deliveryId,
      webhookId,
      attempt,
      ...(rechecks === 0 ? {} : { look: rechecks }),
      ...(deferrals === 0 ? {} : { deferrals }),
      event: event.raw,
    },
  });
}

function readEvent(raw: unknown, enqueuedAt: Date, oldestDays: number, client: string): Message {
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

function invalid(reason: string): Message & { readonly kind: "invalid" } {
  return { kind: "invalid", reason };
}

function issuesOf({ issues }: z.ZodError): string {
  return [...new Set(issues.map(({ message }) => message))].slice(0, 5).join("; ");
}

/** The value may be a text that contains the object. */
function notAnObject(name: string, value: unknown): string {
  const instead = holdsJson(value)
    ? "; it is a string that contains JSON, serialized twice: send the object itself"
    : "";
  return `${name} must be an object${instead}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawNumber(value);
}

/** Reads own members only. */
function member(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function isShallow(value: unknown, room: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return room > 0 && Object.values(value).every((inner) => isShallow(inner, room - 1));
}
