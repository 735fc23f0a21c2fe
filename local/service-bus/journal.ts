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

/** Lines after which the file of an entity that is empty again begins anew. */
const LONG = 10_000;

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
/** One line: a message that is there, one that is gone, or the last number that was given before the file began. */
const line = z.union([
  z.strictObject({ keep: kept }),
  z.strictObject({ drop: z.int() }),
  z.strictObject({ last: z.int() }),
]);

/**
 * Opens the journal of one entity: a file with a JSON line for each message that came or went, written before the sender or receiver is
 * answered, so that a killed process loses nothing of what it has acknowledged. It is rewritten here with what is still there, and begins
 * anew when it has grown long and nothing is left.
 *
 * @param file is made, with its folder, when the first message comes
 * @throws when the file holds a line that is none of ours
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
      if (alive.size > 0 || lines < LONG || open === undefined) return;
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
  // What follows the last end of a line was being written when the process was killed: nobody had an answer for it.
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
      `${file}, line ${String(number)}, is not one of the journal. Delete the file to begin without messages.`,
      {
        cause,
      },
    );
  }
}

/** All at once or not at all. */
function rewrite(file: string, messages: ReadonlyMap<number, StoredMessage>, last: number): void {
  const lines = [{ last }, ...[...messages.values()].map((message) => ({ keep: written(message) }))];
  writeFileSync(`${file}.new`, lines.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  renameSync(`${file}.new`, file);
}
