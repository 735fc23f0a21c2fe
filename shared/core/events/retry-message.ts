import * as z from "zod";
import { TRIGGERS } from "../../contract/delivery.ts";
import type { Trigger } from "../../contract/delivery.ts";
import { deliveryId as deliveryIdOf, placeOf } from "../deliveries/delivery-id.ts";
import { isId } from "../ids.ts";
import type { Scope } from "../scope.ts";
import { readEvent } from "./event.ts";
import type { KlsEvent } from "./event.ts";
import { issuesOf, member, scopeId, text } from "./fields.ts";

/** CloudEvents type of our own retry messages. */
export const RETRY_MESSAGE_TYPE = "com.kognitiv.webhooks.delivery.due";

/** Our own message: one delivery whose next attempt is due. */
export interface RetryMessage {
  readonly scope: Scope;
  readonly deliveryId: string;
  readonly webhookId: string;
  /** Number of the attempt that is due, from 1. */
  readonly attempt: number;
  /** Why it is due. */
  readonly trigger: Trigger;
  /** How often its message came without the attempt being made (too early, claimed by another run), from 0; `look` on the bus. */
  readonly rechecks: number;
  /** How often it was deferred because its webhook had too many requests in flight, from 0. That costs no attempt. */
  readonly deferrals: number;
  readonly event: KlsEvent;
}

/**
 * How many days before its message was queued the `time` of its event may be: its age on first arrival, then up to ten days of retries, two weeks in the queue, and some days for
 * an operator to resubmit it. Without a limit, whoever can read the bus could have an event sent again once its rows are deleted.
 */
const OLDEST_BACK_DAYS = 60;

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
    // Messages of before the word was sent are read as what nearly all of them were.
    trigger: z.enum(TRIGGERS, `data.trigger must be one of ${TRIGGERS.join(", ")}`).default("retry"),
    look: count("data.look", 0).default(0),
    deferrals: count("data.deferrals", 0).default(0),
  },
  "data must be an object",
);

/**
 * Reads a retry message whose MAC is valid. Its event obeys every rule of events except for its age.
 * @param raw as returned by `parseMessage` (message.ts).
 * @param enqueuedAt when the bus took the message; the event's `time` must lie within 60 days before and 1 day after.
 */
export function readRetryMessage(
  raw: unknown,
  enqueuedAt: Date,
  scopeClient: string,
):
  | { readonly kind: "read"; readonly retryMessage: RetryMessage }
  | { readonly kind: "invalid"; readonly reason: string } {
  const data = member(raw, "data");
  const found = dueData.safeParse(data);
  if (!found.success) return invalid(issuesOf(found.error));
  const { program, environment, deliveryId, webhookId, look: rechecks, ...due } = found.data;
  const message = readEvent(member(data, "event"), enqueuedAt, OLDEST_BACK_DAYS, scopeClient);
  if (message.kind === "invalid") return invalid(`data.event: ${message.reason}`);
  if (message.kind !== "event") return invalid("data.event: its type is unknown");
  const { event } = message;
  if (event.scope.program !== program || event.scope.environment !== environment)
    return invalid("data.event belongs to another program or environment than data says");
  if (deliveryId !== deliveryIdOf(event, webhookId))
    return invalid(`data.deliveryId is not the id of this event's delivery to ${webhookId}`);
  return { kind: "read", retryMessage: { ...due, scope: event.scope, deliveryId, webhookId, rechecks, event } };
}

/**
 * JSON text of a retry message; numbers of the event keep their digits.
 * @param messageId the CloudEvent's own id, unique per message.
 * @param at its time.
 */
export function retryMessageBody(retryMessage: RetryMessage, messageId: string, at: Date): string {
  const { scope, deliveryId, webhookId, attempt, trigger, rechecks, deferrals, event } = retryMessage;
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
      trigger,
      ...(rechecks === 0 ? {} : { look: rechecks }),
      ...(deferrals === 0 ? {} : { deferrals }),
      event: event.raw,
    },
  });
}

function invalid(reason: string): { readonly kind: "invalid"; readonly reason: string } {
  return { kind: "invalid", reason };
}
