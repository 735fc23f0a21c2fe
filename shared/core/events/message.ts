import { Trouble } from "../../lib/errors.ts";
import { readEvent } from "./event.ts";
import type { EventReading } from "./event.ts";
import { member } from "./fields.ts";
import { readBody } from "./message-body.ts";
import { RETRY_MESSAGE_TYPE } from "./retry-message.ts";

/** A message on the bus. */
export type Message =
  | EventReading
  /** Claims to be one of our own. Anyone can claim it: `readRetryMessage` is for those whose MAC is valid (message-mac.ts). */
  | { readonly kind: "retry-message"; readonly raw: unknown };

/** How many days before its message was queued the `time` of an event may be. */
const OLDEST_DAYS = 30;
/** Most bytes of a message from KLS; a retry message, which contains one, may have twice as many. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/**
 * Reads a message of a client's bus (docs/api.md, "Events in").
 * @param bytes the body; strict UTF-8, a byte order mark is skipped.
 * @param enqueuedAt when the bus took the message; an event's `time` must lie within 30 days before and 1 day after.
 * @param scopeClient client whose bus it is: the message cannot name another.
 * @returns never throws, whatever the message contains.
 */
export function parseMessage(bytes: Uint8Array, enqueuedAt: Date, scopeClient: string): Message {
  if (bytes.byteLength > 2 * MAX_MESSAGE_BYTES)
    return invalid(`The message is larger than ${String(MAX_MESSAGE_BYTES)} bytes`);
  const raw = readBody(bytes);
  if (raw instanceof Trouble) return invalid(raw.message);
  if (member(raw, "type") === RETRY_MESSAGE_TYPE) return { kind: "retry-message", raw };
  if (bytes.byteLength > MAX_MESSAGE_BYTES)
    return invalid(`The message is larger than ${String(MAX_MESSAGE_BYTES)} bytes`);
  return readEvent(raw, enqueuedAt, OLDEST_DAYS, scopeClient);
}

function invalid(reason: string): Message {
  return { kind: "invalid", reason };
}
