import { amqp } from "./amqp-library.ts";
import type { AmqpSender } from "./amqp-library.ts";
import type { ManagementAnswer } from "./management.ts";

/** A request on `$cbs` or `<entity>/$management`. */
export interface Request {
  readonly id: unknown;
  readonly replyTo: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** Reads a request message. @throws when the bytes are not a valid AMQP message. */
export function decodeRequest(bytes: Buffer): Request {
  const message = amqp.message.decode(bytes);
  return {
    id: message["message_id"] ?? message["correlation_id"],
    replyTo: textOf(message["reply_to"]),
    properties: recordOf(message["application_properties"]),
    body: message["body"],
  };
}

/**
 * The link to answer a request on. Clients name it in one of three ways: by target address ($management), by link name ($cbs of the JavaScript
 * SDK), or not at all when the node has a single reply link.
 */
export function replyLink(links: Iterable<AmqpSender>, node: string, replyTo: string): AmqpSender | undefined {
  const open = [...links].filter(
    (link) => link.is_open() && link.source?.address?.toLowerCase() === node.toLowerCase(),
  );
  return open.find((link) => link.target?.address === replyTo || link.name === replyTo) ?? open[0];
}

/** Sends the answer. Status codes are sent under both spellings in use, as AMQP ints: some clients reject other number types. */
export function reply(link: AmqpSender, request: Request, answer: ManagementAnswer): void {
  const { types } = amqp;
  const description = answer.error?.description ?? (answer.status < 300 ? "OK" : "Error");
  const message = {
    correlation_id: request.id,
    application_properties: {
      "status-code": types.wrap_int(answer.status),
      "status-description": description,
      statusCode: types.wrap_int(answer.status),
      statusDescription: description,
      ...(answer.error && { errorCondition: types.wrap_symbol(answer.error.condition) }),
    },
    // None at all: uamqp crashes on an empty map.
    body: answer.body,
  };
  link.send(amqp.message.encode(message), undefined, 0);
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `value` as a record; empty when it is not one. */
export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Buffer.isBuffer(value) ? { ...value } : {};
}
