import type { ServiceBusClient, ServiceBusSender } from "@azure/service-bus";
import { Trouble } from "../lib/errors.ts";
import type { OperatedBus } from "../core/ports/operations.ts";
import { readableReason } from "../lib/readable-reason.ts";
import type { BusQueue } from "./bus-client.ts";

/** Name of the topic that a client's events are published on. */
export const EVENTS_TOPIC = "events";

/** One client's bus, as operators use it, over the connection of `bus`. */
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

/** Peeking needs the right to receive, locks nothing and counts as no delivery. */
async function mayReceive(client: ServiceBusClient, queue: string, abortSignal: AbortSignal): Promise<void> {
  const receiver = client.createReceiver(queue, { skipParsingBodyAsJson: true });
  try {
    await receiver.peekMessages(1, { abortSignal });
  } finally {
    await receiver.close();
  }
}

/**
 * Creating a batch asks the link for its size limit, and so opens the link, which needs the right to send. A new sender each time: a link that
 * is open already proves nothing about now.
 */
async function maySend(client: ServiceBusClient, queue: string, abortSignal: AbortSignal): Promise<void> {
  const sender = client.createSender(queue);
  try {
    await sender.createMessageBatch({ abortSignal });
  } finally {
    await sender.close();
  }
}

/** Says what was tried and where: the SDK's message often names neither. */
async function named(what: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw new Trouble(`${what}: ${readableReason(error)}`);
  }
}
