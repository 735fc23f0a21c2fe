import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import rhea from "rhea";
import type { TypedData } from "../worker/core-types.ts";

type Values = Readonly<Record<string, unknown>>;

/**
 * A whole message, as a function with `sdkBinding` gets it: 16 bytes of lock token, then the message re-encoded from what the SDK decoded, as
 * ConvertReceivedMessageToBindingData and AmqpAnnotatedMessageConverter of the Service Bus extension 5.x do.
 * @throws for annotations and properties that the converter does not support
 */
export function wholeMessage(message: ServiceBusReceivedMessage): TypedData {
  const { _rawAmqpMessage: raw, lockToken = "" } = message;
  const token = guidBytes(lockToken);
  const { properties = {} } = raw;
  const encoded = rhea.message.encode({
    delivery_count: message.deliveryCount ?? 0,
    delivery_annotations: {
      "x-opt-lock-token": rhea.types.wrap_uuid(Buffer.from(lockToken.replaceAll("-", ""), "hex")),
    },
    message_annotations: writable("MessageAnnotations", raw.messageAnnotations),
    message_id: properties.messageId,
    content_type: properties.contentType,
    correlation_id: properties.correlationId,
    subject: properties.subject,
    to: properties.to,
    reply_to: properties.replyTo,
    application_properties: writable("ApplicationProperties", raw.applicationProperties),
    body: bodySection(message),
  });
  return {
    modelBindingData: {
      version: "1.0",
      source: "AzureServiceBusReceivedMessage",
      contentType: "application/octet-stream",
      content: Buffer.concat([token, encoded]),
    },
  };
}

/** A body of several sections is a list; an absent one is encoded as an empty data section. */
function bodySection({ body, _rawAmqpMessage }: ServiceBusReceivedMessage): unknown {
  const content: unknown = body;
  const { bodyType = "data" } = _rawAmqpMessage;
  if (content === undefined || content === null) return rhea.message.data_section(Buffer.alloc(0));
  if (bodyType === "value") return content;
  if (bodyType === "sequence") return rhea.message.sequence_section(content);
  return Array.isArray(content) ? rhea.message.data_sections(content) : rhea.message.data_section(content);
}

function writable(section: string, values: Values | undefined): Values | undefined {
  if (values === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => {
      if (typeof value === "bigint") return [key, Number(value)];
      if (typeof value !== "object" || value === null || value instanceof Date) return [key, value];
      throw new Error(`The ${section} key '${key}' has a value which is not supported for AMQP transport.`);
    }),
  );
}

/** A GUID in .NET byte order: the first three groups are reversed. */
function guidBytes(guid: string): Buffer {
  const [first = "", second = "", third = "", ...rest] = guid.split("-").map((group) => Buffer.from(group, "hex"));
  return Buffer.concat([...[first, second, third].map((group) => Buffer.from(group).reverse()), ...rest]);
}
