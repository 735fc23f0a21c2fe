/** System properties that a correlation filter can name, as spelled in the official configuration. */
export type FilterField =
  "ContentType" | "CorrelationId" | "Label" | "MessageId" | "ReplyTo" | "ReplyToSessionId" | "SessionId" | "To";

/** What was sent. The store reads the fields; the encoded parts are for AMQP only. */
export interface MessageContent {
  readonly messageId: string;
  /** In milliseconds; undefined for the entity's default. */
  readonly timeToLive: number | undefined;
  /** Milliseconds since 1970; undefined for now. */
  readonly scheduledFor: number | undefined;
  readonly fields: Readonly<Partial<Record<FilterField, string>>>;
  /** Application properties: plain values, or AMQP values as received. */
  readonly properties: ReadonlyMap<string, unknown>;
  readonly encoded: EncodedParts;
}

/** AMQP 1.0 section 3.2: the bytes of a message that the broker must not change. */
export interface EncodedParts {
  readonly annotations: ReadonlyMap<string, unknown>;
  readonly durable: boolean;
  readonly priority: number | undefined;
  /** The properties section. */
  readonly properties: Buffer;
  /** Body and footer sections. */
  readonly body: Buffer;
}

export type MessageState = "active" | "deferred" | "scheduled";

/** A message in an entity. Times are milliseconds since 1970. */
export interface StoredMessage {
  readonly content: MessageContent;
  readonly sequenceNumber: number;
  /** Its number in the entity it was first sent to; another one after an auto-forward. */
  readonly enqueuedSequenceNumber: number;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  readonly state: MessageState;
  /** Failed deliveries so far. */
  readonly deliveryCount: number;
  /** Path of the entity that dead-lettered it, once forwarded out of its dead-letter queue. */
  readonly deadLetterSource: string | undefined;
  readonly lock: MessageLock | undefined;
}

export interface MessageLock {
  /** A UUID, as 32 hex digits. */
  readonly token: string;
  readonly until: number;
}

export type PropertyChanges = ReadonlyMap<string, unknown>;

/** `content` with `changes` to its application properties. */
export function withProperties(content: MessageContent, changes: PropertyChanges): MessageContent {
  return changes.size === 0 ? content : { ...content, properties: new Map([...content.properties, ...changes]) };
}
