import type { Server, Socket } from "node:net";
import rhea from "rhea";

/**
 * What the stand-in uses of `rhea`, including fields that its typings lack (marked *untyped*). They are why rhea is pinned to an exact version;
 * {@link amqp} fails to load when the shape is another.
 */
export interface AmqpValue {
  readonly type: { readonly typecode: number };
  readonly value: unknown;
  readonly descriptor?: AmqpValue;
}

export interface AmqpError {
  readonly condition: string;
  readonly description: string;
}

export interface AmqpReader {
  position: number;
  read(): AmqpValue;
  remaining(): number;
}

export interface AmqpWriter {
  write(value: AmqpValue): void;
  toBuffer(): Buffer;
}

/** *untyped*: an outcome as the peer sent it. */
export interface RemoteOutcome {
  readonly undeliverable_here?: boolean | undefined;
  readonly message_annotations?: Readonly<Record<string, unknown>> | undefined;
  readonly error?:
    { readonly condition?: string; readonly info?: Readonly<Record<string, unknown>> | undefined } | undefined;
}

export interface AmqpDelivery {
  readonly tag: Buffer;
  readonly settled: boolean;
  readonly remote_state?: RemoteOutcome | undefined;
  /** *untyped* as writable: see settle() in outbound-link.ts. */
  remote_settled: boolean;
  update(settled: boolean, outcome?: AmqpValue): void;
  accept(): void;
  reject(error: AmqpError): void;
}

/** *untyped* */
export interface TransferFrame {
  readonly performative: { message_format?: number };
}

export interface AmqpSession {
  readonly outgoing: {
    readonly next_delivery_id: number;
    readonly next_pending_delivery: number;
    readonly deliveries: { available(): number };
  };
  _write_flow(): void;
  on_transfer(frame: TransferFrame): void;
}

export interface AmqpConnection {
  readonly socket: Socket;
  abort_socket(socket: Socket): void;
  close(error?: AmqpError): void;
  each_link(action: (link: AmqpLink) => void): void;
}

export interface AmqpTerminus {
  readonly address?: string | null;
  readonly filter?: Readonly<Record<string, unknown>> | null;
}

export interface AmqpLink {
  readonly name: string;
  readonly session: AmqpSession;
  readonly connection: AmqpConnection;
  readonly source?: AmqpTerminus | null;
  readonly target?: AmqpTerminus | null;
  readonly snd_settle_mode?: number | null;
  readonly rcv_settle_mode?: number | null;
  readonly local: {
    readonly attach: { snd_settle_mode?: number; rcv_settle_mode?: number; max_message_size?: number };
  };
  set_source(terminus: { address: string }): void;
  set_target(terminus: { address: string }): void;
  close(error?: AmqpError): void;
  is_open(): boolean;
  is_sender(): boolean;
}

export interface AmqpSender extends AmqpLink {
  credit: number;
  delivery_count: number;
  readonly _draining: boolean;
  _get_drain: () => boolean;
  set_drained(drained: boolean): void;
  send(payload: Buffer, tag: Buffer | undefined, format: number): AmqpDelivery;
}

export interface AmqpContext {
  readonly connection: AmqpConnection;
  readonly session?: AmqpSession;
  readonly sender?: AmqpSender;
  readonly receiver?: AmqpLink;
  readonly delivery?: AmqpDelivery;
  readonly message?: unknown;
  readonly format?: number;
}

/** *untyped*: the server's side of one SASL exchange; `outcome` true accepts the client. */
export interface SaslExchange {
  readonly outcome: boolean;
  readonly username: string;
  start(): void;
}

export interface AmqpContainer {
  readonly sasl_server_mechanisms: Record<string, () => SaslExchange>;
  on(event: string, handler: (context: AmqpContext) => void): void;
  listen(options: Readonly<Record<string, unknown>>): Server;
}

export interface AmqpLibrary {
  create_container(options: Readonly<Record<string, unknown>>): AmqpContainer;
  readonly message: {
    encode(message: Readonly<Record<string, unknown>>): Buffer;
    decode(bytes: Buffer): Readonly<Record<string, unknown>>;
    accepted(): { described(): AmqpValue };
    rejected(fields: { error: AmqpError }): { described(): AmqpValue };
  };
  readonly types: {
    readonly Reader: new (bytes: Buffer) => AmqpReader;
    readonly Writer: new () => AmqpWriter;
    wrap(value: unknown): AmqpValue;
    unwrap(value: unknown): unknown;
    wrap_int(value: number): AmqpValue;
    wrap_uint(value: number): AmqpValue;
    wrap_long(value: number): AmqpValue;
    wrap_ulong(value: number): AmqpValue;
    wrap_ubyte(value: number): AmqpValue;
    wrap_boolean(value: boolean): AmqpValue;
    readonly wrap_string: (value: string) => AmqpValue;
    readonly wrap_symbol: (value: string) => AmqpValue;
    wrap_timestamp(value: number): AmqpValue;
    wrap_uuid(value: Buffer): AmqpValue;
    wrap_array(values: readonly unknown[], typecode: number, descriptor: undefined): AmqpValue;
    Map32(items: readonly AmqpValue[]): AmqpValue;
    List32(items: readonly AmqpValue[]): AmqpValue;
    described(descriptor: AmqpValue, value: AmqpValue): AmqpValue;
  };
}

const has = (value: unknown, names: readonly string[]): boolean =>
  typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function");

function isAmqpLibrary(value: unknown): value is AmqpLibrary {
  return (
    has(value, ["create_container"]) &&
    typeof value === "object" &&
    value !== null &&
    has(Reflect.get(value, "message"), ["encode", "decode", "accepted", "rejected"]) &&
    has(Reflect.get(value, "types"), [
      "Reader",
      "Writer",
      "wrap",
      "unwrap",
      "wrap_array",
      "wrap_uuid",
      "Map32",
      "List32",
      "described",
    ])
  );
}

function asAmqpLibrary(library: unknown): AmqpLibrary {
  if (!isAmqpLibrary(library))
    throw new Error(
      "The Service Bus stand-in needs exactly rhea 3.0.5, but another version is installed. Restore the pinned version.",
    );
  return library;
}

/** rhea, typed by the interfaces above. */
export const amqp: AmqpLibrary = asAmqpLibrary(rhea);
