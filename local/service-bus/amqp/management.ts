import { amqp } from "./amqp-library.ts";
import type { AmqpError, AmqpValue } from "./amqp-library.ts";
import { lockLost, messageNotFound, notAllowed, notImplemented } from "./conditions.ts";
import type { Entity } from "../entities.ts";
import { uuidOfToken } from "./lock-token.ts";
import type { StoredMessage } from "../store/message.ts";
import { decodeMessage, encodeMessage } from "./sections.ts";

const { types } = amqp;

/** A request to `<entity>/$management`, its body unwrapped to plain values. */
export interface ManagementRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** HTTP-like status, and the body as AMQP values by key. */
export interface ManagementAnswer {
  readonly status: number;
  readonly error?: AmqpError;
  readonly body?: Readonly<Record<string, AmqpValue>>;
}

const LONG = 0x81;
const TIMESTAMP = 0x83;

type Operation = (entity: Entity, body: ManagementRequest["body"]) => ManagementAnswer;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  "com.microsoft:peek-message": peek,
  "com.microsoft:renew-lock": renewLock,
  "com.microsoft:schedule-message": schedule,
  "com.microsoft:cancel-scheduled-message": cancelScheduled,
  "com.microsoft:receive-by-sequence-number": receiveDeferred,
  "com.microsoft:update-disposition": updateDisposition,
};

/** Runs one management operation; sessions, rules and other operations are answered 501. */
export function runOperation(entity: Entity, request: ManagementRequest): ManagementAnswer {
  const operation = Object.hasOwn(OPERATIONS, request.operation) ? OPERATIONS[request.operation] : undefined;
  return operation?.(entity, request.body) ?? failed(501, notImplemented(`Operations '${request.operation}'`));
}

const failed = (status: number, error: AmqpError): ManagementAnswer => ({ status, error });
const lockGone = (): ManagementAnswer => failed(410, lockLost);

/** Lists are arrays; some clients send a list of one as the bare value. */
const listOf = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];

/** rhea decodes a long to a number when that is exact, else to its 8 bytes. */
const longOf = (value: unknown): number => (Buffer.isBuffer(value) ? Number(value.readBigInt64BE()) : Number(value));

const tokensOf = (body: ManagementRequest["body"]): readonly string[] =>
  listOf(body["lock-tokens"]).map((token) =>
    Buffer.isBuffer(token) ? token.toString("hex") : String(token).replaceAll("-", ""),
  );

const messageList = (
  messages: readonly StoredMessage[],
  extra: (message: StoredMessage) => Readonly<Record<string, AmqpValue>>,
): AmqpValue =>
  types.List32(messages.map((message) => types.wrap({ message: encodeMessage(message), ...extra(message) })));

function peek(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  const found = entity.store.peek(longOf(body["from-sequence-number"]), Number(body["message-count"] ?? 1));
  return found.length === 0 ? { status: 204 } : { status: 200, body: { messages: messageList(found, () => ({})) } };
}

function renewLock(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  const ends = tokensOf(body).map((token) => entity.store.renew(token));
  if (ends.includes(undefined)) return lockGone();
  return { status: 200, body: { expirations: types.wrap_array(ends, TIMESTAMP, undefined) } };
}

function schedule(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  if (entity.kind !== "queue" && entity.kind !== "topic")
    return failed(400, notAllowed(`'${entity.path}' is not a queue or topic; messages cannot be sent to it.`));
  const contents = listOf(body["messages"]).flatMap((entry) => {
    const bytes: unknown =
      typeof entry === "object" && entry !== null && "message" in entry ? entry.message : undefined;
    return Buffer.isBuffer(bytes) ? [decodeMessage(bytes)] : [];
  });
  const numbers = contents.map((content) => entity.store.accept(content));
  return { status: 200, body: { "sequence-numbers": types.wrap_array(numbers, LONG, undefined) } };
}

function cancelScheduled(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  return entity.store.cancelScheduled(listOf(body["sequence-numbers"]).map(longOf))
    ? { status: 200 }
    : failed(404, messageNotFound());
}

function receiveDeferred(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  const mode = Number(body["receiver-settle-mode"] ?? 1) === 0 ? "receive-and-delete" : "peek-lock";
  const taken = entity.store.takeDeferred(listOf(body["sequence-numbers"]).map(longOf), mode);
  if (taken === undefined) return failed(404, messageNotFound());
  const token = (message: StoredMessage) =>
    message.lock === undefined ? {} : { "lock-token": types.wrap_uuid(uuidOfToken(message.lock.token)) };
  return { status: 200, body: { messages: messageList(taken, token) } };
}

function updateDisposition(entity: Entity, body: ManagementRequest["body"]): ManagementAnswer {
  const { store } = entity;
  const changes = new Map(Object.entries(recordOf(body["properties-to-modify"])));
  const reason = textOf(body["deadletter-reason"]);
  const description = textOf(body["deadletter-description"]);
  const settle: Readonly<Record<string, (token: string) => boolean>> = {
    completed: (token) => store.complete(token),
    abandoned: (token) => store.abandon(token, changes),
    // The spelling of the service.
    defered: (token) => store.defer(token, changes),
    suspended: (token) => store.deadLetter(token, reason, description, changes),
  };
  const wanted = settle[String(body["disposition-status"])];
  if (wanted === undefined) return failed(501, notImplemented(`Dispositions '${String(body["disposition-status"])}'`));
  return tokensOf(body)
    .map(wanted)
    .every((done) => done)
    ? { status: 200 }
    : lockGone();
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
