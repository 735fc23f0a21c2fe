import type { InvocationContext, ServiceBusQueueHandler } from "@azure/functions";
import { Trouble } from "../shared/lib/errors.ts";
import type { Log } from "../shared/lib/log.ts";
import { placeOf, readableReason } from "../shared/lib/readable-reason.ts";
import type { Arrival } from "../shared/delivery/deliver-message.ts";
import { deliverMessage } from "../shared/delivery/deliver-message.ts";
import type { MessageDeps } from "../shared/delivery/deps.ts";
import type { Heartbeat } from "../shared/delivery/heartbeat.ts";
import { ReceivedMessage } from "./received-message.ts";

/** What the door needs besides the invocation. */
export interface ClientMessageDeps extends Omit<MessageDeps, "log"> {
  readonly logFor: (context: InvocationContext) => Log;
  /** Called after every message that was handled. */
  readonly heartbeat: Heartbeat;
}

/** Longest wait before a message is given back, in milliseconds; shorter than the time the host renews a message's lock. */
const LONGEST_WAIT_MS = 30_000;

/**
 * The bus door of one client: decodes what the host gives and hands it to the story. Registered with `sdkBinding`, which gives the whole message,
 * and with `dataType: "binary"` for a host that does not know that option: text would go through JSON.parse on its way to us and lose digits.
 * Returning settles the message, throwing gives it back.
 */
export function onClientMessage(client: string, deps: ClientMessageDeps): ServiceBusQueueHandler {
  return async (message, context) => {
    const log = deps.logFor(context);
    const arrival = arrivalOf(client, message, context, deps);
    try {
      await deliverMessage(arrival, { ...deps, log });
    } catch (error) {
      const waitMs = givingBackWait(arrival.deliveryCount);
      log("error", "message.given_back", {
        client,
        deliveryCount: arrival.deliveryCount,
        waitMs,
        why: readableReason(error),
        at: placeOf(error),
      });
      await deps.sleep(waitMs);
      // Not the error itself: the host logs what is thrown, text and stack included.
      throw new Trouble(readableReason(error));
    }
    await deps.heartbeat(log);
  };
}

/**
 * How long to wait before a message is given back for the n-th time, in milliseconds: 1 s, 2 s, 4 s … 30 s. The bus redelivers at once, so without a
 * wait a short outage of our tables would use up every delivery and fill the dead-letter queue.
 */
function givingBackWait(deliveryCount: number): number {
  return Math.min(1000 * 2 ** (deliveryCount - 1), LONGEST_WAIT_MS);
}

function arrivalOf(client: string, message: unknown, context: InvocationContext, deps: ClientMessageDeps): Arrival {
  const metadata = context.triggerMetadata ?? {};
  const { lockToken, deliveryCount } = metadata;
  return {
    client,
    body: bodyOf(message),
    enqueuedAt: enqueuedAt(metadata) ?? deps.clock(),
    lockToken: typeof lockToken === "string" ? lockToken : "",
    deliveryCount: typeof deliveryCount === "number" ? deliveryCount : 1,
  };
}

/** A message without a body may arrive as nothing at all. */
function bodyOf(message: unknown): Arrival["body"] {
  if (message instanceof ReceivedMessage) return message.body();
  if (message instanceof Uint8Array) return message;
  return message === undefined || message === null ? new Uint8Array() : undefined;
}

/** `enqueuedTime` has a zone; `enqueuedTimeUtc` has none, and `new Date` would take it for local time. */
function enqueuedAt(metadata: Readonly<Record<string, unknown>>): Date | undefined {
  const { enqueuedTime, enqueuedTimeUtc } = metadata;
  return dateOf(enqueuedTime, "") ?? dateOf(enqueuedTimeUtc, "Z");
}

function dateOf(value: unknown, zone: string): Date | undefined {
  if (typeof value !== "string") return undefined;
  const date = new Date(/(Z|[+-]\d{2}:?\d{2})$/i.test(value) ? value : value + zone);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
