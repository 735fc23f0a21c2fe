import type { AmqpDelivery, AmqpError } from "./amqp-library.ts";
import { tooLarge } from "./conditions.ts";
import type { Entity } from "../entities.ts";
import type { MessageContent } from "../store/message.ts";
import { decodeBatch, decodeMessage } from "./sections.ts";

/** Bytes of a message or of a whole batch, as on the Standard tier. */
export const MAX_MESSAGE_SIZE = 256 * 1024;

/** Message format of a batch. */
export const BATCH_FORMAT = 0x80013700;

/** Takes what a client sent to a queue or topic, and answers it. */
export function acceptTransfer(entity: Entity, bytes: Buffer, format: number, delivery: AmqpDelivery): void {
  const contents = bytes.length > MAX_MESSAGE_SIZE ? tooLarge(bytes.length, MAX_MESSAGE_SIZE) : decode(bytes, format);
  if ("condition" in contents) {
    delivery.reject(contents);
    return;
  }
  for (const content of contents) entity.store.accept(content);
  delivery.accept();
}

function decode(bytes: Buffer, format: number): readonly MessageContent[] | AmqpError {
  try {
    return format === BATCH_FORMAT ? decodeBatch(bytes) : [decodeMessage(bytes)];
  } catch (error) {
    return { condition: "amqp:decode-error", description: `The message cannot be read: ${String(error)}` };
  }
}
