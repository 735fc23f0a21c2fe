import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import type { Sint64, TypedData } from "../worker/core-types.ts";
import { isRecord } from "../records.ts";

type Long = NonNullable<ServiceBusReceivedMessage["sequenceNumber"]>;

/** A trigger metadata value as .NET has it, before the host converts it to TypedData; undefined is null and is omitted. */
type MetadataValue =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "long"; readonly value: Long }
  | { readonly kind: "json"; readonly text: string }
  | undefined;

/** Text, or the raw bytes with dataType `binary`. @throws for a body that the real host cannot bind. */
export function messageBody(message: ServiceBusReceivedMessage, binary: boolean): TypedData {
  const bytes = bodyBytes(message, binary);
  return binary ? { bytes } : { string: bytes.toString("utf8") };
}

/** The bodies of a batch. @throws for a body that the real host cannot bind. */
export function batchBody(messages: readonly ServiceBusReceivedMessage[], binary: boolean): TypedData {
  const bodies = messages.map((message) => bodyBytes(message, binary));
  return binary
    ? { collectionBytes: { bytes: bodies } }
    : { collectionString: { string: bodies.map((body) => body.toString("utf8")) } };
}

/**
 * Trigger metadata of one message, with the hazards of the real host: DeliveryCount from 1, text values as `string` (which the
 * library tries to parse as JSON), everything else as JSON, and the top-level fields of a JSON object body over all of them.
 */
export function messageMetadata(message: ServiceBusReceivedMessage, body: TypedData): Record<string, TypedData> {
  const metadata: Record<string, TypedData> = {};
  for (const [name, value] of metadataValues(message)) {
    if (value) metadata[name] = value.kind === "string" ? { string: value.value } : { json: jsonText(value) };
  }
  // Only a text body overrides metadata; one with dataType binary does not.
  if (body.string !== undefined) overlay(metadata, body.string);
  return metadata;
}

/** Trigger metadata of a batch: the same names plus `Array`; empty strings are dropped from string lists, 64-bit lists hold Long objects. */
export function batchMetadata(messages: readonly ServiceBusReceivedMessage[]): Record<string, TypedData> {
  const columns = new Map<string, MetadataValue[]>();
  for (const message of messages) {
    for (const [name, value] of metadataValues(message)) {
      const column = columns.get(name) ?? [];
      column.push(value);
      columns.set(name, column);
    }
  }
  const metadata: Record<string, TypedData> = {};
  for (const [name, column] of columns) metadata[`${name}Array`] = columnData(column);
  return metadata;
}

function columnData(column: readonly MetadataValue[]): TypedData {
  const present = column.filter((value) => value !== undefined);
  if (present.some((value) => value.kind === "long")) {
    return {
      collectionSint64: { sint64: present.flatMap((value) => (value.kind === "long" ? [sint64(value.value)] : [])) },
    };
  }
  if (present.some((value) => value.kind === "json")) {
    return { json: `[${column.map((value) => (value ? jsonText(value) : "null")).join(",")}]` };
  }
  return {
    collectionString: {
      string: present.flatMap((value) => (value.kind === "string" && value.value !== "" ? [value.value] : [])),
    },
  };
}

/** The names that the Service Bus extension 5.x sends, in its order. */
function metadataValues(message: ServiceBusReceivedMessage): readonly (readonly [string, MetadataValue])[] {
  const properties = json(plainProperties(message.applicationProperties ?? {}));
  return [
    ["DeliveryCount", json((message.deliveryCount ?? 0) + 1)],
    ["DeadLetterSource", text(message.deadLetterSource)],
    ["LockToken", text(message.lockToken)],
    ["ExpiresAtUtc", date(message.expiresAtUtc, "")],
    ["ExpiresAt", date(message.expiresAtUtc, "+00:00")],
    ["EnqueuedTimeUtc", date(message.enqueuedTimeUtc, "")],
    ["EnqueuedTime", date(message.enqueuedTimeUtc, "+00:00")],
    ["MessageId", text(message.messageId)],
    ["ContentType", text(message.contentType)],
    ["ReplyTo", text(message.replyTo)],
    ["SequenceNumber", message.sequenceNumber ? { kind: "long", value: message.sequenceNumber } : undefined],
    ["To", text(message.to)],
    ["Subject", text(message.subject)],
    ["Label", text(message.subject)],
    ["CorrelationId", text(message.correlationId)],
    ["ApplicationProperties", properties],
    ["UserProperties", properties],
    ["SessionId", text(message.sessionId)],
    ["ReplyToSessionId", text(message.replyToSessionId)],
    ["PartitionKey", text(message.partitionKey)],
  ];
}

/**
 * What the Service Bus extension 5.x binds: the data sections of a message, concatenated. A value section is bound only when it is a string, and
 * only as text (by MessageToStringConverter, not by MessageToByteArrayConverter); a sequence never.
 */
function bodyBytes(message: ServiceBusReceivedMessage, binary: boolean): Buffer {
  const body: unknown = message.body;
  if (body === undefined || body === null) return Buffer.alloc(0);
  const { bodyType = "data" } = message._rawAmqpMessage;
  const sections: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (bodyType === "data" && sections.every((section) => Buffer.isBuffer(section))) return Buffer.concat(sections);
  if (typeof body === "string" && !binary) return Buffer.from(body);
  throw new Error(
    `A message whose body is an AMQP ${bodyType} cannot be bound${binary ? " as bytes" : ""}: only data sections${binary ? "" : " and strings"} can.`,
  );
}

/** The host parses a text body that is a JSON object; its scalars and objects override metadata of the same name. */
function overlay(metadata: Record<string, TypedData>, body: string): void {
  const trimmed = body.trim();
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(trimmed);
  } catch {
    return;
  }
  if (!isRecord(parsed)) return;
  const existing = new Map(Object.keys(metadata).map((name) => [name.toLowerCase(), name]));
  for (const [name, value] of Object.entries(parsed)) {
    if (value === null || Array.isArray(value)) continue;
    // The host's dictionary ignores case and keeps the first spelling.
    const key = existing.get(name.toLowerCase()) ?? name;
    metadata[key] = isRecord(value) ? { json: JSON.stringify(value) } : { string: scalarText(value) };
  }
}

/** .NET capitalizes booleans. */
function scalarText(value: unknown): string {
  return typeof value === "boolean" ? (value ? "True" : "False") : String(value);
}

function text(value: string | number | Buffer | undefined): MetadataValue {
  if (value === undefined) return undefined;
  return { kind: "string", value: Buffer.isBuffer(value) ? value.toString("hex") : String(value) };
}

function json(value: unknown): MetadataValue {
  return { kind: "json", text: JSON.stringify(value) };
}

/** `zone` is empty for a DateTime, an offset for a DateTimeOffset. */
function date(value: Date | undefined, zone: string): MetadataValue {
  if (value === undefined || Number.isNaN(value.getTime()))
    return { kind: "json", text: `"9999-12-31T23:59:59.9999999${zone}"` };
  return { kind: "json", text: JSON.stringify(`${value.toISOString().slice(0, -1)}${zone}`) };
}

/** Longs and dates of application properties as .NET writes them. */
function plainProperties(properties: Readonly<Record<string, unknown>>): unknown {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === "bigint" ? JSON.rawJSON(String(value)) : value,
    ]),
  );
}

function jsonText(value: Exclude<MetadataValue, undefined>): string {
  if (value.kind === "long") return value.value.toString();
  return value.kind === "json" ? value.text : JSON.stringify(value.value);
}

function sint64(value: Long): Sint64 {
  return { low: value.low, high: value.high, unsigned: value.unsigned };
}
