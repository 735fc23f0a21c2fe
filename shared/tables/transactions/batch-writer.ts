import { MAX_OPERATIONS, MAX_REQUEST_BYTES } from "../entity-size.ts";
import { failedIndexOf, statusOf } from "../table-error.ts";
import { encodeWrite } from "./row-write.ts";
import type { EncodedWrite, RowWrite } from "./row-write.ts";

/** ETags of a group's rows, by row key. */
export type Versions = ReadonlyMap<string, string>;

/** Runs one entity group transaction: all of it or nothing. @throws the table's refusal, with the index of the write that caused it, if it says */
export type Submit = (table: string, partition: string, writes: readonly EncodedWrite[]) => Promise<Versions>;

/** Writes a group of rows of one partition atomically. @throws the table's error when the group was not written. */
export type WriteGroup = (table: string, partition: string, writes: readonly RowWrite[]) => Promise<Versions>;

interface Group {
  readonly writes: readonly EncodedWrite[];
  readonly bytes: number;
  readonly done: (versions: Versions) => void;
  readonly failed: (error: unknown) => void;
}

interface Lane {
  readonly table: string;
  readonly partition: string;
  readonly queue: Group[];
}

/**
 * Natural batching: at most one transaction per partition is in flight, and the groups that arrive meanwhile make up the next. No
 * timer, so a lone write goes out at once and a crowd shares its round trips; each caller waits for its own group, so nothing can be
 * lost. When a transaction is refused, the guilty group's caller alone sees the error and the others go without it.
 */
export function batchWriter(submit: Submit): WriteGroup {
  const lanes = new Map<string, Lane>();
  return (table, partition, writes) =>
    new Promise((done, failed) => {
      const encoded = writes.map((write) => encodeWrite(partition, write));
      const group: Group = { writes: encoded, bytes: encoded.reduce((sum, { bytes }) => sum + bytes, 0), done, failed };
      const name = `${table}/${partition}`;
      const waiting = lanes.get(name);
      if (waiting) {
        waiting.queue.push(group);
        return;
      }
      const lane: Lane = { table, partition, queue: [group] };
      lanes.set(name, lane);
      drain(lane, submit).then(
        () => lanes.delete(name),
        // It never rejects; if it did, its callers would still be answered.
        (error: unknown) => {
          lanes.delete(name);
          for (const { failed: report } of [group, ...lane.queue]) report(error);
        },
      );
    });
}

/** Sends until nothing waits. Never rejects: every error goes to the callers of its groups. */
async function drain(lane: Lane, submit: Submit): Promise<void> {
  // Lets everything that became ready in this turn of the event loop into the first transaction.
  await new Promise((resolve) => setImmediate(resolve));
  while (lane.queue.length > 0) await sendAll(lane, takeBatch(lane.queue), submit);
}

/** The first groups that fit into one transaction. A row may occur only once in it, so a second write of the same row waits. */
function takeBatch(queue: Group[]): Group[] {
  const batch: Group[] = [];
  const rows = new Set<string>();
  let bytes = 0;
  for (;;) {
    const next = queue[0];
    if (!next) return batch;
    const fits = rows.size + next.writes.length <= MAX_OPERATIONS && bytes + next.bytes <= MAX_REQUEST_BYTES;
    if (batch.length > 0 && (!fits || next.writes.some(({ write }) => rows.has(write.row)))) return batch;
    for (const { write } of next.writes) rows.add(write.row);
    bytes += next.bytes;
    batch.push(next);
    queue.shift();
  }
}

async function sendAll(lane: Lane, batch: readonly Group[], submit: Submit): Promise<void> {
  try {
    const versions = await submit(
      lane.table,
      lane.partition,
      batch.flatMap(({ writes }) => [...writes]),
    );
    for (const group of batch) group.done(versions);
  } catch (error) {
    const [only] = batch;
    if (batch.length === 1 && only) {
      only.failed(error);
    } else if (isRefusal(error)) {
      await sendWithoutGuilty(error, lane, batch, submit);
    } else {
      // Not refused but lost: whether it was written is not known, so each caller has to look.
      for (const group of batch) group.failed(error);
    }
  }
}

/** The others in one transaction when the refusal names its write; else in halves, until the guilty one is alone. */
async function sendWithoutGuilty(error: unknown, lane: Lane, batch: readonly Group[], submit: Submit): Promise<void> {
  const guilty = groupAt(batch, failedIndexOf(error));
  if (guilty !== undefined) {
    guilty.failed(error);
    const others = batch.filter((group) => group !== guilty);
    await sendAll(lane, others, submit);
    return;
  }
  const half = Math.ceil(batch.length / 2);
  await sendAll(lane, batch.slice(0, half), submit);
  await sendAll(lane, batch.slice(half), submit);
}

/** The group of the n-th write, from 0. */
function groupAt(batch: readonly Group[], index: number | undefined): Group | undefined {
  let before = 0;
  for (const group of batch) {
    if (index !== undefined && index >= before && index < before + group.writes.length) return group;
    before += group.writes.length;
  }
  return undefined;
}

/** Refused as a whole because of one operation, so that the others may go without it. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error) ?? 0;
  return status >= 400 && status < 500 && ![401, 403, 408, 429].includes(status);
}
