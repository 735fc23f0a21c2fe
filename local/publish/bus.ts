import { ServiceBusClient } from "@azure/service-bus";

export interface BusMessage {
  readonly id: string;
  readonly body: Buffer;
}

export interface EventTopic {
  /** Sends in as few batches as their size allows. @throws when the bus rejects them. */
  readonly send: (messages: readonly BusMessage[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The topic of a local bus, as KLS publishes to it. Waits for a bus that is restarting, not for one that hangs. */
export function eventTopic(connectionString: string, topic: string): EventTopic {
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 3, retryDelayInMs: 500, timeoutInMs: 10_000 },
  });
  const sender = client.createSender(topic);
  return {
    send: async (messages) => {
      let batch = await sender.createMessageBatch();
      for (const { id, body } of messages) {
        const message = { messageId: id, body, contentType: "application/cloudevents+json" };
        if (batch.tryAddMessage(message)) continue;
        if (batch.count === 0) throw new Error(`An event of ${String(body.length)} bytes is too large for the bus.`);
        await sender.sendMessages(batch);
        batch = await sender.createMessageBatch();
        if (!batch.tryAddMessage(message))
          throw new Error(`An event of ${String(body.length)} bytes is too large for the bus.`);
      }
      if (batch.count > 0) await sender.sendMessages(batch);
    },
    close: () => client.close(),
  };
}
