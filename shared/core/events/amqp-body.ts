import { Trouble } from "../../lib/errors.ts";

/** Descriptors of the sections that a body is made of (AMQP 1.0, part 3, section 3.2). */
const DATA = 0x75;
const SEQUENCE = 0x76;
const VALUE = 0x77;

const NOT_AMQP = "The host passed a message that is not valid AMQP";

/**
 * The body of an encoded AMQP 1.0 message: the bytes of its data sections, joined, or of a value section that holds text or binary. AMQP libraries
 * write a text as such a value (a `TextMessage` of JMS, for example).
 * @returns a Trouble for a body that has no bytes, a map or a sequence for example, and for what is not AMQP. It quotes nothing of the message.
 */
export function amqpBody(message: Uint8Array): Uint8Array | Trouble {
  const data: Uint8Array[] = [];
  for (let at = 0; at < message.length;) {
    const section = sectionAt(message, at);
    if (section === undefined) return new Trouble(NOT_AMQP);
    const { descriptor, value } = section;
    if (descriptor === SEQUENCE) return noBytes("sequence");
    if (descriptor === VALUE) return ofValue(message, value);
    const bytes = descriptor === DATA ? contentOf(message, value) : undefined;
    if (bytes !== undefined) data.push(bytes);
    at = value.end;
  }
  return Buffer.concat(data);
}

/** An encoded value: its format code, and where it begins and ends. */
interface Encoded {
  readonly code: number;
  readonly at: number;
  readonly end: number;
}

function ofValue(message: Uint8Array, value: Encoded): Uint8Array | Trouble {
  return value.code === NULL ? new Uint8Array() : (contentOf(message, value) ?? noBytes(kindOf(value.code)));
}

function noBytes(kind: string): Trouble {
  return new Trouble(`The body is an AMQP ${kind}; send the bytes of the event's JSON, in a data section`);
}

const NULL = 0x40;
const LISTS: ReadonlySet<number> = new Set([0x45, 0xc0, 0xd0, 0xe0, 0xf0]);
const MAPS: ReadonlySet<number> = new Set([0xc1, 0xd1]);

function kindOf(code: number): string {
  if (MAPS.has(code)) return "map";
  return LISTS.has(code) ? "list" : "value that is neither text nor binary";
}

/** A described value with a number as its descriptor, as .NET writes sections; undefined for anything else. */
function sectionAt(
  message: Uint8Array,
  at: number,
): { readonly descriptor: number; readonly value: Encoded } | undefined {
  const descriptor = message[at] === DESCRIBED && message[at + 1] === SMALL_ULONG ? message[at + 2] : undefined;
  const value = descriptor === undefined ? undefined : encodedAt(message, at + 3);
  return descriptor === undefined || value === undefined ? undefined : { descriptor, value };
}

const DESCRIBED = 0x00;
const SMALL_ULONG = 0x53;

/** Bytes of content by the high digit of a format code (part 1, section 1.2). */
const FIXED_WIDTHS: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };
/** Bytes of the size before the content, likewise. */
const SIZE_WIDTHS: Readonly<Record<number, 1 | 4>> = { 10: 1, 11: 4, 12: 1, 13: 4, 14: 1, 15: 4 };

/** The value that begins there, described or not: descriptors, which are not described themselves, are passed over. */
function encodedAt(message: Uint8Array, at: number): Encoded | undefined {
  let from = at;
  while (message[from] === DESCRIBED) {
    const descriptor = plainAt(message, from + 1);
    if (descriptor === undefined) return undefined;
    from = descriptor.end;
  }
  const value = plainAt(message, from);
  return value === undefined || from === at ? value : { ...value, code: DESCRIBED };
}

function plainAt(message: Uint8Array, at: number): Encoded | undefined {
  const code = message[at] ?? DESCRIBED;
  const fixed = FIXED_WIDTHS[code >> 4];
  if (fixed !== undefined) return within(message, { code, at, end: at + 1 + fixed });
  const width = SIZE_WIDTHS[code >> 4];
  const size = width === undefined ? undefined : sizeAt(message, at + 1, width);
  return width === undefined || size === undefined
    ? undefined
    : within(message, { code, at, end: at + 1 + width + size });
}

function within(message: Uint8Array, encoded: Encoded): Encoded | undefined {
  return encoded.end <= message.length ? encoded : undefined;
}

function sizeAt(message: Uint8Array, at: number, width: 1 | 4): number | undefined {
  if (at + width > message.length) return undefined;
  return width === 1 ? message[at] : new DataView(message.buffer, message.byteOffset + at, 4).getUint32(0);
}

/** What a binary or a string (UTF-8) holds; undefined for other values. */
function contentOf(message: Uint8Array, { code, at, end }: Encoded): Uint8Array | undefined {
  if (code === 0xa0 || code === 0xa1) return message.subarray(at + 2, end);
  return code === 0xb0 || code === 0xb1 ? message.subarray(at + 5, end) : undefined;
}
