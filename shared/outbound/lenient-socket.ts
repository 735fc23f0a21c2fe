import type { Socket } from "node:net";
import { endOfCleanHead, MAX_HEAD_BYTES, readAnswerHead, statusAt } from "./answer-head.ts";

/** Hears of an answer as it arrives on the wire, before the parser has the whole head. */
export interface AnswerListener {
  /** The request is being written to this connection. */
  readonly onConnection: (socket: Socket) => void;
  /** A final status, or a 101, which some peers send although nobody asked for another protocol. */
  readonly onStatus: (status: number) => void;
  /** The head of the final answer was cut off. */
  readonly onCutOff: () => void;
}

/** How many 1xx answers are skipped before the final one. */
const MAX_INTERIM = 20;

let starting: AnswerListener | undefined;

/**
 * Registers who hears of the answer to the request that is written next. undici calls `onRequestStart` and writes the request to its socket in
 * the same turn, so the next write on any of these sockets is that request's.
 */
export function expectAnswer(listener: AnswerListener): void {
  starting = listener;
}

/**
 * Shows undici's parser only heads that it accepts. It destroys the connection on a `100 Continue` that nobody asked for, on folded lines, on a
 * length given twice and on a 204 with a length, and then the answer is lost although the request has arrived. Heads are read here as they come
 * in ({@link readAnswerHead}); bodies, and heads without a fault, pass unchanged.
 *
 * This relies on two documented facts: a socket hands what it reads to its own `push` (nodejs.org/api/stream.html#readablepushchunk-encoding),
 * and a connector may give undici any socket. Decision 0022 has the measurements.
 * @param socket a connected socket that nobody has read from; it is modified and returned
 */
export function lenientSocket<T extends Socket>(socket: T): T {
  const push = socket.push.bind(socket);
  const write = socket.write.bind(socket);
  let listener: AnswerListener | undefined;
  let inHead = false;
  let interim = 0;
  /** The head's pieces so far, their bytes in total, and the last two bytes. */
  let held: Buffer[] = [];
  let size = 0;
  let tail = "";
  let lineSeen = false;

  /** What of the held bytes goes to the parser. */
  const release = (ended: boolean): Buffer | undefined => {
    let bytes: Buffer = Buffer.concat(held.splice(0));
    for (;;) {
      const head = readAnswerHead(bytes, ended);
      switch (head.kind) {
        case "interim":
          if (head.status === 101) listener?.onStatus(head.status);
          interim += 1;
          if (interim > MAX_INTERIM) return letThrough(bytes);
          bytes = withoutEmptyLines(bytes.subarray(head.length));
          if (bytes.length === 0) return undefined;
          continue;
        case "incomplete":
          if (head.status !== undefined) listener?.onStatus(head.status);
          held = [bytes];
          return undefined;
        case "final":
          listener?.onStatus(head.status);
          if (!head.whole) listener?.onCutOff();
          return letThrough(
            head.length === bytes.length ? head.strict : Buffer.concat([head.strict, bytes.subarray(head.length)]),
          );
        case "foreign":
          return letThrough(bytes);
      }
    }
  };

  const letThrough = (bytes: Buffer): Buffer => {
    inHead = false;
    return bytes;
  };

  /** Holds a piece of a head; reads it only when the piece may have ended it, so that a head in many pieces costs no more than in one. */
  const take = (piece: Buffer): Buffer | undefined => {
    const more = held.length === 0 ? withoutEmptyLines(piece) : piece;
    if (more.length === 0) return undefined;
    const first = held.length === 0;
    const before = first ? "" : tail;
    held.push(more);
    size = first ? more.length : size + more.length;
    tail = (before + more.toString("latin1", Math.max(0, more.length - 2))).slice(-2);
    const ends =
      /\n\r?\n/.test(before + more.toString("latin1", 0, 2)) || more.includes("\n\r\n") || more.includes("\n\n");
    const firstLine = !lineSeen && more.includes("\n");
    lineSeen = (!first && lineSeen) || firstLine;
    return first || firstLine || ends || size > MAX_HEAD_BYTES ? release(false) : undefined;
  };

  Object.defineProperties(socket, {
    push: {
      configurable: true,
      writable: true,
      value: (chunk: unknown, encoding?: BufferEncoding): boolean => {
        if (!inHead) return push(chunk, encoding);
        if (held.length === 0 && chunk instanceof Buffer && endOfCleanHead(chunk) !== undefined) {
          inHead = false;
          listener?.onStatus(statusAt(chunk));
          return push(chunk);
        }
        if (chunk === null) {
          const rest = held.length === 0 ? undefined : release(true);
          if (rest !== undefined) push(rest);
          return push(null);
        }
        const passed =
          chunk instanceof Uint8Array ? take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)) : undefined;
        return passed === undefined || push(passed);
      },
    },
    write: {
      configurable: true,
      writable: true,
      value: (...args: unknown[]): unknown => {
        if (starting !== undefined) {
          listener = starting;
          starting = undefined;
          listener.onConnection(socket);
          inHead = true;
          interim = 0;
          held = [];
        }
        return Reflect.apply(write, undefined, args);
      },
    },
  });
  return socket;
}

/** Empty lines before an answer are ignored (RFC 9112 section 2.2). */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 0x0d || bytes[at] === 0x0a) at += 1;
  return bytes.subarray(at);
}
