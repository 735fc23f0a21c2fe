import type { ServiceBusReceiver } from "@azure/service-bus";
import type { Settlement } from "../core/ports/bus.ts";
import type { BusQueue } from "./bus-client.ts";

/** Longest reason and description that the service takes, in characters. */
const LONGEST_TEXT = 4_096;

/**
 * Dead-letters a message that the Functions host holds, by its lock token.
 *
 * A function can only return (complete) or throw (abandon), while a message that can never work should reach the dead-letter queue at once and
 * with a reason, not after ten tries without one. The broker has an operation that needs the lock token alone: "update disposition" on the
 * queue's management node (learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-request-response). The SDK uses it for messages
 * whose receiving link was closed, but offers no call for it by lock token. So it is given a message that never had a link: `delivery` without
 * `link`. This depends on internals of the SDK, which is why it is in this one file, the SDK's version is pinned, and a test runs it against a
 * broker. If it fails, the caller throws, and the message ends up in the same queue after its last try.
 */
export function busSettlement(bus: BusQueue): Settlement {
  let opened: Promise<ServiceBusReceiver> | undefined;
  const receiver = (): Promise<ServiceBusReceiver> =>
    (opened ??= bus.client().then((client) => client.createReceiver(bus.queue, { receiveMode: "peekLock" })));
  return {
    deadLetter: async (lockToken, reason, description) => {
      const message = {
        lockToken,
        delivery: {},
        body: undefined,
        state: "active" as const,
        applicationProperties: {},
        _rawAmqpMessage: { body: undefined },
      };
      await (
        await receiver()
      ).deadLetterMessage(message, {
        deadLetterReason: reason.slice(0, LONGEST_TEXT),
        deadLetterErrorDescription: description.slice(0, LONGEST_TEXT),
      });
    },
  };
}
