import type { AmqpError } from "./amqp-library.ts";

/** Errors of the service, with the texts that its clients match. */
export const lockLost: AmqpError = {
  condition: "com.microsoft:message-lock-lost",
  description:
    "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.",
};

/** The SDK recognizes a missing entity by this text, not by the condition. */
export function entityNotFound(address: string): AmqpError {
  return { condition: "amqp:not-found", description: `The messaging entity '${address}' could not be found.` };
}

export function messageNotFound(): AmqpError {
  return {
    condition: "com.microsoft:message-not-found",
    description: "Failed to lock one or more specified messages. The message does not exist.",
  };
}

export function notAllowed(description: string): AmqpError {
  return { condition: "amqp:not-allowed", description };
}

export function notImplemented(feature: string): AmqpError {
  return {
    condition: "amqp:not-implemented",
    description: `${feature} are not supported by the local Service Bus stand-in.`,
  };
}

export function tooLarge(size: number, limit: number): AmqpError {
  return {
    condition: "amqp:link:message-size-exceeded",
    description: `The received message (size: ${String(size)} bytes) exceeds the limit (${String(limit)} bytes) currently allowed on the link.`,
  };
}

export function unauthorized(description: string): AmqpError {
  return { condition: "amqp:unauthorized-access", description };
}
