import type { ServiceBusClient, ServiceBusSender } from "@azure/service-bus";
import { Trouble } from "../lib/errors.ts";
import type { OperatedBus } from "../core/ports/operations.ts";
import { readableReason } from "../lib/readable-reason.ts";
import type { BusQueue } from "./bus-client.ts";

/** Name of the topic that a client's events are published on. */
export const EVENTS_TOPIC = "events";

/** One client's bus for operators, over the connection that `bus` keeps. */
export function operatedBus(bus: BusQueue): OperatedBus {
  let topic: Promise<ServiceBusSender> | undefined;
  return {
    check: async (abortSignal) => {
      const client = await bus.client();
      await Promise.all([
        named(`Receiving from ${bus.queue}`, mayReceive(client, bus.queue, abortSignal)),
        named(`Sending to ${bus.queue}`, maySend(client, bus.queue, abortSignal)),
      ]);
    },
    publish: async (id, body, abortSignal) => {
      topic ??= bus.client().then((client) => client.createSender(EVENTS_TOPIC));
      const sender = await topic;
      // Bytes: the SDK would write a text as a JSON string.
      const bytes = Buffer.from(body, "utf8");
      const message = { messageId: id, contentType: "application/cloudevents+json", body: bytes };
      await named(`Sending to ${EVENTS_TOPIC}`, sender.sendMessages(message, { abortSignal }));
    },
  };
}

/** Browsing needs the right to receive, locks nothing and counts no delivery. */
async function mayReceive(client: ServiceBusClient, queue: string, abortSignal: AbortSignal): Promise<void> {
  const receiver = client.createReceiver(queue, { skipParsingBodyAsJson: true });
  try {
    await receiver.peekMessages(1, { abortSignal });
  } finally {
    await receiver.close();
  }
}

/**
 * A batch asks the link how large it may become, so an empty one opens the link, which needs the right to send. A sender of its own each
 * time: a link that is open already tells nothing of now.
 */
async function maySend(client: ServiceBusClient, queue: string, abortSignal: AbortSignal): Promise<void> {
  const sender = client.createSender(queue);
  try {
    await sender.createMessageBatch({ abortSignal });
  } finally {
    await sender.close();
  }
}

/** Says which right is missing: the SDK's message often names neither. */
async function named(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new Trouble(`${what}: ${readableReason(error)}`);
  }
}
