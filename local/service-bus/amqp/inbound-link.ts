import type { AmqpDelivery, AmqpError } from "./amqp-library.ts";
import { tooLarge } from "./conditions.ts";
import type { Entity } from "../entities.ts";
import type { MessageContent } from "../store/message.ts";
import { decodeBatch, decodeMessage } from "./sections.ts";

/** Of a message or a whole batch, as in the Standard tier. */
export const MAX_MESSAGE_BYTES = 256 * 1024;

/** Message format of a batch. */
export const BATCH_FORMAT = 0x80013700;

/** Accepts or rejects what a client sent to a queue or topic. */
export function acceptTransfer(entity: Entity, bytes: Buffer, format: number, delivery: AmqpDelivery): void {
  const contents = bytes.length > MAX_MESSAGE_BYTES ? tooLarge(bytes.length, MAX_MESSAGE_BYTES) : decode(bytes, format);
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
    return { condition: "amqp:decode-error", description: `The message cannot be decoded: ${String(error)}` };
  }
}
