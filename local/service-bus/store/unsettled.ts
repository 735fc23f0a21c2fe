import { withProperties } from "./message.ts";
import type { StoredMessage } from "./message.ts";
import type { StoreOptions } from "./store-options.ts";
import type { StoredMessages } from "./stored-messages.ts";

/** What becomes of a message that was not completed. */
export interface Unsettled {
  /** Makes it available again, or dead-letters it when its deliveries or its lifetime are used up. */
  readonly giveBack: (message: StoredMessage) => void;
  /** Its time to live has passed. */
  expire(message: StoredMessage): void;
  deadLetter(message: StoredMessage, reason: string | undefined, description: string | undefined): void;
}

export function createUnsettled(options: StoreOptions, messages: StoredMessages, now: () => number): Unsettled {
  const deadLetter: Unsettled["deadLetter"] = (message, reason, description) => {
    const properties = new Map<string, unknown>();
    if (reason !== undefined) properties.set("DeadLetterReason", reason);
    if (description !== undefined) properties.set("DeadLetterErrorDescription", description);
    options.deadLetter?.(withProperties(message.content, properties), {
      enqueuedSequenceNumber: message.enqueuedSequenceNumber,
      moved: message,
    });
    // Only now: a process that is killed in between has the message twice, not never.
    messages.remove(message.sequenceNumber);
  };

  const expire = (message: StoredMessage): void => {
    if (options.deadLetterOnExpiration)
      deadLetter(message, "TTLExpiredException", "The message expired and was dead lettered.");
    else messages.remove(message.sequenceNumber);
  };

  const giveBack = (message: StoredMessage): void => {
    const { maxDeliveryCount } = options;
    if (options.deadLetter !== undefined && message.deliveryCount >= maxDeliveryCount)
      deadLetter(
        message,
        "MaxDeliveryCountExceeded",
        `Message could not be consumed after ${String(maxDeliveryCount)} delivery attempts.`,
      );
    else if (message.expiresAt <= now()) expire(message);
    else if (message.state === "deferred") messages.put(message);
    else messages.makeReady(message);
  };

  return { giveBack, expire, deadLetter };
}
