import { randomUUID } from "node:crypto";
import { amqp } from "./amqp-library.ts";
import type { AmqpValue } from "./amqp-library.ts";
import type { FilterField, MessageContent, StoredMessage } from "../store/message.ts";

const { types } = amqp;

/** Descriptors of the sections of a message, AMQP 1.0 section 3.2. */
const HEADER = 0x70;
const DELIVERY_ANNOTATIONS = 0x71;
const MESSAGE_ANNOTATIONS = 0x72;
const PROPERTIES = 0x73;
const APPLICATION_PROPERTIES = 0x74;
const DATA = 0x75;

const SYMBOLIC: Readonly<Record<string, number>> = {
  "amqp:header:list": HEADER,
  "amqp:delivery-annotations:map": DELIVERY_ANNOTATIONS,
  "amqp:message-annotations:map": MESSAGE_ANNOTATIONS,
  "amqp:properties:list": PROPERTIES,
  "amqp:application-properties:map": APPLICATION_PROPERTIES,
  "amqp:data:binary": DATA,
};

/** Index in the properties section of the fields that a correlation filter can name. */
const FIELD_AT: Readonly<Record<FilterField, number>> = {
  MessageId: 0,
  To: 2,
  Label: 3,
  ReplyTo: 4,
  CorrelationId: 5,
  ContentType: 6,
  SessionId: 10,
  ReplyToSessionId: 12,
};

const MAX_UINT = 0xffff_ffff;
const STATE_CODES = { active: 0, deferred: 1, scheduled: 2 } as const;

interface Section {
  readonly code: number;
  readonly value: AmqpValue;
  readonly bytes: Buffer;
}

function isAmqpValue(value: unknown): value is AmqpValue {
  return typeof value === "object" && value !== null && "type" in value && "value" in value;
}

function sectionsOf(bytes: Buffer): readonly Section[] {
  const reader = new types.Reader(bytes);
  const sections: Section[] = [];
  while (reader.remaining() > 0) {
    const start = reader.position;
    const value = reader.read();
    const descriptor = value.descriptor?.value;
    const code = typeof descriptor === "number" ? descriptor : SYMBOLIC[String(descriptor)];
    sections.push({ code: code ?? -1, value, bytes: bytes.subarray(start, reader.position) });
  }
  return sections;
}

const itemsOf = (value: AmqpValue | undefined): readonly AmqpValue[] =>
  Array.isArray(value?.value) ? value.value.filter(isAmqpValue) : [];

function entriesOf(value: AmqpValue | undefined): ReadonlyMap<string, AmqpValue> {
  const items = itemsOf(value);
  const entries = new Map<string, AmqpValue>();
  for (let index = 0; index + 1 < items.length; index += 2) {
    const item = items[index + 1];
    if (item !== undefined) entries.set(String(items[index]?.value), item);
  }
  return entries;
}

function textOf(value: AmqpValue | undefined): string | undefined {
  const plain = value?.value;
  if (Buffer.isBuffer(plain)) return plain.toString("hex");
  return typeof plain === "string" || typeof plain === "number" ? String(plain) : undefined;
}

const numberOf = (value: AmqpValue | undefined): number | undefined =>
  typeof value?.value === "number" ? value.value : undefined;

function millisecondsOf(value: AmqpValue | undefined): number | undefined {
  const plain = value?.value instanceof Date ? value.value.getTime() : numberOf(value);
  return plain === undefined || Number.isNaN(plain) ? undefined : plain;
}

const described = (code: number, value: AmqpValue): AmqpValue => types.described(types.wrap_ulong(code), value);

function write(value: AmqpValue): Buffer {
  const writer = new types.Writer();
  writer.write(value);
  return writer.toBuffer();
}

/** The properties section with an id added, for a message sent without one: lock renewal in the SDK needs an id. */
function propertiesWithId(items: readonly AmqpValue[], id: string): Buffer {
  return write(described(PROPERTIES, types.List32([types.wrap_string(id), ...items.slice(1)])));
}

/**
 * Reads an encoded message. Properties and body stay raw bytes, so that nothing the sender wrote is changed.
 * @throws when the bytes are not a valid AMQP message.
 */
export function decodeMessage(bytes: Buffer): MessageContent {
  const sections = sectionsOf(bytes);
  const find = (code: number): Section | undefined => sections.find((section) => section.code === code);
  const header = itemsOf(find(HEADER)?.value);
  const properties = find(PROPERTIES);
  const items = itemsOf(properties?.value);
  const sentId = textOf(items[0]);
  const messageId = sentId ?? randomUUID().replaceAll("-", "");
  const fields: Partial<Record<FilterField, string>> = {};
  for (const [field, index] of Object.entries(FIELD_AT)) {
    const text = textOf(items[index]);
    if (text !== undefined && isField(field)) fields[field] = text;
  }
  const annotations = entriesOf(find(MESSAGE_ANNOTATIONS)?.value);
  const body = sections.filter((section) => section.code < HEADER || section.code >= DATA);
  return {
    messageId,
    timeToLive: numberOf(header[2]),
    scheduledFor: millisecondsOf(annotations.get("x-opt-scheduled-enqueue-time")),
    fields: { ...fields, MessageId: messageId },
    properties: entriesOf(find(APPLICATION_PROPERTIES)?.value),
    encoded: {
      annotations,
      durable: header[0]?.value === true,
      priority: numberOf(header[1]),
      properties:
        sentId === undefined || properties === undefined ? propertiesWithId(items, messageId) : properties.bytes,
      body: Buffer.concat(body.map((section) => section.bytes)),
    },
  };
}

function isField(name: string): name is FilterField {
  return Object.hasOwn(FIELD_AT, name);
}

/** The messages of a batch (message format 0x80013700): each data section is one encoded message. */
export function decodeBatch(bytes: Buffer): readonly MessageContent[] {
  return sectionsOf(bytes).flatMap(({ code, value }) =>
    code === DATA && Buffer.isBuffer(value.value) ? [decodeMessage(value.value)] : [],
  );
}

function mapSection(code: number, entries: ReadonlyMap<string, unknown>, key: (name: string) => AmqpValue): Buffer {
  if (entries.size === 0) return Buffer.alloc(0);
  return write(
    described(
      code,
      types.Map32([...entries].flatMap(([name, value]) => [key(name), isAmqpValue(value) ? value : types.wrap(value)])),
    ),
  );
}

/** The message as a receiver gets it, with the header and annotations of the broker. */
export function encodeMessage(message: StoredMessage): Buffer {
  const { content } = message;
  const { timeToLive } = content;
  const header = types.List32([
    types.wrap_boolean(content.encoded.durable),
    content.encoded.priority === undefined ? types.wrap(null) : types.wrap_ubyte(content.encoded.priority),
    timeToLive === undefined || timeToLive > MAX_UINT ? types.wrap(null) : types.wrap_uint(timeToLive),
    types.wrap_boolean(message.deliveryCount === 0),
    types.wrap_uint(message.deliveryCount),
  ]);
  const annotations = new Map<string, unknown>([
    ...content.encoded.annotations,
    ["x-opt-sequence-number", types.wrap_long(message.sequenceNumber)],
    ["x-opt-enqueue-sequence-number", types.wrap_long(message.enqueuedSequenceNumber)],
    ["x-opt-enqueued-time", types.wrap_timestamp(message.enqueuedAt)],
    ["x-opt-message-state", types.wrap_int(STATE_CODES[message.state])],
  ]);
  if (message.lock !== undefined) annotations.set("x-opt-locked-until", types.wrap_timestamp(message.lock.until));
  if (message.deadLetterSource !== undefined)
    annotations.set("x-opt-deadletter-source", types.wrap_string(message.deadLetterSource));
  return Buffer.concat([
    write(described(HEADER, header)),
    mapSection(MESSAGE_ANNOTATIONS, annotations, types.wrap_symbol),
    content.encoded.properties,
    mapSection(APPLICATION_PROPERTIES, content.properties, types.wrap_string),
    content.encoded.body,
  ]);
}
