import { ResourceFactoryResolver } from "@azure/functions-extensions-base";
import { amqpBody } from "../shared/core/events/amqp-body.ts";
import { Trouble } from "../shared/lib/errors.ts";

/** What the Service Bus extension of the host calls the messages that it gives whole (`ConvertReceivedMessageToBindingData` in its source). */
const SOURCE = "AzureServiceBusReceivedMessage";
/** Bytes of the lock token, which the extension writes before the message. */
const LOCK_TOKEN_BYTES = 16;

/** A message as the host gives it with `sdkBinding`: its lock token and all its sections, as they are on the wire. */
export class ReceivedMessage {
  readonly #content: Uint8Array | undefined;

  constructor(content: unknown) {
    this.#content = content instanceof Uint8Array ? content : undefined;
  }

  /** The bytes of its body; a Trouble that says in words what the body is instead. */
  body(): Uint8Array | Trouble {
    return this.#content === undefined
      ? new Trouble("The host gave a message without content")
      : amqpBody(this.#content.subarray(LOCK_TOKEN_BYTES));
  }
}

/**
 * Tells the Functions library to hand messages over as {@link ReceivedMessage}. Called before the first queue is registered. The library makes it
 * while it prepares the call, where an error gives the message back without a word of ours, so nothing is read before the function asks.
 */
export function receiveMessagesWhole(): void {
  ResourceFactoryResolver.getInstance().registerResourceFactory(
    SOURCE,
    (data) => new ReceivedMessage(Array.isArray(data) ? undefined : data.content),
  );
}
