/** How much of an answer's head is read, in bytes; the rest is ignored. */
export const MAX_HEAD_BYTES = 262_144;
/** How many bytes of header lines are passed on; the lines after them are left out. */
const KEPT_HEAD_BYTES = 65_536;

/** What the bytes at the beginning of an answer are. */
export type AnswerHead =
  /** The head goes on; `status` as soon as its first line is there. */
  | { readonly kind: "incomplete"; readonly status: number | undefined }
  /** A 1xx answer of `length` bytes, which another answer follows (RFC 9110 section 15.2). */
  | { readonly kind: "interim"; readonly status: number; readonly length: number }
  /** The final answer: its head takes `length` bytes, and `strict` is the same head as a strict parser accepts it; `whole` unless it was cut off. */
  | {
      readonly kind: "final";
      readonly status: number;
      readonly length: number;
      readonly strict: Buffer;
      readonly whole: boolean;
    }
  /** Not an HTTP/1 answer. */
  | { readonly kind: "foreign" };

/** Longest first line, in bytes. */
const MAX_STATUS_LINE = 4_096;
const PROTOCOL = "HTTP/1";
const STATUS_LINE = /^HTTP\/1(?:\.(\d))?[ \t]+(\d{3})(?:[ \t]+([^\r\n]*))?$/i;
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const CONTROL = /[^\t\x20-\x7e\x80-\xff]+/g;

/** Where a byte may occur: {@link NAME_BYTE}, {@link VALUE_BYTE}, both or neither. */
const NAME_BYTE = 1;
const VALUE_BYTE = 2;
const USES = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return (NAME.test(character) ? NAME_BYTE : 0) | (/[\t\x20-\x7e\x80-\xff]/.test(character) ? VALUE_BYTE : 0);
});
const [CR, LF, SPACE, COLON, ZERO, NINE] = [0x0d, 0x0a, 0x20, 0x3a, 0x30, 0x39];
const FINAL_1_1 = Buffer.from("HTTP/1.1 ");
const CONTENT_LENGTH = "content-length".length;
const TRANSFER_ENCODING = "transfer-encoding".length;

/**
 * Where the head of an answer ends if there is nothing to mend in it: HTTP/1.1, a status from 200 to 599, a body framed in one way. Undefined for
 * every other head, and for one that continues after `bytes`. This is what well-behaved receivers pay for the others: about 0.1 µs.
 */
export function endOfCleanHead(bytes: Buffer): number | undefined {
  if (bytes.length < FINAL_1_1.length || bytes.compare(FINAL_1_1, 0, FINAL_1_1.length, 0, FINAL_1_1.length) !== 0)
    return undefined;
  if (!maySayLength(statusAt(bytes))) return undefined;
  let at = endOf(VALUE_BYTE, bytes, FINAL_1_1.length + 3);
  let framed = false;
  while (bytes[at] === CR && bytes[at + 1] === LF) {
    const start = at + 2;
    if (bytes[start] === CR && bytes[start + 1] === LF) return start + 2;
    const colon = endOf(NAME_BYTE, bytes, start);
    if (colon === start || bytes[colon] !== COLON) return undefined;
    at = endOf(VALUE_BYTE, bytes, colon + 1);
    const length = colon - start;
    if (length !== CONTENT_LENGTH && length !== TRANSFER_ENCODING) continue;
    const framing = framingLine(bytes, start, colon, at);
    if (framing === "bad" || (framing === "good" && framed)) return undefined;
    framed ||= framing === "good";
  }
  return undefined;
}

/** A final status whose answer may say how long its body is; 204 and 304 may not, though some do. NaN is not one. */
function maySayLength(status: number): boolean {
  return status >= 200 && status <= 599 && status !== 204 && status !== 304;
}

/** The status in a head that begins like `HTTP/1.1 200`; NaN when there are not three digits. */
export function statusAt(bytes: Buffer): number {
  let status = 0;
  for (let at = FINAL_1_1.length; at < FINAL_1_1.length + 3; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte < ZERO || byte > NINE) return Number.NaN;
    status = status * 10 + byte - ZERO;
  }
  return status;
}

function endOf(use: number, bytes: Buffer, start: number): number {
  let at = start;
  while (((USES[bytes[at] ?? 0] ?? 0) & use) !== 0) at += 1;
  return at;
}

/** Whether a line says how the body is framed, and is valid. */
function framingLine(bytes: Buffer, start: number, colon: number, end: number): "good" | "bad" | "other" {
  const name = bytes.toString("latin1", start, colon).toLowerCase();
  if (name === "transfer-encoding") {
    return bytes
      .toString("latin1", colon + 1, end)
      .trim()
      .toLowerCase() === "chunked"
      ? "good"
      : "bad";
  }
  if (name !== "content-length") return "other";
  let at = colon + 1;
  while (bytes[at] === SPACE) at += 1;
  const digits = at;
  while ((bytes[at] ?? 0) >= ZERO && (bytes[at] ?? 0) <= NINE) at += 1;
  const count = at - digits;
  while (bytes[at] === SPACE) at += 1;
  return at === end && count > 0 && count <= 15 ? "good" : "bad";
}

/**
 * Reads the head of an answer from the bytes that have come so far, as leniently as browsers do: lines that end with a bare line feed, folded
 * lines, names with a space before the colon, lines that are not headers, lengths given twice or in contradiction. A status that has arrived
 * counts, so nothing in the head may hide it (RFC 9112 sections 2.2, 5.2, 6.3). Linear in `bytes`.
 * @param bytes from the first one that is not part of an empty line
 * @param ended no more bytes will come
 */
export function readAnswerHead(bytes: Buffer, ended = false): AnswerHead {
  const end = endOfHead(bytes) ?? (ended || bytes.length > MAX_HEAD_BYTES ? cutOff(bytes) : undefined);
  if (end === undefined) return incomplete(bytes.toString("latin1", 0, MAX_STATUS_LINE));
  const head = bytes.toString("latin1", 0, end.head);
  const status = statusOf(head.split(/\r?\n/, 1)[0] ?? "");
  if (status === undefined) return { kind: "foreign" };
  if (status < 200) return { kind: "interim", status, length: end.body };
  const isClean = end.whole && end.body <= KEPT_HEAD_BYTES && endOfCleanHead(bytes) === end.body;
  const strict = isClean ? bytes.subarray(0, end.body) : Buffer.from(mended(head, end.whole), "latin1");
  return { kind: "final", status, length: end.body, strict, whole: end.whole };
}

function incomplete(beginning: string): AnswerHead {
  if (!PROTOCOL.startsWith(beginning.slice(0, PROTOCOL.length).toUpperCase())) return { kind: "foreign" };
  const line = /^[^\n]*(?=\n)/.exec(beginning)?.[0];
  if (line === undefined)
    return beginning.length < MAX_STATUS_LINE ? { kind: "incomplete", status: undefined } : { kind: "foreign" };
  const status = statusOf(line);
  if (status === undefined) return { kind: "foreign" };
  return { kind: "incomplete", status: status < 200 ? undefined : status };
}

/** Where a head ends and the body begins; `whole` unless it was cut off. */
interface HeadEnd {
  readonly head: number;
  readonly body: number;
  readonly whole: boolean;
}

function endOfHead(bytes: Buffer): HeadEnd | undefined {
  const strict = bytes.indexOf("\n\r\n", 0, "latin1");
  // Only searched up to the other end, so that many short heads in one piece cost no more than one long one.
  const bare = bytes.subarray(0, strict === -1 ? undefined : strict).indexOf("\n\n", 0, "latin1");
  const found = bare === -1 ? strict : bare;
  if (found === -1) return undefined;
  const head = bytes[found - 1] === 0x0d ? found - 1 : found;
  return { head, body: found + (bare === -1 ? 3 : 2), whole: true };
}

function cutOff(bytes: Buffer): HeadEnd {
  return { head: bytes.length, body: bytes.length, whole: false };
}

function statusOf(line: string): number | undefined {
  const status = STATUS_LINE.exec(line.trimEnd())?.[2];
  return status === undefined || status < "100" ? undefined : Number(status);
}

/** The head with at most one way to find the end of the body; `connection: close` where the peer's own way cannot be trusted. */
function mended(head: string, whole: boolean): string {
  const [first = "", ...lines] = head.split(/\r?\n/);
  const [, minor = "0", status = "", reason = ""] = STATUS_LINE.exec(first.trimEnd()) ?? [];
  const kept: string[] = [];
  const lengths: string[] = [];
  const codings: string[] = [];
  let room = KEPT_HEAD_BYTES;
  for (const { name, value } of headerLines(lines)) {
    const key = name.toLowerCase();
    if (key === "content-length") lengths.push(...value.split(",").map((one) => one.trim()));
    else if (key === "transfer-encoding")
      codings.push(
        ...value
          .toLowerCase()
          .split(",")
          .map((one) => one.trim()),
      );
    else {
      room -= name.length + value.length + 4;
      if (room < 0) break;
      kept.push(`${name}: ${value}`);
    }
  }
  const framing = framingOf(status, lengths, codings);
  const close = framing.close || !whole;
  const others = close ? kept.filter((line) => !/^(?:connection|keep-alive):/i.test(line)) : kept;
  const text = reason.replace(CONTROL, " ");
  return [
    `HTTP/1.${minor === "1" ? "1" : "0"} ${status} ${text}`,
    ...others,
    ...framing.lines,
    ...(close ? ["connection: close"] : []),
    "\r\n",
  ]
    .join("\r\n")
    .replace(/\r\n\r\n\r\n$/, "\r\n\r\n");
}

/** Lines as names and values: folded ones joined, those that are not headers left out. */
function headerLines(lines: readonly string[]): { name: string; value: string }[] {
  const read: { name: string; parts: string[] }[] = [];
  for (const line of lines) {
    const last = read.at(-1);
    if (/^[ \t]/.test(line)) {
      last?.parts.push(line.trim());
      continue;
    }
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).trim();
    if (NAME.test(name)) read.push({ name, parts: [line.slice(colon + 1).trim()] });
  }
  return read.map(({ name, parts }) => ({ name, value: parts.join(" ").replace(CONTROL, " ").trim() }));
}

/** How the body is framed (RFC 9112 section 6.3); where the peer contradicts itself the connection is not used again. */
function framingOf(
  status: string,
  lengths: readonly string[],
  codings: readonly string[],
): { lines: readonly string[]; close: boolean } {
  if (status === "204" || status === "304") {
    return { lines: [], close: codings.length > 0 || lengths.some((length) => !/^0+$/.test(length)) };
  }
  if (codings.at(-1) === "chunked")
    return { lines: ["transfer-encoding: chunked"], close: lengths.length > 0 || codings.length > 1 };
  const [length] = new Set(lengths);
  if (length === undefined) return { lines: [], close: true };
  const agreed = /^\d{1,15}$/.test(length) && new Set(lengths).size === 1;
  return agreed ? { lines: [`content-length: ${length}`], close: codings.length > 0 } : { lines: [], close: true };
}
