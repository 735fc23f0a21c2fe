import { randomUUID } from "node:crypto";
import type { ServiceBusSender } from "@azure/service-bus";
import type { OpenRetryScheduler } from "../core/ports/bus.ts";
import { retryMessageBody } from "../core/events/retry-message.ts";
import { withMac } from "../core/events/message-mac.ts";
import type { Clock } from "../lib/clock.ts";
import type { MessageKeys } from "../core/ports/secrets.ts";
import type { BusQueue } from "./bus-client.ts";

/** The client whose retry messages they are, and what signs them. */
export interface RetrySchedulerDeps {
  readonly client: string;
  readonly keys: MessageKeys;
  readonly clock: Clock;
}

/**
 * Sends retry messages to one client's own queue, as scheduled messages, each with the MAC that proves on arrival that it is ours.
 *
 * Each message has an id of its own (delivery, attempt, random), although the same retry may be scheduled twice. The queue drops duplicates:
 * with an id of delivery and attempt alone it could drop a message whose twin was consumed without effect (by a run that found the delivery
 * claimed, or that crashed) and which is the only one left. A retry message too many is harmless, because it finds its attempt recorded; one
 * too few loses a delivery.
 */
export function busRetryScheduler(bus: BusQueue, { client, keys, clock }: RetrySchedulerDeps): OpenRetryScheduler {
  let opened: Promise<ServiceBusSender> | undefined;
  const sender = (): Promise<ServiceBusSender> =>
    (opened ??= bus.client().then((client) => client.createSender(bus.queue)));
  return async () => {
    const key = await keys.currentKey(client);
    return {
      schedule: async (retryMessage, at) => {
        const messageId = `${retryMessage.deliveryId}.${String(retryMessage.attempt)}.${randomUUID().slice(0, 13)}`;
        const message = {
          messageId,
          contentType: "application/cloudevents+json",
          // Bytes: the SDK would write a text as a JSON string.
          body: withMac(retryMessageBody(retryMessage, messageId, clock()), key),
          scheduledEnqueueTimeUtc: at,
        };
        const queue = await sender();
        try {
          await queue.sendMessages(message);
          return "scheduled";
        } catch (error) {
          if (codeOf(error) === "MessageSizeExceeded") return "too-large";
          throw error;
        }
      },
    };
  };
}

/** The SDK's own code of a failure (ServiceBusError). */
function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
