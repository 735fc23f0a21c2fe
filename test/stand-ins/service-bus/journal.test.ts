import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../../local/service-bus/journal.ts";
import type { StoredMessage } from "../../../local/service-bus/store/message.ts";

const folder = mkdtempSync(join(tmpdir(), "kls-journal-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A section "data" (AMQP 1.0 section 3.2.6) of the text. */
function message(sequenceNumber: number, text = "body", more: Partial<StoredMessage> = {}): StoredMessage {
  const properties = Buffer.from([0x00, 0x53, 0x73, 0xc0, 0x04, 0x01, 0xa1, 0x01, 0x6d]); // message-id "m"
  return {
    content: {
      messageId: "m",
      timeToLive: undefined,
      scheduledFor: undefined,
      fields: { MessageId: "m" },
      properties: new Map(),
      encoded: {
        annotations: new Map(),
        durable: false,
        priority: undefined,
        properties,
        body: Buffer.concat([Buffer.from([0x00, 0x53, 0x75, 0xa0, Buffer.byteLength(text)]), Buffer.from(text)]),
      },
    },
    sequenceNumber,
    enqueuedSequenceNumber: sequenceNumber,
    enqueuedAt: 1_000,
    expiresAt: Number.POSITIVE_INFINITY,
    state: "active",
    deliveryCount: 0,
    deadLetterSource: undefined,
    lock: undefined,
    ...more,
  };
}

const numbers = (file: string): number[] => openJournal(file).messages.map(({ sequenceNumber }) => sequenceNumber);

test("no file is created before there is a message; then it has every message that was not settled, in its last state and without its lock", () => {
  const file = join(folder, "one/deliveries.jsonl");
  const journal = openJournal(file);
  expect(existsSync(file)).toBe(false);
  journal.keep(message(1));
  journal.keep(message(2, "changed", { expiresAt: 5_000 }));
  journal.keep(message(2, "changed", { deliveryCount: 3, state: "deferred", lock: { token: "t", until: 9 } }));
  journal.keep(message(7));
  journal.drop(1);
  journal.drop(7);
  const again = openJournal(file);
  expect(again.lastNumber).toBe(7);
  expect(again.messages).toMatchObject([
    { sequenceNumber: 2, deliveryCount: 3, state: "deferred", lock: undefined, expiresAt: Number.POSITIVE_INFINITY },
  ]);
  expect(again.messages[0]?.content.encoded.body.toString()).toContain("changed");
  // Rewritten on opening, without what was settled; the last number stays.
  expect(readFileSync(file, "utf8").split("\n")).toHaveLength(3);
  expect(openJournal(file).lastNumber).toBe(7);
});

test("a line that was being written when the process was killed is skipped; a line that is not ours is reported", () => {
  const file = join(folder, "torn.jsonl");
  const journal = openJournal(file);
  journal.keep(message(1));
  journal.keep(message(2));
  appendFileSync(file, '{"drop":1');
  expect(numbers(file)).toEqual([1, 2]);
  appendFileSync(file, "not a line\n");
  expect(() => openJournal(file)).toThrow(`${file}, line 4, is not a valid journal entry.`);
  writeFileSync(file, '{"keep":{"sequenceNumber":"1"}}\n');
  expect(() => openJournal(file)).toThrow("line 1");
});

test("a file that has grown long is restarted once nothing is left, and numbers continue", () => {
  const file = join(folder, "long.jsonl");
  const journal = openJournal(file);
  for (let number = 1; number <= 20_000; number += 1) {
    journal.keep(message(number));
    journal.drop(number);
  }
  expect(statSync(file).size).toBeLessThan(5_000_000);
  journal.keep(message(20_001));
  journal.close();
  expect(numbers(file)).toEqual([20_001]);
  const again = openJournal(file);
  again.drop(20_001);
  expect(openJournal(file)).toMatchObject({ messages: [], lastNumber: 20_001 });
});
