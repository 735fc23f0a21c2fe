import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import type { Keeper } from "./store/keeper.ts";
import type { StoredMessage } from "./store/message.ts";
import { decodeMessage, encodeMessage } from "./amqp/sections.ts";

/** Lines after which the file is truncated once the entity is empty. */
const TRUNCATE_FROM_LINES = 10_000;

const kept = z.object({
  sequenceNumber: z.int(),
  enqueuedSequenceNumber: z.int(),
  enqueuedAt: z.number(),
  /** Null for one that never expires. */
  expiresAt: z.number().nullable(),
  state: z.enum(["active", "deferred", "scheduled"]),
  deliveryCount: z.int(),
  deadLetterSource: z.string().optional(),
  /** The message as a receiver would get it, in base64. */
  bytes: z.base64(),
});
/** One line: a message stored, a message removed, or the last number issued before the file started. */
const line = z.union([
  z.strictObject({ keep: kept }),
  z.strictObject({ drop: z.int() }),
  z.strictObject({ last: z.int() }),
]);

/**
 * Opens the journal of one entity: a file with a JSON line for each message stored or removed, written before the sender or receiver gets its
 * answer, so that a killed process loses nothing that it has acknowledged. Opening compacts the file; it is truncated when it has grown long and
 * the entity is empty.
 *
 * @param file created, with its folder, when the first message arrives
 * @throws when a line is not valid
 */
export function openJournal(file: string): Keeper {
  const { messages, lastNumber } = read(file);
  if (existsSync(file)) rewrite(file, messages, lastNumber);
  const alive = new Set(messages.keys());
  let last = lastNumber;
  let lines = 1 + alive.size;
  let open: number | undefined;
  const write = (entry: z.input<typeof line>): void => {
    if (open === undefined) {
      mkdirSync(dirname(file), { recursive: true });
      open = openSync(file, "a");
    }
    writeSync(open, `${JSON.stringify(entry)}\n`);
    lines += 1;
  };

  return {
    messages: [...messages.values()],
    lastNumber,
    keep: (message) => {
      last = Math.max(last, message.sequenceNumber);
      alive.add(message.sequenceNumber);
      write({ keep: written(message) });
    },
    drop: (sequenceNumber) => {
      if (!alive.delete(sequenceNumber)) return;
      write({ drop: sequenceNumber });
      if (alive.size > 0 || lines < TRUNCATE_FROM_LINES || open === undefined) return;
      ftruncateSync(open);
      lines = 0;
      write({ last });
    },
    close: () => {
      if (open !== undefined) closeSync(open);
      open = undefined;
    },
  };
}

function written(message: StoredMessage): z.input<typeof kept> {
  const { sequenceNumber, enqueuedSequenceNumber, enqueuedAt, state, deliveryCount, deadLetterSource } = message;
  return {
    sequenceNumber,
    enqueuedSequenceNumber,
    enqueuedAt,
    expiresAt: Number.isFinite(message.expiresAt) ? message.expiresAt : null,
    state,
    deliveryCount,
    ...(deadLetterSource === undefined ? {} : { deadLetterSource }),
    bytes: encodeMessage({ ...message, lock: undefined }).toString("base64"),
  };
}

function read(file: string): { messages: Map<number, StoredMessage>; lastNumber: number } {
  const messages = new Map<number, StoredMessage>();
  let lastNumber = 0;
  const whole = existsSync(file) ? readFileSync(file, "utf8") : "";
  // An incomplete last line was being written when the process was killed: it was never acknowledged.
  for (const [index, text] of whole.split("\n").slice(0, -1).entries()) {
    const entry = parsed(text, file, index + 1);
    if ("last" in entry) lastNumber = Math.max(lastNumber, entry.last);
    else if ("drop" in entry) messages.delete(entry.drop);
    else {
      const { bytes, expiresAt, deadLetterSource, ...rest } = entry.keep;
      messages.set(rest.sequenceNumber, {
        ...rest,
        content: decodeMessage(Buffer.from(bytes, "base64")),
        expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
        deadLetterSource,
        lock: undefined,
      });
      lastNumber = Math.max(lastNumber, rest.sequenceNumber);
    }
  }
  return { messages, lastNumber };
}

function parsed(text: string, file: string, number: number): z.infer<typeof line> {
  try {
    return line.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(
      `${file}, line ${String(number)}, is not a valid journal entry. Delete the file to start without messages.`,
      {
        cause,
      },
    );
  }
}

/** Replaces the file atomically. */
function rewrite(file: string, messages: ReadonlyMap<number, StoredMessage>, last: number): void {
  const lines = [{ last }, ...[...messages.values()].map((message) => ({ keep: written(message) }))];
  writeFileSync(`${file}.new`, lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  renameSync(`${file}.new`, file);
}
